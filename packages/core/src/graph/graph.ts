// A typed builder of ONNX graphs. Operators (./operators) append nodes to a `Graph` and infer the
// type and shape of what they make; `gradients` appends the reverse-mode derivative; `serialize`
// turns the whole into a standard .onnx file. Nodes are kept in topological order by construction.

import type { DataType, TensorArray } from "./session.js";

/**
 * A length along one axis: a number where it is known, or a name ("N", "H", "ceil(H/2)") where it
 * is known only at run time. Equal names mean equal lengths.
 */
export type Dimension = number | string;
export type Shape = readonly Dimension[];

/** Attribute of a node. Whole numbers are tagged, since ONNX distinguishes 1 from 1.0. */
export type Attribute =
  | { readonly int: number }
  | { readonly ints: readonly number[] }
  | { readonly float: number }
  | { readonly string: string };

/** A tensor in a graph: an input, a constant, or what a node computes. */
export interface Value {
  readonly graph: Graph;
  readonly name: string;
  readonly type: DataType;
  readonly shape: Shape;
  /** The node that computes it; undefined for inputs and constants. */
  readonly producer: Node | undefined;
}

export interface Node {
  readonly operator: string;
  readonly inputs: readonly (Value | undefined)[];
  readonly outputs: readonly Value[];
  readonly attributes: Readonly<Record<string, Attribute>>;
}

/** Neighbouring nodes that are differentiated together, by a rule of their own. */
export interface Composite {
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
  readonly gradient: CompositeGradient;
}

/**
 * From the gradients of the outputs (undefined: none reached it) to those of the inputs (undefined
 * where `needed` is false, or where there is none).
 */
export type CompositeGradient = (
  outputGradients: readonly (Value | undefined)[],
  needed: readonly boolean[],
) => readonly (Value | undefined)[];

/** A value known when the graph is built, stored in the file. */
export interface Constant {
  readonly value: Value;
  readonly data: TensorArray;
}

/** Type and shape of one output that a node is declared to have. */
export interface OutputDeclaration {
  readonly type: DataType;
  readonly shape: Shape;
}

/** A mistake in how a graph is put together: shapes that do not fit, a name used twice. */
export class GraphError extends Error {
  override readonly name = "GraphError";
}

export class Graph {
  readonly nodes: Node[] = [];
  readonly inputs: Value[] = [];
  readonly outputs = new Map<string, Value>();
  readonly constants = new Map<string, Constant>();
  /** Values of inputs that may be left out, by name. */
  readonly defaults = new Map<string, Constant>();
  /** By node, for the nodes of composites. */
  readonly composites = new Map<Node, Composite>();
  readonly #names = new Set<string>();
  readonly #scalars = new Map<string, Value>();

  /** Declares a graph input. */
  input(name: string, type: DataType, shape: Shape): Value {
    this.#claim(name);
    const value: Value = { graph: this, name, type, shape, producer: undefined };
    this.inputs.push(value);
    return value;
  }

  /**
   * Declares an input that may be left out: `data`, of the shape `shape`, then stands for it.
   * @param declared shape of what may be fed in its place; lengths of 1 may stand for any. Default: the
   *   default's own
   */
  optionalInput(
    name: string,
    type: DataType,
    shape: readonly number[],
    data: TensorArray,
    declared: Shape = shape,
  ): Value {
    checkElements(shape, data, `the default of ${name}`);
    const value = this.input(name, type, declared);
    this.defaults.set(name, { value: { ...value, shape }, data });
    return value;
  }

  /**
   * Stores a constant. `name` may be left out, then one is made up.
   * @throws GraphError if `data` has another number of elements than `shape`.
   */
  constant(type: DataType, shape: readonly number[], data: TensorArray, name?: string): Value {
    checkElements(shape, data, "a constant");
    const claimed = name === undefined ? this.#freshName("constant") : this.#claim(name);
    const value: Value = { graph: this, name: claimed, type, shape, producer: undefined };
    this.constants.set(claimed, { value, data });
    return value;
  }

