// The paper's network written down from its definition, on plain numbers, to compare model files with:
// convolutions that slide their window, the global features repeated at every pixel and concatenated,
// normalisation by running statistics.

import type { TensorValue } from "../graph/session.js";
import type { PaperNetworkConfig, ParameterValues } from "../network/index.js";
import type { RegressionHead } from "../objective/index.js";
import { tensor } from "./devices.js";
import { slidingWindow } from "./reference-convolution.js";

/** Epsilon of batch normalisation, as in PyTorch. */
const EPSILON = 1e-5;
/** Everything that halves, halves three times. */
const STRIDE = 8;

type Pixel = (row: number, column: number) => number;

/**
 * a*b* in CIELAB units `[N, 2, H, W]` and logits `[N, classes]` of pictures of any size.
 *
 * @param lightness L* 0..100, `[N, 1, H, W]`
 */
export function paperNetwork(
  config: PaperNetworkConfig,
  parameters: ParameterValues,
  lightness: TensorValue,
): { ab: readonly number[]; logits: readonly number[] } {
  const layers = new PaperLayers(config, parameters);
  const [, , height, width] = lightness.shape as Size;
  const up = (length: number) => Math.ceil(length / STRIDE) * STRIDE;
  // Rows and columns that are missing repeat the last one.
  const padded = resampled(lightness, up(height), up(width), (at) => (row, column) => {
    return at(Math.min(row, height - 1), Math.min(column, width - 1));
  });

  const lowLevel = layers.lowLevel(padded);
  const midLevel = config.midLevel.channels.reduce(
    (x, _, index) => layers.convolution(`mid_level.${index}`, x, 1),
    lowLevel.at(-1)!,
  );
  const { pooling, hidden } = config.global;
  const image =
    pooling.type === "average"
      ? lowLevel.at(-1)!
      : layers.lowLevel(square(padded, pooling.imageSize)).at(-1)!;
  const globalMap = config.global.layers.reduce(
    (x, { stride }, index) => layers.convolution(`global.convolution.${index}`, x, stride),
    image,
  );
  const vectors = [pooling.type === "average" ? pooled(globalMap) : flat(globalMap)];
  for (const index of hidden.keys()) {
    vectors.push(layers.connected(`global.hidden.${index}`, vectors.at(-1)!));
  }

  const chroma = layers.colorization(layers.fusion(midLevel, vectors.at(-1)!), lowLevel);
  const { activation, offset, scale } = config.head as RegressionHead;
  const squash = { sigmoid: (x: number) => 1 / (1 + Math.exp(-x)), tanh: Math.tanh };
  const ab = map(chroma, (x) => {
    return (activation === "linear" ? x : squash[activation](x)) * scale + offset;
  });
  const whole = config.finalUpsampling === "nearest" ? doubled(ab) : interpolated(ab);
  const cropped = resampled(whole, height, width, (at) => at);

  const classified = config.classification.hidden.reduce(
    (x, _, index) => layers.connected(`classification.hidden.${index}`, x),
    vectors.at(-2)!,
  );
  const logits = layers.connected("classification.output", classified, "plain");
  return { ab: values(cropped), logits: values(logits) };
}

type Size = [batch: number, channels: number, height: number, width: number];

class PaperLayers {
  readonly #config: PaperNetworkConfig;
  readonly #parameters: ParameterValues;

  constructor(config: PaperNetworkConfig, parameters: ParameterValues) {
    this.#config = config;
    this.#parameters = parameters;
  }

