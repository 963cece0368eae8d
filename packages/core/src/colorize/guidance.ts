// What a person says of a picture's colours, as the further inputs of a network.

import type { TensorValue } from "../graph/session.js";
import { UserError } from "../user-error.js";
import { type Hint, hintsTensor } from "./hints.js";
import type { Size } from "./working-size.js";

/** The global features of another picture (Iizuka et al. 2016, section 4.5, style transfer). */
export interface Reference {
  /** `globalFeatures` of that picture's analysis by the same model: `[features]`. */
  readonly globalFeatures: Float32Array;
  /** Their share, 0 (the picture's own features) .. 1. Default 1. */
  readonly share?: number | undefined;
}

/** What a network may be told of a picture. */
export interface Guidance {
  /** Colours of places. */
  readonly hints?: readonly Hint[] | undefined;
  /** Another picture whose kind of scene the colours shall be of. */
  readonly reference?: Reference | undefined;
}

/** Inputs of a network, by what they are needed for. */
const INPUTS = { hints: "hints", reference: "reference_global" } as const;

/**
 * Checks that a network takes a kind of guidance.
 *
 * @param inputs names of those that may be left out
 * @throws UserError if it does not
 */
export function assertTakes(kind: keyof typeof INPUTS, inputs: readonly string[]): void {
  const input = INPUTS[kind];
  if (inputs.includes(input)) return;
  throw new UserError(
    "option-invalid",
    `The model has no input "${input}"; leave the ${kind} out, or use a model that was trained with it (such as the bundled one, or the preset mobilenet).`,
  );
}

/**
 * What the inputs are fed, as far as anything is said.
 *
 * @param inputs names of the network's inputs that may be left out
 * @param picture at full size, which hints refer to
 * @throws UserError if the network does not take it, or it does not fit the picture or the network
 */
export function guidanceFeeds(
  { hints = [], reference }: Guidance,
  inputs: Readonly<Record<string, TensorValue>>,
  picture: Size,
  working: Size,
): Record<string, TensorValue> {
  const feeds: Record<string, TensorValue> = {};
  if (hints.length > 0) {
    assertTakes("hints", Object.keys(inputs));
    feeds[INPUTS.hints] = hintsTensor(hints, picture, working);
  }
  if (reference) {
    assertTakes("reference", Object.keys(inputs));
    const { globalFeatures: data, share = 1 } = reference;
    const { shape } = inputs[INPUTS.reference]!;
    if (data.length !== shape[1]) {
      throw new UserError(
        "option-invalid",
        `Expected ${shape[1]} global features of the reference but received ${data.length}; let the same model look at it.`,
      );
    }
    feeds[INPUTS.reference] = { type: "float32", shape, data };
    feeds.reference_share = { type: "float32", shape: [1, 1], data: Float32Array.of(share) };
  }
  return feeds;
}
