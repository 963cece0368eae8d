/** What identical pictures score, and the most any picture can: their true value is infinite. */
export const HIGHEST_PSNR = 100;

/**
 * Peak signal-to-noise ratio of two 8-bit RGB pictures, in dB: 10 log10(255^2 / MSE) with one mean
 * squared error over all pixels and the three channels together, as scikit-image's
 * `peak_signal_noise_ratio` computes it. Higher is better; 0..{@link HIGHEST_PSNR}.
 *
 * @param predicted interleaved R, G, B: `[pixelCount, 3]`
 * @param truth of the same size
 */
export function peakSignalToNoise(predicted: Uint8Array, truth: Uint8Array): number {
  let sum = 0;
  for (let i = 0; i < truth.length; i++) {
    const difference = predicted[i]! - truth[i]!;
    sum += difference * difference;
  }
  return Math.min(10 * Math.log10((255 * 255 * truth.length) / sum), HIGHEST_PSNR);
}
