// Colourfulness of natural images: D. Hasler, S. Süsstrunk, "Measuring colourfulness in natural
// images", Proc. SPIE 5007, 2003: M(3) = sigma_rgyb + 0.3 mu_rgyb over rg = R - G and
// yb = (R + G) / 2 - B of the 8-bit sRGB values. The paper names 0 not colourful, 15 slightly, 33
// moderately, 45 averagely, 59 quite, 82 highly, 109 extremely colourful.

/**
 * Colourfulness as in the paper, from the signed opponent values. 0 for grey; everyday photographs
 * have 10..80.
 *
 * @param rgb interleaved R, G, B: `[pixelCount, 3]`
 */
export function colorfulness(rgb: Uint8Array): number {
  return fromOpponents(rgb, (value) => value);
}

/**
 * The variant of much later code (OpenCV tutorials, the published code of DDColor, Kang et al.
 * 2023): |R - G| and |(R + G) / 2 - B| take the place of the signed values. It is lower for
 * pictures with opposite hues, whose spread the absolute value folds together. Published "CF"
 * columns of 2022 and later are of this kind.
 *
 * @param rgb interleaved R, G, B: `[pixelCount, 3]`
 */
export function colorfulnessAbsolute(rgb: Uint8Array): number {
  return fromOpponents(rgb, Math.abs);
}

function fromOpponents(rgb: Uint8Array, transform: (value: number) => number): number {
  const count = rgb.length / 3;
  let rgSum = 0;
  let rgSquares = 0;
  let ybSum = 0;
  let ybSquares = 0;
  for (let i = 0; i < rgb.length; i += 3) {
    const rg = transform(rgb[i]! - rgb[i + 1]!);
    const yb = transform(0.5 * (rgb[i]! + rgb[i + 1]!) - rgb[i + 2]!);
    rgSum += rg;
    rgSquares += rg * rg;
    ybSum += yb;
    ybSquares += yb * yb;
  }
  const rgMean = rgSum / count;
  const ybMean = ybSum / count;
  // Sums of integers and halves are exact, so no variance can come out negative by more than noise.
  const variance = rgSquares / count - rgMean ** 2 + (ybSquares / count - ybMean ** 2);
  return Math.sqrt(Math.max(0, variance)) + 0.3 * Math.sqrt(rgMean ** 2 + ybMean ** 2);
}
