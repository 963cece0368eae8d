import type { Size } from "./size.js";

/**
 * Means of a plane over blocks, one for each position of a smaller one. Where the sizes are no multiples
 * of each other, the blocks differ by a sample in width or height.
 *
 * @param plane `[size.height, size.width]`
 * @param small no larger than `size`
 * @returns `[small.height, small.width]`
 */
export function blockMeans(plane: Float32Array, size: Size, small: Size): Float32Array {
  const sums = new Float64Array(small.width);
  const means = new Float32Array(small.width * small.height);
  const starts = Int32Array.from({ length: small.width + 1 }, (_, column) =>
    Math.ceil((column * size.width) / small.width),
  );
  for (let row = 0, y = 0; row < small.height; row++) {
    const end = Math.ceil(((row + 1) * size.height) / small.height);
    const lines = end - y;
    sums.fill(0);
    for (; y < end; y++) addBlocks(plane, y * size.width, starts, sums);
    for (let column = 0; column < small.width; column++) {
      const count = lines * (starts[column + 1]! - starts[column]!);
      means[row * small.width + column] = sums[column]! / count;
    }
  }
  return means;
}

/** Adds the samples of one line that belong to each block. */
function addBlocks(
  plane: Float32Array,
  line: number,
  starts: Int32Array,
  sums: Float64Array,
): void {
  let x = 0;
  for (let column = 0; column < sums.length; column++) {
    const end = starts[column + 1]!;
    let sum = 0;
    for (; x < end; x++) sum += plane[line + x]!;
    sums[column]! += sum;
  }
}
