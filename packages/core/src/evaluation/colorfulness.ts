// Colourfulness of natural images: D. Hasler, S. Süsstrunk, "Measuring colourfulness in natural
// images", Proc. SPIE 5007, 2003: M(3) = sigma_rgyb + 0.3 mu_rgyb over rg = R - G and
// yb = (R + G) / 2 - B of the 8-bit sRGB values. The paper names 0 not colourful, 15 slightly, 33
// moderately, 45 averagely, 59 quite, 82 highly, 109 extremely colourful.

/** Both kinds of colourfulness of a picture: 0 for grey. */
export interface Colorfulness {
  /** As in the paper, from the signed opponent values. Everyday photographs have 10..80. */
  readonly signed: number;
  /**
   * The variant of much later code (OpenCV tutorials, the published code of DDColor, Kang et al.
   * 2023): |R - G| and |(R + G) / 2 - B| take the place of the signed values. It is lower for
   * pictures with opposite hues, whose spread the absolute value folds together. Published "CF"
   * columns of 2022 and later are of this kind.
   */
  readonly absolute: number;
}

/** @param rgb interleaved R, G, B: `[pixelCount, 3]` */
export function colorfulness(rgb: Uint8Array): Colorfulness {
  const count = rgb.length / 3;
  let rgSum = 0;
  let ybSum = 0;
  let rgAbsoluteSum = 0;
  let ybAbsoluteSum = 0;
  let squares = 0;
  for (let i = 0; i < rgb.length; i += 3) {
    const red = rgb[i]!;
    const green = rgb[i + 1]!;
    const rg = red - green;
    const yb = 0.5 * (red + green) - rgb[i + 2]!;
    rgSum += rg;
    ybSum += yb;
    rgAbsoluteSum += Math.abs(rg);
    ybAbsoluteSum += Math.abs(yb);
    squares += rg * rg + yb * yb;
  }
  return {
    signed: fromMoments(rgSum / count, ybSum / count, squares / count),
    absolute: fromMoments(rgAbsoluteSum / count, ybAbsoluteSum / count, squares / count),
  };
}

function fromMoments(rgMean: number, ybMean: number, meanSquare: number): number {
  const meanLength = rgMean * rgMean + ybMean * ybMean;
  // Sums of integers and halves are exact, so no variance can come out negative by more than noise.
  return Math.sqrt(Math.max(0, meanSquare - meanLength)) + 0.3 * Math.sqrt(meanLength);
}
