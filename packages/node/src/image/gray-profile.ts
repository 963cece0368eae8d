// Tone curves of grey ICC profiles (ICC.1:2022). Scanners attach them ("Gray Gamma 2.2", "Dot Gain
// 20%"); libvips as sharp drives it leaves them out for 16-bit grey pictures, so they are read here.

const HEADER_LENGTH = 128;

/** Maps a sample 0..1 to relative luminance Y 0..1. */
export type ToneCurve = (sample: number) => number;

/** The tag with the curve: of a monochrome profile, of the neutral colours of one with primaries. */
const CURVE_TAGS: Readonly<Record<string, string>> = { GRAY: "kTRC", "RGB ": "rTRC" };

/**
 * The tone curve of greys in a monochrome ICC profile, or one with primaries, which some programs
 * attach to grey pictures, too; undefined if the profile is of another kind, or damaged.
 */
export function grayToneCurve(icc: Uint8Array): ToneCurve | undefined {
  const view = new DataView(icc.buffer, icc.byteOffset, icc.byteLength);
  const text = (offset: number) => Buffer.from(icc.subarray(offset, offset + 4)).toString("latin1");
  try {
    const curveTag = CURVE_TAGS[text(16)];
    if (!curveTag) return undefined;
    const isLab = text(20) === "Lab "; // then the curve gives L* (ICC.1:2022, 8.3.4)
    const tagCount = view.getUint32(HEADER_LENGTH);
    if (HEADER_LENGTH + 4 + 12 * tagCount > icc.length) return undefined;
    for (let i = 0; i < tagCount; i++) {
      const entry = HEADER_LENGTH + 4 + i * 12;
      if (text(entry) !== curveTag) continue;
      const curve = readCurve(view, view.getUint32(entry + 4), text);
      return curve && isLab ? (sample) => yOfLightness(100 * curve(sample)) : curve;
    }
  } catch (error) {
    if (!(error instanceof RangeError)) throw error; // an offset beyond the end: damaged
  }
  return undefined;
}

/** CIE 15: the inverse of L*. */
function yOfLightness(lightness: number): number {
  return lightness > 8 ? ((lightness + 16) / 116) ** 3 : (lightness * 27) / 24389;
}

function readCurve(
  view: DataView,
  offset: number,
  text: (offset: number) => string,
): ToneCurve | undefined {
  if (text(offset) === "curv") return readSampledCurve(view, offset);
  if (text(offset) === "para") return readParametricCurve(view, offset);
  return undefined;
}

/** curveType, ICC.1:2022 10.6: nothing is the identity, one value a gamma, more a table. */
function readSampledCurve(view: DataView, offset: number): ToneCurve {
  const count = view.getUint32(offset + 8);
  if (count === 0) return (sample) => sample;
  if (count === 1) {
    const gamma = view.getUint16(offset + 12) / 256;
    return (sample) => sample ** gamma;
  }
  if (2 * count > view.byteLength) throw new RangeError("beyond the end");
  const table = Float64Array.from(
    { length: count },
    (_, i) => view.getUint16(offset + 12 + 2 * i) / 65535,
  );
  return (sample) => {
    const position = sample * (count - 1);
    const index = Math.min(Math.floor(position), count - 2);
    return table[index]! + (position - index) * (table[index + 1]! - table[index]!);
  };
}

/** parametricCurveType, ICC.1:2022 10.18, function types 0 to 4. */
function readParametricCurve(view: DataView, offset: number): ToneCurve | undefined {
  const kind = view.getUint16(offset + 8);
  const parameter = (i: number) => view.getInt32(offset + 12 + 4 * i) / 65536;
  const g = parameter(0);
  if (kind === 0) return (x) => x ** g;
  const [a, b] = [parameter(1), parameter(2)];
  if (kind === 1) return (x) => (x >= -b / a ? (a * x + b) ** g : 0);
  const c = parameter(3);
  if (kind === 2) return (x) => (x >= -b / a ? (a * x + b) ** g + c : c);
  const d = parameter(4);
  if (kind === 3) return (x) => (x >= d ? (a * x + b) ** g : c * x);
  if (kind !== 4) return undefined;
  const [e, f] = [parameter(5), parameter(6)];
  return (x) => (x >= d ? (a * x + b) ** g + e : c * x + f);
}
