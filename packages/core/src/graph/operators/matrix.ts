// MatMul (batched, broadcast) and Gemm.

import { type Dimension, formatShape, GraphError, type Value } from "../graph.js";
import { broadcastShape, unbroadcast } from "./arithmetic.js";
import { type GradientRule, intAttribute } from "./gradient-rule.js";
import { transpose } from "./layout.js";

/** Matrix product of the last two axes, `[.., m, k] x [.., k, n] -> [.., m, n]`. */
export function matMul(a: Value, b: Value): Value {
  const [m, k] = lastTwo(a, "MatMul");
  const [rows, n] = lastTwo(b, "MatMul");
  if (k !== rows && typeof k === "number" && typeof rows === "number") {
    throw new GraphError(`MatMul: ${formatShape(a.shape)} x ${formatShape(b.shape)} do not fit`);
  }
  const batch = broadcastShape(a.shape.slice(0, -2), b.shape.slice(0, -2), "MatMul");
  return a.graph.emitOne("MatMul", [a, b], {}, { type: a.type, shape: [...batch, m, n] });
}

export interface GemmOptions {
  /** Use the transpose of `a`. Default false. */
  readonly transposeA?: boolean;
  /** Use the transpose of `b`. Default false. */
  readonly transposeB?: boolean;
}

/** `a b + c` of matrices; `c` (may be left out) broadcasts to `[m, n]`. */
export function gemm(a: Value, b: Value, c?: Value, options: GemmOptions = {}): Value {
  const { transposeA = false, transposeB = false } = options;
  if (a.shape.length !== 2 || b.shape.length !== 2) {
    throw new GraphError(
      `Gemm: expected matrices but received ${formatShape(a.shape)} and ${formatShape(b.shape)}`,
    );
  }
  const [m, k] = transposeA ? [a.shape[1]!, a.shape[0]!] : [a.shape[0]!, a.shape[1]!];
  const [rows, n] = transposeB ? [b.shape[1]!, b.shape[0]!] : [b.shape[0]!, b.shape[1]!];
  if (k !== rows && typeof k === "number" && typeof rows === "number") {
    throw new GraphError(`Gemm: ${formatShape(a.shape)} and ${formatShape(b.shape)} do not fit`);
  }
  return a.graph.emitOne(
    "Gemm",
    c ? [a, b, c] : [a, b],
    { transA: { int: transposeA ? 1 : 0 }, transB: { int: transposeB ? 1 : 0 } },
    { type: a.type, shape: [m, n] },
  );
}

function lastTwo({ shape }: Value, operator: string): [Dimension, Dimension] {
  if (shape.length < 2) {
    throw new GraphError(`${operator}: expected at least two axes but got ${formatShape(shape)}`);
  }
  return [shape[shape.length - 2]!, shape[shape.length - 1]!];
}

/** `[.., m, n] -> [.., n, m]`; ONNX Runtime takes it into a product. */
export function transposeLastTwo(x: Value): Value {
  const rank = x.shape.length;
  const axes = x.shape.map((_, axis) => axis);
  return transpose(x, [...axes.slice(0, -2), rank - 1, rank - 2]);
}

export const matMulGradient: GradientRule = ({ node, outputGradients: [gradient], needed }) => {
  const [a, b] = node.inputs as [Value, Value];
  return [
    needed[0] ? unbroadcast(matMul(gradient!, transposeLastTwo(b)), a.shape) : undefined,
    needed[1] ? unbroadcast(matMul(transposeLastTwo(a), gradient!), b.shape) : undefined,
  ];
};

export const gemmGradient: GradientRule = ({ node, outputGradients: [gradient], needed }) => {
  const [a, b, c] = node.inputs as [Value, Value, Value | undefined];
  const transA = intAttribute(node, "transA") === 1;
  const transB = intAttribute(node, "transB") === 1;
  const dY = gradient!;
  // With A' = op(A), B' = op(B): dA' = dY B'^T, dB' = A'^T dY; transposed back where op transposes.
  const dA = () =>
    transA
      ? gemm(b, dY, undefined, { transposeA: transB, transposeB: true })
      : gemm(dY, b, undefined, { transposeB: !transB });
  const dB = () =>
    transB
      ? gemm(dY, a, undefined, { transposeA: true, transposeB: transA })
      : gemm(a, dY, undefined, { transposeA: !transA });
  return [
    needed[0] ? dA() : undefined,
    needed[1] ? dB() : undefined,
    c && needed[2] ? unbroadcast(dY, c.shape) : undefined,
  ];
};