  lowLevel(picture: TensorValue): TensorValue[] {
    const maps: TensorValue[] = [];
    let x = map(picture, (lightness) => lightness / 50 - 1);
    this.#config.lowLevel.layers.forEach(({ stride }, index) => {
      x = this.convolution(`low_level.${index}`, x, stride);
      maps.push(x);
    });
    return maps;
  }

  convolution(name: string, x: TensorValue, stride: number, output = "activated"): TensorValue {
    return this.#layer(name, x, this.#values(`${name}.weight`), stride, output);
  }

  /** Vectors are maps of one pixel. */
  connected(name: string, x: TensorValue, output = "activated"): TensorValue {
    const { shape, data } = this.#values(`${name}.weight`);
    return this.#layer(name, x, tensor([...shape, 1, 1], data as Float32Array), 1, output);
  }

  /** Equation 3: the global vector beside the local one at every pixel, one matrix for both. */
  fusion(midLevel: TensorValue, global: TensorValue): TensorValue {
    const [batch, local, height, width] = midLevel.shape as Size;
    const features = global.shape[1]!;
    const both: number[] = [];
    for (let n = 0; n < batch; n++) {
      const size = local * height * width;
      both.push(...values(midLevel).slice(n * size, (n + 1) * size));
      for (let feature = 0; feature < features; feature++) {
        const value = global.data[n * features + feature] as number;
        both.push(...new Array<number>(height * width).fill(value));
      }
    }
    const [mid, whole] = ["mid_level", "global"].map((part) =>
      values(this.#values(`fusion.${part}.weight`)),
    );
    const channels = this.#config.fusion.channels;
    const weights = Array.from({ length: channels }, (_, channel) => [
      ...mid!.slice(channel * local, (channel + 1) * local),
      ...whole!.slice(channel * features, (channel + 1) * features),
    ]).flat();
    const weight = tensor([channels, local + features, 1, 1], weights);
    const x = tensor([batch, local + features, height, width], both);
    return this.#layer("fusion", x, weight, 1, "activated");
  }

  colorization(fused: TensorValue, lowLevel: readonly TensorValue[]): TensorValue {
    let x = fused;
    this.#config.colorization.stages.forEach((stage, index) => {
      if (index > 0) x = doubled(x);
      for (const layer of stage.keys()) {
        x = this.convolution(`colorization.${index}.${layer}`, x, 1);
        if (layer > 0 || index === 0 || this.#config.skips === "none") continue;
        const beside = lowLevel.findLast(({ shape }) => shape[3] === x.shape[3])!;
        const skip = this.convolution(`colorization.${index}.skip`, beside, 1, "plain");
        x = map(x, (value, at) => value + (skip.data[at] as number));
      }
    });
    return this.convolution("colorization.output", x, 1, "plain");
  }

  #layer(
    name: string,
    x: TensorValue,
    weight: TensorValue,
    stride: number,
    output: string,
  ): TensorValue {
    const channels = weight.shape[0]!;
    const bias = this.#parameters.get(`${name}.bias`)?.data ?? new Float32Array(channels);
    const padding = (weight.shape[2]! - 1) / 2;
    const sums = slidingWindow(x, weight, tensor([channels], bias), { stride, padding });
    const result = tensor(sums.shape, sums.values);
    return output === "plain" ? result : this.#activated(name, result);
  }

  #activated(name: string, x: TensorValue): TensorValue {
    const { normalization, activation } = this.#config;
    const slope = activation === "relu" ? 0 : activation.leakySlope;
    const [, channels, height, width] = x.shape as Size;
    const statistics = ["scale", "bias", "running_mean", "running_variance"].map((kind) =>
      normalization === "batch" ? values(this.#values(`${name}.normalization.${kind}`)) : [],
    );
    return map(x, (value, at) => {
      const channel = Math.floor(at / (height * width)) % channels;
      const [scale, bias, mean, variance] = statistics.map((each) => each[channel]!);
      const normalized =
        normalization === "none"
          ? value
          : ((value - mean!) / Math.sqrt(variance! + EPSILON)) * scale! + bias!;
      return normalized < 0 ? slope * normalized : normalized;
    });
  }

  #values(name: string): TensorValue {
    const { shape, data } = this.#parameters.get(name)!;
    return tensor(shape, data);
  }
}

function values({ data }: TensorValue): number[] {
  return Array.from(data as Float32Array);
}

function map(x: TensorValue, change: (value: number, at: number) => number): TensorValue {
  return tensor(x.shape, values(x).map(change));
}

/** Each plane anew, its pixels read through `pixel`. */
function resampled(
  x: TensorValue,
  height: number,
  width: number,
  pixel: (at: Pixel) => Pixel,
): TensorValue {
  const [batch, channels, rows, columns] = x.shape as Size;
  const result: number[] = [];
  for (let plane = 0; plane < batch * channels; plane++) {
    const read = pixel((r, c) => x.data[(plane * rows + r) * columns + c] as number);
    for (let row = 0; row < height; row++) {
      for (let column = 0; column < width; column++) result.push(read(row, column));
    }
  }
  return tensor([batch, channels, height, width], result);
}

/** Nearest neighbour. */
function doubled(x: TensorValue): TensorValue {
  const [, , height, width] = x.shape as Size;
  return resampled(x, 2 * height, 2 * width, (at) => (row, column) => at(row >> 1, column >> 1));
}

/** Bilinear between the centres of the pixels. */
function interpolated(x: TensorValue): TensorValue {
  const [, , height, width] = x.shape as Size;
  const between = (target: number, length: number, read: (index: number) => number) => {
    const place = Math.min(Math.max(target / 2 - 0.25, 0), length - 1);
    const first = Math.floor(place);
    const share = place - first;
    return (1 - share) * read(first) + share * read(Math.min(first + 1, length - 1));
  };
  return resampled(x, 2 * height, 2 * width, (at) => (row, column) => {
    return between(row, height, (r) => between(column, width, (c) => at(r, c)));
  });
}

/** Each pixel the mean under a triangle as wide as the reduction. */
function square(x: TensorValue, side: number): TensorValue {
  const [, , height, width] = x.shape as Size;
  const mean = (target: number, length: number, read: (index: number) => number) => {
    const ratio = length / side;
    const centre = (target + 0.5) * ratio - 0.5;
    let [sum, whole] = [0, 0];
    for (let index = 0; index < length; index++) {
      const weight = Math.max(0, 1 - Math.abs(index - centre) / Math.max(ratio, 1));
      sum += weight * read(index);
      whole += weight;
    }
    return sum / whole;
  };
  return resampled(x, side, side, (at) => (row, column) => {
    return mean(row, height, (r) => mean(column, width, (c) => at(r, c)));
  });
}

/** The mean of each plane. */
function pooled(x: TensorValue): TensorValue {
  const [batch, channels, height, width] = x.shape as Size;
  const all = values(x);
  const size = height * width;
  const means = Array.from({ length: batch * channels }, (_, plane) => {
    const own = all.slice(plane * size, (plane + 1) * size);
    return own.reduce((sum, value) => sum + value, 0) / size;
  });
  return tensor([batch, channels, 1, 1], means);
}

function flat(x: TensorValue): TensorValue {
  const [batch, ...rest] = x.shape as Size;
  return tensor([batch, rest.reduce((a, b) => a * b), 1, 1], values(x));
}
