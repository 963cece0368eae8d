import { staticShape, type Value } from "../../graph/graph.js";
import { add, cast, greaterOrEqual, multiply, subtract } from "../../graph/operators/index.js";
import type { AugmentedPicture } from "./augmentation.js";
import { type Noise, RandomDraws } from "./random-draws.js";

/**
 * The edge of a film, print or mount: on each side with a chance of one half, 0..12 % of the length,
 * black (L* 2..12), paper (78..98) or anything between. Its chroma is 0: borders stay neutral.
 */
export function border(picture: AugmentedPicture, share: number, noise: Noise): AugmentedPicture {
  const { lightness, ab } = picture;
  const { graph } = lightness;
  const draws = new RandomDraws(noise, "border", lightness, share, 6);
  const [height, width] = staticShape(lightness.shape.slice(2), "A border") as [number, number];
  // -0.12..0.12 of the length: nothing on half of the sides.
  const inset = () => draws.between(-0.12, 0.12);
  const vertical = positions([1, 1, height, 1], height, graph);
  const horizontal = positions([1, 1, 1, width], width, graph);
  const one = graph.scalar(1);
  const inside = [
    greaterOrEqual(vertical, inset()),
    greaterOrEqual(subtract(one, inset()), vertical),
    greaterOrEqual(horizontal, inset()),
    greaterOrEqual(subtract(one, inset()), horizontal),
  ]
    .map((within) => cast(within, "float32"))
    .reduce(multiply);
  // Dark, light or between, with 2 : 2 : 1.
  const kind = draws.between(0, 1);
  const level = draws.between(0, 1);
  const isAbove = (limit: number) => cast(greaterOrEqual(kind, graph.scalar(limit)), "float32");
  const ranges = [
    { low: 2, width: 10, chosen: subtract(one, isAbove(0.4)) },
    { low: 78, width: 20, chosen: subtract(isAbove(0.4), isAbove(0.8)) },
    { low: 12, width: 66, chosen: isAbove(0.8) },
  ];
  const shade = ranges
    .map(({ low, width: extent, chosen }) =>
      multiply(add(multiply(level, graph.scalar(extent)), graph.scalar(low)), chosen),
    )
    .reduce(add);
  // 1 everywhere in the pictures that are not chosen.
  const kept = subtract(one, multiply(subtract(one, inside), draws.chosen));
  return {
    lightness: add(multiply(lightness, kept), multiply(shade, subtract(one, kept))),
    ab: multiply(ab, kept),
  };
}

/** Centres of the pixels along an axis, as shares of its length. */
function positions(shape: readonly number[], length: number, graph: Value["graph"]): Value {
  return graph.constant(
    "float32",
    shape,
    Float32Array.from({ length }, (_, index) => (index + 0.5) / length),
  );
}
