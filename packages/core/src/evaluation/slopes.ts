// Slopes of a plane at an inner pixel, units a pixel, by Sobel's operator.

export function slopeX(plane: Float32Array, i: number, width: number): number {
  return (
    (plane[i - width + 1]! -
      plane[i - width - 1]! +
      2 * (plane[i + 1]! - plane[i - 1]!) +
      plane[i + width + 1]! -
      plane[i + width - 1]!) /
    8
  );
}

export function slopeY(plane: Float32Array, i: number, width: number): number {
  return (
    (plane[i + width - 1]! -
      plane[i - width - 1]! +
      2 * (plane[i + width]! - plane[i - width]!) +
      plane[i + width + 1]! -
      plane[i - width + 1]!) /
    8
  );
}
