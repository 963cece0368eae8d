import { CHROMA_BINS } from "./ab-accuracy.js";

/** The bins that a picture's true colours fall into: few of all, so only those are kept. */
export interface ChromaCounts {
  /** Bins with a pixel, ascending: `[n]`. */
  readonly bins: Uint16Array;
  /** Pixels in each: `[n]`. */
  readonly pixels: Float32Array;
}

/** Counts the pixels of each bin. */
export function countChroma(binOfPixel: Uint16Array): ChromaCounts {
  const dense = countAllBins(binOfPixel);
  const bins = Uint16Array.from(Array.from(dense.keys()).filter((bin) => dense[bin]! > 0));
  return { bins, pixels: Float32Array.from(bins, (bin) => dense[bin]!) };
}

function countAllBins(binOfPixel: Uint16Array): Float64Array {
  const dense = new Float64Array(CHROMA_BINS);
  for (let i = 0; i < binOfPixel.length; i++) dense[binOfPixel[i]!]! += 1;
  return dense;
}
