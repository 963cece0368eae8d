// What lies around each sample of a plane: mean, lowest and highest over 3 x 3 samples. Those beyond the
// border equal the last ones before it.

/** `[height, width]` */
export function neighborhoodMean(plane: Float32Array, width: number, height: number): Float32Array {
  const along = new Float32Array(plane.length);
  for (let start = 0; start < plane.length; start += width) {
    const last = start + width - 1;
    let left = plane[start]!;
    let own = left;
    for (let i = start; i < last; i++) {
      const right = plane[i + 1]!;
      along[i] = (left + own + right) / 3;
      left = own;
      own = right;
    }
    along[last] = (left + own + own) / 3;
  }
  const mean = new Float32Array(plane.length);
  for (let y = 0; y < height; y++) {
    const above = Math.max(y - 1, 0) * width;
    const own = y * width;
    const below = Math.min(y + 1, height - 1) * width;
    for (let x = 0; x < width; x++) {
      mean[own + x] = (along[above + x]! + along[own + x]! + along[below + x]!) / 3;
    }
  }
  return mean;
}

/** Lowest and highest: `[height, width]` each. */
export function neighborhoodRange(
  plane: Float32Array,
  width: number,
  height: number,
): { lowest: Float32Array; highest: Float32Array } {
  // Comparisons: Math.min and Math.max cost more, for the sake of NaN and -0.
  const lowestAlong = new Float32Array(plane.length);
  const highestAlong = new Float32Array(plane.length);
  for (let start = 0; start < plane.length; start += width) {
    const last = start + width - 1;
    let left = plane[start]!;
    let own = left;
    for (let i = start; i <= last; i++) {
      const right = i < last ? plane[i + 1]! : own;
      const lower = left < own ? left : own;
      const higher = left > own ? left : own;
      lowestAlong[i] = right < lower ? right : lower;
      highestAlong[i] = right > higher ? right : higher;
      left = own;
      own = right;
    }
  }
  const lowest = new Float32Array(plane.length);
  const highest = new Float32Array(plane.length);
  for (let y = 0; y < height; y++) {
    const toAbove = y > 0 ? -width : 0;
    const toBelow = y < height - 1 ? width : 0;
    for (let i = y * width; i < (y + 1) * width; i++) {
      let low = lowestAlong[i]!;
      if (lowestAlong[i + toAbove]! < low) low = lowestAlong[i + toAbove]!;
      if (lowestAlong[i + toBelow]! < low) low = lowestAlong[i + toBelow]!;
      lowest[i] = low;
      let high = highestAlong[i]!;
      if (highestAlong[i + toAbove]! > high) high = highestAlong[i + toAbove]!;
      if (highestAlong[i + toBelow]! > high) high = highestAlong[i + toBelow]!;
      highest[i] = high;
    }
  }
  return { lowest, highest };
}
