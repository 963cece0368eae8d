// What a head is: the last function of the colorization network, and how its result is read as
// colours. All of it follows from plain data in the network's configuration, so that a model file
// can be read without knowing how it was trained.

import type { Value } from "../graph/graph.js";
import type { ParameterSpecification, ParameterValues } from "../network/parameters.js";

/** The head's own parameters by name, which no gradient changes (tables, a prior over colours). */
export type HeadState = ReadonlyMap<string, Value>;

export interface Head {
  /** Channels C of the prediction, which the last convolution gives. */
  readonly channels: number;
  /** Side of the last convolution's kernel, in pixels. */
  readonly kernel: 1 | 3;
  /** Sides of the picture divided by those of the prediction: 2, 4, … */
  readonly stride: number;
  /** Whether channels are the last axis, `[N, h, w, C]`; possible with a kernel of 1 pixel. */
  readonly channelsLast: boolean;
  /**
   * Parameters that no gradient changes. They are kept in checkpoints and model files beside those
   * of the network; what their starting values cannot say is given with the starting state.
   */
  readonly state: readonly ParameterSpecification[];
  /** The last function: sums of the last convolution to the prediction. */
  activate(sums: Value): Value;
  /** a* and b* in CIELAB units, `[N, 2, h, w]`. Shapes need not be known. */
  decode(prediction: Value, state: HeadState): Value;
  /** Further properties of a model file, of the parameters in it. */
  metadata?(values: ParameterValues): Readonly<Record<string, string>>;
  /** Further outputs of a model file, by name. */
  outputs?(prediction: Value, state: HeadState): Readonly<Record<string, Value>>;
}
