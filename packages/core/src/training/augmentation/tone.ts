import { staticShape } from "../../graph/graph.js";
import {
  add,
  exponential,
  maximum,
  minimum,
  multiply,
  scale,
  subtract,
} from "../../graph/operators/index.js";
import type { AugmentedPicture } from "./augmentation.js";
import { power } from "./power.js";
import { type Noise, RandomDraws } from "./random-draws.js";

/**
 * Another exposure, contrast and age: gamma 0.6..1.7, contrast 0.6..1.5 around the middle (clipped
 * where it leaves black and white), then fading: black lifted to L* 0..25, white lowered to 80..100.
 */
export function tone(picture: AugmentedPicture, share: number, noise: Noise): AugmentedPicture {
  const { lightness, ab } = picture;
  const { graph } = lightness;
  const draws = new RandomDraws(noise, "tone", lightness, share, 4);
  // Gammas above and below 1 are equally likely.
  const gamma = exponential(draws.between(-0.52, 0.52));
  const contrast = draws.between(0.6, 1.5);
  const black = draws.between(0, 25);
  const white = draws.between(80, 100);
  const relative = minimum(maximum(scale(lightness, 1 / 100), graph.scalar(0)), graph.scalar(1));
  const bent = power(relative, gamma);
  const middle = graph.scalar(0.5);
  const stretched = add(multiply(subtract(bent, middle), contrast), middle);
  const clipped = minimum(maximum(stretched, graph.scalar(0)), graph.scalar(1));
  const changed = add(multiply(clipped, subtract(white, black)), black);
  return { lightness: draws.choose(lightness, changed), ab };
}

/** Light that falls off towards the corners: by up to 60 % of L* there, with the square of the distance. */
export function vignette(picture: AugmentedPicture, share: number, noise: Noise): AugmentedPicture {
  const { lightness, ab } = picture;
  const { graph } = lightness;
  const draws = new RandomDraws(noise, "vignette", lightness, share, 1);
  const [height, width] = staticShape(lightness.shape.slice(2), "A vignette") as [number, number];
  const squares = new Float32Array(height * width);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const [u, v] = [(2 * x + 1) / width - 1, (2 * y + 1) / height - 1];
      squares[y * width + x] = (u * u + v * v) / 2;
    }
  }
  const distance = graph.constant("float32", [1, 1, height, width], squares);
  const loss = multiply(multiply(draws.between(0.1, 0.6), draws.chosen), distance);
  return { lightness: subtract(lightness, multiply(lightness, loss)), ab };
}
