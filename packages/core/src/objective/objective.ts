// What an objective is: how predictions are judged. Everything else takes it through this interface:
// graphs, training loop, journal, curves and progress know no loss and no measure by name.

import type { Value } from "../graph/graph.js";
import type { HeadState } from "./head.js";
import type { MeasureSet } from "./measures.js";
import type { ParameterGroup } from "./parameter-groups.js";

/** Predictions for a batch of N pictures, and the truth. */
export interface JudgedBatch {
  /** What the network's head gives, N pictures first. */
  readonly prediction: Value;
  readonly headState: HeadState;
  /** `[N, classes]`; undefined for a network without classification. */
  readonly sceneLogits: Value | undefined;
  /** a* and b* of the pictures, CIELAB units, `[N, 2, H, W]`. */
  readonly ab: Value;
  /** Class indices, -1 where unknown; int64 `[N]`. */
  readonly labels: Value;
}

/** All values are float32 `[N]`: pictures are judged one by one, and averaged elsewhere. */
export interface Judgement {
  /**
   * By measure: its value for each picture, 0 for pictures that do not count. Those that this network
   * has not are left out.
   */
  readonly values: Readonly<Record<string, Value>>;
  /** By what measures are averaged over (beside `pictures`): 1 for pictures that count, else 0. */
  readonly weights: Readonly<Record<string, Value>>;
  /** The loss is the sum of these measures' means, each times its factor. */
  readonly loss: readonly LossTerm[];
}

export interface LossTerm {
  /** Its values must be differentiable. */
  readonly measure: string;
  /** 0: reported, but no part of the loss. */
  readonly factor: number;
}

export interface Objective extends MeasureSet {
  /** What is minimised, in a few words for the user. */
  readonly description: string;
  /** Learning rates of parts of the network; the user's own groups come after these. */
  readonly parameterGroups: readonly ParameterGroup[];
  /** Appends the judgement of a batch to its graph. The target is encoded there, from `ab`. */
  judge(batch: JudgedBatch): Judgement;
}

/** What objectives ask of the network that they train. */
export interface JudgedNetwork<Head> {
  readonly head: Head;
  readonly classes: number;
}
