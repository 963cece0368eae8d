// Where a network's parameters come from: graph inputs in training, constants in a model file.

import type { Graph, Value } from "../graph/graph.js";
import { cast } from "../graph/operators/index.js";
import { fromFloat16, toFloat16 } from "../model/float16.js";
import { randomNormal } from "../random.js";

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

/** Parameters as a model file stores them: float32, or the bits of float16. */
export type StoredParameters = ReadonlyMap<
  string,
  { readonly shape: readonly number[]; readonly data: Float32Array | Uint16Array }
>;

/** Stored parameters as numbers. */
export function inSinglePrecision(parameters: StoredParameters): ParameterValues {
  return new Map(
    [...parameters].map(([name, { shape, data }]) => [
      name,
      { shape, data: data instanceof Float32Array ? data : fromFloat16(data) },
    ]),
  );
}

/** As they are stored in half precision: all but vectors, which take little room. */
export function inHalfPrecision(values: ParameterValues): StoredParameters {
  return new Map(
    [...values].map(([name, { shape, data }]) => [
      name,
      { shape, data: shape.length > 1 ? toFloat16(data) : data },
    ]),
  );
}

/** Hands a network its parameters and keeps the list of what was asked for. */
export class ParameterSource {
  readonly specifications: ParameterSpecification[] = [];
  readonly #values = new Map<string, Value>();
  readonly #make: (specification: ParameterSpecification) => Value;

  private constructor(make: (specification: ParameterSpecification) => Value) {
    this.#make = make;
  }

  /**
   * Parameters as float32 inputs of the graph.
   * @param constants those that never change: engines prepare them once, when they load the graph
   * @throws RangeError if a constant has another shape than the network's
   */
  static inputs(graph: Graph, constants: ParameterValues = new Map()): ParameterSource {
    return new ParameterSource((specification) => {
      const { name, shape } = specification;
      if (!constants.has(name)) return graph.input(name, "float32", shape);
      return graph.constant("float32", shape, lookUp(constants, specification), name);
    });
  }

  /**
   * Parameters as constants. Those in float16 are cast to float32 in the graph; engines fold the
   * cast when they load the model.
   * @throws RangeError if a value is missing or has another shape
   */
  static constants(graph: Graph, values: StoredParameters): ParameterSource {
    return new ParameterSource((specification) => {
      const { name, shape } = specification;
      const data = lookUp(values, specification);
      return data instanceof Float32Array
        ? graph.constant("float32", shape, data, name)
        : cast(graph.constant("float16", shape, data, name), "float32");
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

function lookUp(
  values: StoredParameters,
  { name, shape }: ParameterSpecification,
): Float32Array | Uint16Array {
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
