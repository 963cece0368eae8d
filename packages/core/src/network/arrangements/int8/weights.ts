/**
 * Largest code: 7 bits. Processors without VNNI add two products of a byte of a map with one of a
 * weight in 16 bits, where larger weights could overflow.
 */
const LARGEST = 63;

/** Codes of `rows` equal rows, `value = code * scale` with a scale for each row. */
export function quantizeRows(
  values: Float32Array,
  rows: number,
): { codes: Int8Array; scales: Float32Array } {
  const codes = new Int8Array(values.length);
  const scales = new Float32Array(rows);
  const length = values.length / rows;
  for (let row = 0; row < rows; row++) {
    const [start, end] = [row * length, (row + 1) * length];
    let largest = 0;
    for (let i = start; i < end; i++) largest = Math.max(largest, Math.abs(values[i]!));
    const scale = Math.fround(largest / LARGEST) || 1;
    scales[row] = scale;
    for (let i = start; i < end; i++) codes[i] = Math.round(values[i]! / scale);
  }
  return { codes, scales };
}
