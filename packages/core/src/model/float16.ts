// IEEE 754 binary16, for weights on disk.

/** Rounds to nearest even; values beyond 65504 become infinite. */
export function toFloat16(values: Float32Array): Uint16Array {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const halves = new Uint16Array(values.length);
  for (let index = 0; index < halves.length; index++) halves[index] = halfBits(bits[index]!);
  return halves;
}

function halfBits(bits: number): number {
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = bits & 0x7fffffff;
  if (magnitude >= 0x47800000) {
    // 65536 and above, infinities; NaN keeps a bit of its payload.
    return magnitude > 0x7f800000 ? sign | 0x7e00 : sign | 0x7c00;
  }
  if (magnitude < 0x38800000) {
    // Below 2^-14: a multiple of 2^-24, which the shift to a whole number rounds to.
    if (magnitude < 0x33000000) return sign;
    const exponent = magnitude >>> 23;
    const mantissa = (magnitude & 0x7fffff) | 0x800000;
    return sign | roundedShift(mantissa, 126 - exponent);
  }
  return sign | roundedShift(magnitude - 0x38000000, 13);
}

/** `value / 2^shift`, ties to even. */
function roundedShift(value: number, shift: number): number {
  const whole = value >>> shift;
  const rest = value & ((1 << shift) - 1);
  const half = 1 << (shift - 1);
  return whole + (rest > half || (rest === half && (whole & 1) === 1) ? 1 : 0);
}

let numbers: Float32Array | undefined;

/** The numbers that the bits stand for, exactly. */
export function fromFloat16(halves: Uint16Array): Float32Array {
  numbers ??= Float32Array.from({ length: 0x10000 }, (_, half) => numberOf(half));
  const values = new Float32Array(halves.length);
  for (let index = 0; index < values.length; index++) values[index] = numbers[halves[index]!]!;
  return values;
}

function numberOf(half: number): number {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >>> 10) & 0x1f;
  const mantissa = half & 0x3ff;
  if (exponent === 0) return sign * mantissa * 2 ** -24;
  if (exponent === 31) return mantissa === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (1 + mantissa / 1024) * 2 ** (exponent - 15);
}
