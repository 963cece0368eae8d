/**
 * Mean chroma sqrt(a*^2 + b*^2), CIELAB units.
 *
 * @param ab CIELAB units: `[2, pixelCount]`
 */
export function meanChroma(ab: Float32Array): number {
  const count = ab.length / 2;
  let sum = 0;
  for (let i = 0; i < count; i++) {
    const a = ab[i]!;
    const b = ab[count + i]!;
    sum += Math.sqrt(a * a + b * b);
  }
  return sum / count;
}