  /** A float32 constant of one element, shared between its uses. @param rank axes. Default 0: shape [] */
  scalar(number: number, rank = 0): Value {
    return this.#shared(`float32:${rank}:${number}`, () =>
      this.constant("float32", new Array<number>(rank).fill(1), Float32Array.of(number)),
    );
  }

  /** A one-dimensional int64 constant (axes, shapes, pads), shared between its uses. */
  integers(numbers: readonly number[]): Value {
    return this.#shared(`int64:${numbers.join()}`, () =>
      this.constant("int64", [numbers.length], BigInt64Array.from(numbers, BigInt)),
    );
  }

  /** Appends a node; returns its outputs, in order. Operators call this after inferring shapes. */
  emit(
    operator: string,
    inputs: readonly (Value | undefined)[],
    attributes: Readonly<Record<string, Attribute>>,
    declarations: readonly OutputDeclaration[],
  ): Value[] {
    for (const input of inputs) {
      if (input && input.graph !== this) {
        throw new GraphError(`${operator}: the input ${input.name} belongs to another graph`);
      }
    }
    const outputs: Value[] = [];
    const node: Node = { operator, inputs, outputs, attributes };
    for (const { type, shape } of declarations) {
      const name = this.#freshName(operator);
      outputs.push({ graph: this, name, type, shape, producer: node });
    }
    this.nodes.push(node);
    return outputs;
  }

  /** Like {@link emit} for the usual node with one output. */
  emitOne(
    operator: string,
    inputs: readonly (Value | undefined)[],
    attributes: Readonly<Record<string, Attribute>>,
    declaration: OutputDeclaration,
  ): Value {
    return this.emit(operator, inputs, attributes, [declaration])[0]!;
  }

  /**
   * Appends what `build` appends, with a derivative of its own: a formula for the whole is cheaper
   * than the derivatives of its parts, one after the other.
   */
  composite(
    inputs: readonly Value[],
    build: () => readonly Value[],
    gradient: CompositeGradient,
  ): readonly Value[] {
    const first = this.nodes.length;
    const outputs = build();
    const composite: Composite = { inputs, outputs, gradient };
    for (const node of this.nodes.slice(first)) this.composites.set(node, composite);
    return outputs;
  }

  /** Makes `value` an output of the graph under `name`, which nothing else in the graph may have. */
  output(name: string, value: Value): void {
    this.#claim(name);
    this.outputs.set(name, value);
  }

  /** The data of a value that is a constant, or undefined. */
  constantData(value: Value): TensorArray | undefined {
    return this.constants.get(value.name)?.data;
  }

  #shared(key: string, make: () => Value): Value {
    const known = this.#scalars.get(key);
    if (known) return known;
    const made = make();
    this.#scalars.set(key, made);
    return made;
  }

  #claim(name: string): string {
    if (this.#names.has(name)) throw new GraphError(`The name ${name} is used twice in one graph`);
    this.#names.add(name);
    return name;
  }

  #freshName(stem: string): string {
    let number = this.#names.size;
    while (this.#names.has(`${stem}_${number}`)) number++;
    return this.#claim(`${stem}_${number}`);
  }
}

function checkElements(shape: readonly number[], data: TensorArray, what: string): void {
  const expected = shape.reduce((product, length) => product * length, 1);
  if (data.length === expected) return;
  throw new GraphError(
    `Expected ${expected} elements for ${what} of shape ${formatShape(shape)} but received ${data.length}`,
  );
}

/** `[N, 3, 8]`, for messages. */
export function formatShape(shape: Shape): string {
  return `[${shape.join(", ")}]`;
}

/**
 * All lengths as numbers.
 * @throws GraphError naming `purpose` if one is known only at run time.
 */
export function staticShape(shape: Shape, purpose: string): number[] {
  return shape.map((length) => {
    if (typeof length === "string") {
      throw new GraphError(
        `${purpose} needs a shape known in advance but received ${formatShape(shape)}; give the graph fixed sizes`,
      );
    }
    return length;
  });
}

/** Number of elements of a static shape. */
export function elementCount(shape: Shape, purpose: string): number {
  return staticShape(shape, purpose).reduce((product, length) => product * length, 1);
}

/** Turns a negative axis into the one it means; throws if it is out of range. */
export function normalizeAxis(axis: number, rank: number, operator: string): number {
  const normalized = axis < 0 ? axis + rank : axis;
  if (!Number.isInteger(axis) || normalized < 0 || normalized >= rank) {
    throw new GraphError(`${operator}: the axis ${axis} is not one of a tensor of rank ${rank}`);
  }
  return normalized;
}
