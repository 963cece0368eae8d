// CIEDE2000 colour difference (CIE 142:2001), as clarified by G. Sharma, W. Wu, E. Dalal, "The
// CIEDE2000 color-difference formula: implementation notes, supplementary test data, and
// mathematical observations", Color Research and Application 30(1), 2005. kL = kC = kH = 1.
//
// Hues are kept as vectors: the mean hue is the bisector of the two, its multiples follow from the
// identities for cos 2h and cos 3h, and hardly any trigonometric function is called.

const POW25_7 = 25 ** 7;
const DEGREE = Math.PI / 180;
const COS_30 = Math.cos(30 * DEGREE);
const SIN_30 = Math.sin(30 * DEGREE);
const COS_6 = Math.cos(6 * DEGREE);
const SIN_6 = Math.sin(6 * DEGREE);
const COS_63 = Math.cos(63 * DEGREE);
const SIN_63 = Math.sin(63 * DEGREE);

/** sqrt(c^7 / (c^7 + 25^7)), which both the a* correction and the rotation term use. */
function saturationOf(chroma: number): number {
  const cube = chroma * chroma * chroma;
  const seventh = cube * cube * chroma;
  return Math.sqrt(seventh / (seventh + POW25_7));
}

/**
 * CIEDE2000 difference of two CIELAB colours: 0 for the same colour, about 1 where the eye begins
 * to see a difference, about 100 between black and white.
 */
export function ciede2000(
  l1: number,
  a1: number,
  b1: number,
  l2: number,
  a2: number,
  b2: number,
): number {
  const [first, second] = [Float64Array.of(a1, b1), Float64Array.of(a2, b2)];
  return meanCiede2000(Float64Array.of(l1), first, Float64Array.of(l2), second);
}

/**
 * Mean {@link ciede2000} over the pixels of two pictures.
 *
 * @param firstLightness L* 0..100: `[pixelCount]`
 * @param firstAb CIELAB units: `[2, pixelCount]`
 */
export function meanCiede2000<Plane extends Float32Array | Float64Array>(
  firstLightness: Plane,
  firstAb: Plane,
  secondLightness: Plane,
  secondAb: Plane,
): number {
  const count = firstLightness.length;
  let sum = 0;
  // Written out: a call for each pixel would put its numbers on the heap.
  for (let i = 0; i < count; i++) {
    const l1 = firstLightness[i]!;
    const a1 = firstAb[i]!;
    const b1 = firstAb[count + i]!;
    const l2 = secondLightness[i]!;
    const a2 = secondAb[i]!;
    const b2 = secondAb[count + i]!;
    const meanChroma = (Math.sqrt(a1 * a1 + b1 * b1) + Math.sqrt(a2 * a2 + b2 * b2)) / 2;
    const stretch = 1.5 - 0.5 * saturationOf(meanChroma);
    const x1 = a1 * stretch;
    const x2 = a2 * stretch;
    const c1 = Math.sqrt(x1 * x1 + b1 * b1);
    const c2 = Math.sqrt(x2 * x2 + b2 * b2);
    const chroma = (c1 + c2) / 2;
    const dc = (c2 - c1) / (1 + 0.045 * chroma);
    const lightness = (l1 + l2) / 2 - 50;
    const square = lightness * lightness;
    const root = Math.sqrt(20 + square);
    const dl = ((l2 - l1) * root) / (root + 0.015 * square);
    const product = c1 * c2;
    // A neutral colour has no hue.
    if (product === 0) {
      sum += Math.sqrt(dl * dl + dc * dc);
      continue;
    }

    // The bisector of both hues, its length being the product times that of the unit vectors' sum.
    let cos = x1 * c2 + x2 * c1;
    let sin = b1 * c2 + b2 * c1;
    const length = Math.sqrt(cos * cos + sin * sin);
    if (length > 0) {
      cos /= length;
      sin /= length;
    } else {
      // Opposite hues: the formula takes the arithmetic mean, 90 degrees after the smaller hue.
      const firstIsSmaller = b1 > 0 || (b1 === 0 && x1 > 0);
      cos = firstIsSmaller ? -b1 / c1 : -b2 / c2;
      sin = firstIsSmaller ? x1 / c1 : x2 / c2;
    }
    const cos2 = 2 * cos * cos - 1;
    const sin2 = 2 * sin * cos;
    const cos3 = cos2 * cos - sin2 * sin;
    const sin3 = sin2 * cos + cos2 * sin;
    const cos4 = 2 * cos2 * cos2 - 1;
    const sin4 = 2 * sin2 * cos2;
    const t =
      1 -
      0.17 * (cos * COS_30 + sin * SIN_30) +
      0.24 * cos2 +
      0.32 * (cos3 * COS_6 - sin3 * SIN_6) -
      0.2 * (cos4 * COS_63 + sin4 * SIN_63);

    // 2 sqrt(c1 c2) sin(dh / 2), with the sign of the turn from the first hue to the second.
    const chordX = x1 * c2 - x2 * c1;
    const chordY = b1 * c2 - b2 * c1;
    const chord = Math.sqrt((chordX * chordX + chordY * chordY) / product);
    const dh = (x1 * b2 < b1 * x2 ? -chord : chord) / (1 + 0.015 * chroma * t);

    // The rotation acts on blues, around 275 degrees; above the a* axis it is below 1e-6.
    let rotation = 0;
    if (sin < 0) {
      const hue = (Math.atan2(sin, cos) / DEGREE + 360 - 275) / 25;
      rotation = -Math.sin(60 * DEGREE * Math.exp(-hue * hue)) * 2 * saturationOf(chroma);
    }
    sum += Math.sqrt(Math.max(0, dl * dl + dc * dc + dh * dh + rotation * dc * dh));
  }
  return sum / count;
}
