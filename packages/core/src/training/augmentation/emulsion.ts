import { LAB_DELTA, LAB_TOE_OFFSET, LAB_TOE_SLOPE, XYZ_TO_LINEAR_RGB } from "../../color/lab.js";
import type { Value } from "../../graph/graph.js";
import {
  add,
  cast,
  concat,
  divide,
  greater,
  greaterOrEqual,
  maximum,
  minimum,
  multiply,
  reduceSum,
  scale,
  slice,
  subtract,
  where,
} from "../../graph/operators/index.js";
import type { AugmentedPicture } from "./augmentation.js";
import { power } from "./power.js";
import { type Noise, RandomDraws } from "./random-draws.js";

/**
 * Sensitivities to red, green and blue light, lowest and highest: blue-sensitive plates (before
 * 1873 and long after), orthochromatic ones (to the 1920s: red looks black), panchromatic ones with
 * and without filters. They are divided by their sum.
 */
const emulsions = [
  { red: [0, 0.06], green: [0.04, 0.3], blue: [0.7, 1] },
  { red: [0, 0.12], green: [0.45, 0.75], blue: [0.25, 0.6] },
  { red: [0.15, 0.65], green: [0.25, 0.75], blue: [0.05, 0.4] },
] as const;

/**
 * The grey of another emulsion: `L*` of a weighted mean of linear red, green and blue, with weights
 * of a kind of plate or film drawn for each picture. Chroma stays.
 */
export function emulsion(picture: AugmentedPicture, share: number, noise: Noise): AugmentedPicture {
  const { lightness, ab } = picture;
  const draws = new RandomDraws(noise, "emulsion", lightness, share, 4);
  const kind = draws.between(0, emulsions.length);
  const weights = (["red", "green", "blue"] as const).map((channel) => {
    const position = draws.between(0, 1);
    const ofKinds = emulsions.map((sensitivities, index) => {
      const [low, high] = sensitivities[channel];
      const weight = add(scale(position, high - low), position.graph.scalar(low));
      return multiply(weight, isKind(kind, index));
    });
    return ofKinds.reduce(add);
  });
  const total = weights.reduce(add);
  const linear = linearRgb(lightness, ab);
  const mixed = weights
    .map((weight, channel) => multiply(linear[channel]!, divide(weight, total)))
    .reduce(add);
  return {
    lightness: draws.choose(lightness, lightnessOf(minimum(mixed, mixed.graph.scalar(1)))),
    ab,
  };
}

/** 1 where a number in [0, kinds) falls to `index`, else 0. */
function isKind(kind: Value, index: number): Value {
  const { graph } = kind;
  const from = cast(greaterOrEqual(kind, graph.scalar(index)), "float32");
  return subtract(from, cast(greaterOrEqual(kind, graph.scalar(index + 1)), "float32"));
}

/** Linear red, green and blue, not below 0, of CIELAB: three `[N, 1, H, W]`. */
function linearRgb(lightness: Value, ab: Value): Value[] {
  const { graph } = lightness;
  const y = scale(add(lightness, graph.scalar(16)), 1 / 116);
  const [a, b] = [0, 1].map((channel) => slice(ab, [{ axis: 1, start: channel, length: 1 }]));
  const x = add(y, scale(a!, 1 / 500));
  const z = subtract(y, scale(b!, 1 / 200));
  const xyz = concat([x, y, z].map(inverseLabCurve), 1);
  return XYZ_TO_LINEAR_RGB.map((row) => {
    const factors = graph.constant("float32", [1, 3, 1, 1], Float32Array.from(row));
    const sum = reduceSum(multiply(xyz, factors), [1], { keepDimensions: true });
    return maximum(sum, graph.scalar(0));
  });
}

/** The inverse of CIELAB's lightness function (CIE 15:2004). */
function inverseLabCurve(f: Value): Value {
  const { graph } = f;
  const line = subtract(scale(f, LAB_TOE_SLOPE), graph.scalar(LAB_TOE_OFFSET));
  return where(greater(f, graph.scalar(LAB_DELTA)), multiply(multiply(f, f), f), line);
}

/** L* of a relative luminance, 0..1 (CIE 15:2004). */
function lightnessOf(luminance: Value): Value {
  const { graph } = luminance;
  const root = power(luminance, graph.scalar(1 / 3));
  const line = scale(add(luminance, graph.scalar(LAB_TOE_OFFSET)), 1 / LAB_TOE_SLOPE);
  const f = where(greater(root, graph.scalar(LAB_DELTA)), root, line);
  return subtract(scale(f, 116), graph.scalar(16));
}
