// ICC profiles of three primaries and a power (ICC.1:2022), for files that state these outside of one.

type Triple = [number, number, number];
type Matrix = [Triple, Triple, Triple];

/** D50, to which profiles refer. */
const D50: Triple = [0.9642, 1, 0.8249];
/** From XYZ to the cone responses in which white points are scaled (ICC.1:2022, annex E). */
const BRADFORD: Matrix = [
  [0.8951, 0.2664, -0.1614],
  [-0.7502, 1.7135, 0.0367],
  [0.0389, -0.0685, 1.0296],
];

/**
 * A display profile.
 *
 * @param exponent light is sample ** exponent, for all channels
 * @param chromaticities x and y of white, red, green and blue
 */
export function matrixProfile(exponent: number, chromaticities: readonly number[]): Buffer {
  const [red, green, blue] = adaptedPrimaries(chromaticities);
  const curve = Buffer.alloc(16);
  curve.write("para", 0, "latin1");
  writeFixed(curve, exponent, 12);
  const description = Buffer.alloc(28 + 12);
  description.write("mluc", 0, "latin1");
  description.writeUInt32BE(1, 8);
  description.writeUInt32BE(12, 12);
  description.write("enUS", 16, "latin1");
  description.writeUInt32BE(10, 20);
  description.writeUInt32BE(28, 24);
  Buffer.from("g\0a\0m\0m\0a\0", "latin1").swap16().copy(description, 28);
  const tags: [string, Buffer][] = [
    ["desc", description],
    ["wtpt", xyz(D50)],
    ["rXYZ", xyz(red)],
    ["gXYZ", xyz(green)],
    ["bXYZ", xyz(blue)],
    ["rTRC", curve],
    ["gTRC", curve],
    ["bTRC", curve],
  ];
  const header = Buffer.alloc(128);
  header.writeUInt32BE(0x04300000, 8);
  header.write("mntrRGB XYZ ", 12, "latin1");
  header.write("acsp", 36, "latin1");
  D50.forEach((value, i) => {
    writeFixed(header, value, 68 + 4 * i);
  });
  const table = Buffer.alloc(4 + 12 * tags.length);
  table.writeUInt32BE(tags.length, 0);
  let at = header.length + table.length;
  tags.forEach(([name, { length }], i) => {
    table.write(name, 4 + 12 * i, "latin1");
    table.writeUInt32BE(at, 8 + 12 * i);
    table.writeUInt32BE(length, 12 + 12 * i);
    at += length;
  });
  header.writeUInt32BE(at, 0);
  return Buffer.concat([header, table, ...tags.map(([, value]) => value)]);
}

/** XYZ of the three primaries at full strength, adapted to D50. */
function adaptedPrimaries(chromaticities: readonly number[]): Matrix {
  const point = (i: number): Triple => {
    const [x, y] = [chromaticities[2 * i]!, chromaticities[2 * i + 1]!];
    return [x / y, 1, (1 - x - y) / y];
  };
  const white = point(0);
  const primaries: Matrix = [point(1), point(2), point(3)];
  const strengths = apply(inverse(transpose(primaries)), white);
  const cones = apply(BRADFORD, white);
  const target = apply(BRADFORD, D50);
  const adapt = (color: Triple): Triple => {
    const scaled = apply(BRADFORD, color).map((value, i) => (value * target[i]!) / cones[i]!);
    return apply(inverse(BRADFORD), scaled as Triple);
  };
  return primaries.map((color, i) =>
    adapt(color.map((value) => value * strengths[i]!) as Triple),
  ) as Matrix;
}

function apply(matrix: Matrix, [x, y, z]: Triple): Triple {
  return matrix.map((row) => row[0] * x + row[1] * y + row[2] * z) as Triple;
}

function transpose(matrix: Matrix): Matrix {
  return [0, 1, 2].map((i) => matrix.map((row) => row[i])) as Matrix;
}

/** By cofactors. */
function inverse([a, b, c]: Matrix): Matrix {
  const cross = (u: Triple, v: Triple): Triple => [
    u[1] * v[2] - u[2] * v[1],
    u[2] * v[0] - u[0] * v[2],
    u[0] * v[1] - u[1] * v[0],
  ];
  const columns: Matrix = [cross(b, c), cross(c, a), cross(a, b)];
  const determinant = a[0] * columns[0][0] + a[1] * columns[0][1] + a[2] * columns[0][2];
  return transpose(columns).map((row) => row.map((value) => value / determinant)) as Matrix;
}

function xyz(color: Triple): Buffer {
  const tag = Buffer.alloc(20);
  tag.write("XYZ ", 0, "latin1");
  color.forEach((value, i) => {
    writeFixed(tag, value, 8 + 4 * i);
  });
  return tag;
}

/** s15Fixed16Number. */
function writeFixed(target: Buffer, value: number, at: number): void {
  target.writeInt32BE(Math.round(Math.min(Math.max(value, -32768), 32767) * 65536), at);
}
