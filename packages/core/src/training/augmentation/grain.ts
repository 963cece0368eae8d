import { staticShape, type Value } from "../../graph/graph.js";
import { add, matMul, maximum, minimum, multiply, subtract } from "../../graph/operators/index.js";
import type { AugmentedPicture } from "./augmentation.js";
import { type Noise, RandomDraws } from "./random-draws.js";

/** Standard deviations in pixels of the two Gaussians that blurred pictures lie between. */
const deviations = [1, 2.2] as const;

/** Out of focus or enlarged: between sharp and a Gaussian of 2.2 pixels. */
export function blur(picture: AugmentedPicture, share: number, noise: Noise): AugmentedPicture {
  const { lightness, ab } = picture;
  const { graph } = lightness;
  const draws = new RandomDraws(noise, "blur", lightness, share, 1);
  const [little, much] = deviations.map((deviation) => gaussian(lightness, deviation));
  // 0..1 from sharp to the first Gaussian, 1..2 on to the second.
  const strength = draws.between(0.2, 2);
  const first = minimum(strength, graph.scalar(1));
  const second = maximum(subtract(strength, graph.scalar(1)), graph.scalar(0));
  const changed = add(
    add(lightness, multiply(subtract(little!, lightness), first)),
    multiply(subtract(much!, little!), second),
  );
  return { lightness: draws.choose(lightness, changed), ab };
}

/** Film grain: fine and coarser noise of up to 8 L* (standard deviation), clipped to 0..100. */
export function grain(picture: AugmentedPicture, share: number, noise: Noise): AugmentedPicture {
  const { lightness, ab } = picture;
  const { graph } = lightness;
  const draws = new RandomDraws(noise, "grain", lightness, share, 2);
  const uniform = noise("augmentation.grain.pixels", lightness.shape);
  const fine = subtract(uniform, graph.scalar(0.5));
  // Standard deviations: 0.289 of a uniform number, 0.282 of that after a Gaussian of 1 pixel.
  const strength = draws.between(1, 8);
  const coarse = draws.between(0, 1);
  const one = graph.scalar(1);
  const pattern = add(
    multiply(fine, multiply(subtract(one, coarse), graph.scalar(1 / 0.289))),
    multiply(gaussian(fine, 1), multiply(coarse, graph.scalar(1 / (0.289 * 0.282)))),
  );
  const grainy = add(lightness, multiply(pattern, multiply(strength, draws.chosen)));
  return { lightness: minimum(maximum(grainy, graph.scalar(0)), graph.scalar(100)), ab };
}

/** A Gaussian along both axes; at the edges the mean over what lies inside the picture. */
function gaussian(x: Value, deviation: number): Value {
  const [height, width] = staticShape(x.shape.slice(2), "A Gaussian") as [number, number];
  const band = (length: number, order: "rows" | "columns") =>
    x.graph.constant("float32", [length, length], gaussianBand(length, deviation, order));
  return matMul(band(height, "rows"), matMul(x, band(width, "columns")));
}

/**
 * A Gaussian along one axis as a matrix: one product with it is faster than a convolution of a single
 * channel.
 *
 * @param order whether the weights of a pixel of the result are a row or a column
 * @returns `[length, length]`
 */
function gaussianBand(length: number, deviation: number, order: "rows" | "columns"): Float32Array {
  const reach = Math.ceil(2.5 * deviation);
  const band = new Float32Array(length * length);
  for (let to = 0; to < length; to++) {
    const weights = new Map<number, number>();
    for (let from = Math.max(0, to - reach); from <= Math.min(length - 1, to + reach); from++) {
      weights.set(from, Math.exp(-((from - to) ** 2) / (2 * deviation ** 2)));
    }
    const sum = [...weights.values()].reduce((total, weight) => total + weight, 0);
    for (const [from, weight] of weights) {
      band[order === "rows" ? to * length + from : from * length + to] = weight / sum;
    }
  }
  return band;
}
