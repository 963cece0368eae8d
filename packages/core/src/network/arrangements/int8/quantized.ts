import type { Value } from "../../../graph/graph.js";
import { resizeNearest } from "../../../graph/operators/index.js";
import type { ParameterValues } from "../../parameters.js";
import type { ArrangedConvolution, Arrangement } from "../arrangement.js";
import { convolveDirectly } from "../plain.js";
import type { Quantization } from "./activation-range.js";
import { isQuantized, Uses } from "./quantized-layers.js";
import { quantizeRows } from "./weights.js";

/**
 * Convolutions between QuantizeLinear and DequantizeLinear nodes, which engines join with them to
 * convolutions of integers. Weights are quantised symmetrically for each output channel, maps to
 * unsigned bytes.
 */
export class QuantizedArrangement implements Arrangement {
  readonly #values: ParameterValues;
  readonly #ranges: ReadonlyMap<string, Quantization>;
  readonly #uses = new Uses();
  /** Maps that have been through their codes, with what these stand for. */
  readonly #quantized = new Map<Value, Quantization>();
  readonly #coded = new Map<Value, Value>();

  /**
   * @param values of the network's parameters
   * @param ranges by the names of {@link ObservedArrangement.maps}
   */
  constructor(values: ParameterValues, ranges: ReadonlyMap<string, Quantization>) {
    this.#values = values;
    this.#ranges = ranges;
  }

  startFrom(): void {}

  convolution(x: Value, layer: ArrangedConvolution): Value {
    const { name, weight, enlarge, finish } = layer;
    if (!isQuantized(layer)) return finish(convolveDirectly(x, layer));
    const use = this.#uses.next(name);
    let input = this.#throughCodes(x, this.#ranges.get(`${use} input`)!);
    const quantization = this.#quantized.get(input)!;
    // Between equal codes the enlargement itself is one of bytes.
    if (enlarge) input = this.#throughCodes(resizeNearest(input), quantization);
    const { data, shape } = this.#values.get(`${name}.weight`)!;
    const { codes, scales } = quantizeRows(data, shape[0]!);
    const sums = convolveDirectly(input, {
      ...layer,
      enlarge: false,
      weight: dequantizedRows(weight, "int8", shape, codes, scales),
      bias: this.#bias(layer, scales, quantization),
    });
    return this.#throughCodes(finish(sums), this.#ranges.get(`${use} output`)!);
  }

  /** As 32-bit integers, in the units of the products. */
  #bias(
    { name, bias }: ArrangedConvolution,
    weightScales: Float32Array,
    { scale }: Quantization,
  ): Value | undefined {
    if (!bias) return undefined;
    const { data, shape } = this.#values.get(`${name}.bias`)!;
    const scales = weightScales.map((each) => each * scale);
    const codes = Int32Array.from(data, (value, channel) => Math.round(value / scales[channel]!));
    return dequantizedRows(bias, "int32", shape, codes, scales);
  }

  /** Once for every map: whoever reads it reads the same codes. */
  #throughCodes(x: Value, quantization: Quantization): Value {
    if (this.#quantized.has(x)) return x;
    const known = this.#coded.get(x);
    if (known) return known;
    const { graph } = x;
    const scale = graph.constant("float32", [], Float32Array.of(quantization.scale));
    const zeroPoint = graph.constant("uint8", [], Uint8Array.of(quantization.zeroPoint));
    const codes = graph.emitOne(
      "QuantizeLinear",
      [x, scale, zeroPoint],
      {},
      { type: "uint8", shape: x.shape },
    );
    const value = graph.emitOne("DequantizeLinear", [codes, scale, zeroPoint], {}, x);
    this.#coded.set(x, value);
    this.#quantized.set(value, quantization);
    return value;
  }
}

/** Constant codes as numbers, with a scale for each output channel. */
function dequantizedRows(
  { graph }: Value,
  type: "int8" | "int32",
  shape: readonly number[],
  codes: Int8Array | Int32Array,
  scales: Float32Array,
): Value {
  const length = scales.length;
  const zeros = type === "int8" ? new Int8Array(length) : new Int32Array(length);
  return graph.emitOne(
    "DequantizeLinear",
    [
      graph.constant(type, shape, codes),
      graph.constant("float32", [length], scales),
      graph.constant(type, [length], zeros),
    ],
    { axis: { int: 0 } },
    { type: "float32", shape },
  );
}
