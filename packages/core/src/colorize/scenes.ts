/** Scene class and its probability, 0..1. */
export interface Scene {
  readonly name: string;
  readonly probability: number;
}

/**
 * Softmax of the logits with the class names, most probable first. Classes without a name are
 * called `class 0`, `class 1`, ...
 */
export function rankScenes(logits: Float32Array, classes: readonly string[]): Scene[] {
  const highest = logits.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  const exponentials = Array.from(logits, (logit) => Math.exp(logit - highest));
  const sum = exponentials.reduce((a, b) => a + b, 0);
  return exponentials
    .map((value, i) => ({ name: classes[i] ?? `class ${i}`, probability: value / sum }))
    .sort((a, b) => b.probability - a.probability);
}
