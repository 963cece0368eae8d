/**
 * The place of a class among the logits, 0 for the highest: top-1 is right if it is 0, top-5 if it
 * is below 5. Of equal logits the earlier class goes first.
 *
 * @param logits unnormalised log probabilities: `[C]`
 * @param label index of the class
 */
export function rankOfClass(logits: Float32Array, label: number): number {
  const own = logits[label]!;
  let rank = 0;
  for (let i = 0; i < logits.length; i++) {
    if (logits[i]! > own || (logits[i] === own && i < label)) rank++;
  }
  return rank;
}

/** The most probable class and its probability (softmax), 0..1. */
export function bestClass(logits: Float32Array): { index: number; probability: number } {
  let index = 0;
  for (let i = 1; i < logits.length; i++) if (logits[i]! > logits[index]!) index = i;
  let sum = 0;
  for (const logit of logits) sum += Math.exp(logit - logits[index]!);
  return { index, probability: 1 / sum };
}
