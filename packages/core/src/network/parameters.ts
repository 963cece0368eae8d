// Where a network's parameters come from: graph inputs in training, constants in a model file.

import type { Graph, Value } from "../graph/graph.js";
import { cast } from "../graph/operators/index.js";
import { randomNormal } from "../random.js";
import { toFloat16 } from "./float16.js";

/** Starting values of a parameter. */
export type Initialization =
  /** Normal with variance `gain / fanIn`: gain 2 before a Relu (He et al. 2015), 1 otherwise. */
  | { readonly type: "normal"; readonly fanIn: number; readonly gain: number }
  | { readonly type: "constant"; readonly value: number };

export interface ParameterSpecification {
  readonly name: string;
  readonly shape: readonly number[];
  readonly initialization: Initialization;
  /** False for running statistics, which no gradient updates. */
  readonly trainable: boolean;
}

/** Values by parameter name, float32, row-major. */
export type ParameterValues = ReadonlyMap<
  string,
  { readonly shape: readonly number[]; readonly data: Float32Array }
>;

/** Hands a network its parameters and keeps the list of what was asked for. */
export class ParameterSource {
  readonly specifications: ParameterSpecification[] = [];
  readonly #values = new Map<string, Value>();
  readonly #make: (specification: ParameterSpecification) => Value;

  private constructor(make: (specification: ParameterSpecification) => Value) {
    this.#make = make;
  }

  /** Parameters as float32 inputs of the graph. */
  static inputs(graph: Graph): ParameterSource {
    return new ParameterSource(({ name, shape }) => graph.input(name, "float32", shape));
  }

  /**
   * Parameters as constants.
   * @throws RangeError if a value is missing or has another shape
   */
  static constants(graph: Graph, values: ParameterValues): ParameterSource {
    return new ParameterSource((specification) => {
      const { name, shape } = specification;
      return graph.constant("float32", shape, lookUp(values, specification), name);
    });
  }

  /**
   * Parameters as float16 constants, half the size on disk, cast to float32 in the graph. Engines
   * fold the cast when they load the model.
   * @throws RangeError as {@link constants}
   */
  static halfPrecisionConstants(graph: Graph, values: ParameterValues): ParameterSource {
    return new ParameterSource((specification) => {
      const { name, shape } = specification;
      const data = toFloat16(lookUp(values, specification));
      return cast(graph.constant("float16", shape, data, name), "float32");
    });
  }

  /** The parameter `name`, the same value for every use of the name. */
  get(
    name: string,
    shape: readonly number[],
    initialization: Initialization,
    trainable = true,
  ): Value {
    const known = this.#values.get(name);
    if (known) return known;
    const specification = { name, shape, initialization, trainable };
    const value = this.#make(specification);
    this.specifications.push(specification);
    this.#values.set(name, value);
    return value;
  }
}

function lookUp(values: ParameterValues, { name, shape }: ParameterSpecification): Float32Array {
  const known = values.get(name);
  if (!known || known.shape.join() !== shape.join()) {
    throw new RangeError(
      `Expected a parameter ${name} of shape [${shape.join(", ")}] but ${known ? `it has [${known.shape.join(", ")}]` : "there is none"}; the weights belong to another network`,
    );
  }
  return known.data;
}

/** Starting values, the same for the same seed and name on every machine. */
export function initialValues(
  specifications: readonly ParameterSpecification[],
  seed: number,
): Map<string, { shape: readonly number[]; data: Float32Array }> {
  return new Map(
    specifications.map((specification, index) => {
      const { name, shape, initialization } = specification;
      const data = new Float32Array(shape.reduce((product, length) => product * length, 1));
      if (initialization.type === "constant") data.fill(initialization.value);
      else {
        const deviation = Math.sqrt(initialization.gain / initialization.fanIn);
        for (let element = 0; element < data.length; element++) {
          data[element] = deviation * randomNormal(seed, index, element);
        }
      }
      return [name, { shape, data }];
    }),
  );
}
