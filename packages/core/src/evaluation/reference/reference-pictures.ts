export const REFERENCE_WIDTH = 48;
export const REFERENCE_HEIGHT = 40;

/** The two generated pictures of reference_values.py: `[40, 48, 3]` each. */
export function referencePictures(): { truth: Uint8Array; predicted: Uint8Array } {
  const truth = new Uint8Array(3 * REFERENCE_WIDTH * REFERENCE_HEIGHT);
  const predicted = new Uint8Array(truth.length);
  let state = 1;
  for (let y = 0; y < REFERENCE_HEIGHT; y++) {
    for (let x = 0; x < REFERENCE_WIDTH; x++) {
      const start = 3 * (y * REFERENCE_WIDTH + x);
      for (let c = 0; c < 3; c++) {
        state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
        truth[start + c] = (x * 4 * (c + 1) + y * (7 - 3 * c) + (state >>> 27)) % 256;
      }
      for (let c = 0; c < 3; c++) {
        predicted[start + c] = (truth[start + c]! + truth[start + ((c + 1) % 3)]!) >> 1;
      }
    }
  }
  return { truth, predicted };
}
