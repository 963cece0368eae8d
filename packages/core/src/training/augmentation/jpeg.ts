import { GraphError, staticShape } from "../../graph/graph.js";
import {
  divide,
  exponential,
  matMul,
  maximum,
  minimum,
  multiply,
  reshape,
  round,
  transpose,
} from "../../graph/operators/index.js";
import type { AugmentedPicture } from "./augmentation.js";
import { type Noise, RandomDraws } from "./random-draws.js";

/** Luminance quantisation table of ITU-T T.81 (1992), table K.1: quality 50. */
const quantization = [
  16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55, 14, 13, 16, 24, 40, 57, 69, 56,
  14, 17, 22, 29, 51, 87, 80, 62, 18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113,
  92, 49, 64, 78, 87, 103, 121, 120, 101, 72, 92, 95, 98, 112, 100, 103, 99,
];

/**
 * Compression as by JPEG, of L* in place of the grey value (which is close to it): discrete cosine
 * transform of blocks of 8 x 8, rounding to steps of 0.2 to 1.6 times the standard's table (quality
 * about 90 to 30), and back.
 */
export function jpeg(picture: AugmentedPicture, share: number, noise: Noise): AugmentedPicture {
  const { lightness, ab } = picture;
  const { graph } = lightness;
  const draws = new RandomDraws(noise, "jpeg", lightness, share, 1);
  const [height, width] = staticShape(lightness.shape.slice(2), "JPEG") as [number, number];
  if (height % 8 !== 0 || width % 8 !== 0) {
    throw new GraphError(
      `JPEG: expected sides that are multiples of 8 but received ${width} x ${height}`,
    );
  }
  const batch = lightness.shape[0]!;
  const [rows, columns] = [height / 8, width / 8];
  const blocks = reshape(
    transpose(reshape(lightness, [batch, rows, 8, columns, 8]), [0, 1, 3, 2, 4]),
    [batch, 1, rows * columns, 64],
  );
  const transform = graph.constant("float32", [64, 64], cosineTransform());
  const inverse = graph.constant("float32", [64, 64], transposed(cosineTransform()));
  // In steps of L* (100 for white) in place of the standard's 255.
  const table = graph.constant(
    "float32",
    [1, 1, 1, 64],
    Float32Array.from(quantization, (step) => (step * 100) / 255),
  );
  // Small steps are as likely as large ones on a logarithmic scale.
  const steps = multiply(exponential(draws.between(-1.6, 0.5)), table);
  const coefficients = multiply(round(divide(matMul(blocks, transform), steps)), steps);
  const restored = reshape(
    transpose(
      reshape(matMul(coefficients, inverse), [batch, rows, columns, 8, 8]),
      [0, 1, 3, 2, 4],
    ),
    [batch, 1, height, width],
  );
  const clipped = minimum(maximum(restored, graph.scalar(0)), graph.scalar(100));
  return { lightness: draws.choose(lightness, clipped), ab };
}

/** The orthonormal two-dimensional DCT-II of a block as a matrix: `[pixels, coefficients]`. */
function cosineTransform(): Float32Array {
  const basis = (frequency: number, position: number) =>
    Math.sqrt((frequency === 0 ? 1 : 2) / 8) *
    Math.cos(((2 * position + 1) * frequency * Math.PI) / 16);
  const matrix = new Float32Array(64 * 64);
  for (let pixel = 0; pixel < 64; pixel++) {
    for (let coefficient = 0; coefficient < 64; coefficient++) {
      matrix[64 * pixel + coefficient] =
        basis(coefficient >> 3, pixel >> 3) * basis(coefficient & 7, pixel & 7);
    }
  }
  return matrix;
}

function transposed(matrix: Float32Array): Float32Array {
  return matrix.map((_, index) => matrix[64 * (index & 63) + (index >> 6)]!);
}
