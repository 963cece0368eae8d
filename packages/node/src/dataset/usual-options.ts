// What data sets are read with where nothing else is asked for.

/** Mean chroma under which a picture counts as grey, CIELAB units. */
export const usualMinimumChroma = 2;

/**
 * Short side that pictures are scaled to before they are cropped, pixels: the proportion of the
 * paper (Iizuka et al. 2016, section 3.4: 256 to 224).
 */
export function usualResize(crop: number): number {
  return Math.round((crop * 256) / 224);
}
