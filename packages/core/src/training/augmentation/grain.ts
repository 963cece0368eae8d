import { staticShape, type Value } from "../../graph/graph.js";
import {
  add,
  convolution,
  divide,
  maximum,
  minimum,
  multiply,
  subtract,
} from "../../graph/operators/index.js";
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
  const { graph } = x;
  const [height, width] = staticShape(x.shape.slice(2), "A Gaussian") as [number, number];
  const reach = Math.ceil(2.5 * deviation);
  const taps = Float32Array.from({ length: 2 * reach + 1 }, (_, index) =>
    Math.exp(-((index - reach) ** 2) / (2 * deviation ** 2)),
  );
  const down = graph.constant("float32", [1, 1, taps.length, 1], taps);
  const across = graph.constant("float32", [1, 1, 1, taps.length], taps);
  const sums = convolution(convolution(x, down, { padding: [reach, 0, reach, 0] }), across, {
    padding: [0, reach, 0, reach],
  });
  const weight = (length: number, position: number) =>
    taps.reduce((sum, tap, index) => {
      const at = position + index - reach;
      return at >= 0 && at < length ? sum + tap : sum;
    }, 0);
  const rows = Array.from({ length: height }, (_, y) => weight(height, y));
  const columns = Array.from({ length: width }, (_, x) => weight(width, x));
  const weights = Float32Array.from(rows.flatMap((row) => columns.map((column) => row * column)));
  return divide(sums, graph.constant("float32", [1, 1, height, width], weights));
}
