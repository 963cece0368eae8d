// How a network is laid out for ONNX Runtime's CPU kernels: the same function of the same weights
// with fewer multiplications. Those kernels reach the arithmetic limit of a core, so only fewer
// operations make it faster.

import type { Value } from "../../graph/graph.js";
import { convolution } from "../../graph/operators/index.js";
import { lengths } from "../run-time-lengths.js";
import { channelsFirst } from "./channels-last.js";
import { beforeEnlargement, enlargedConvolution, enlargedFilters } from "./enlarged-convolution.js";
import { groupedConvolution } from "./grouped-convolution.js";
import { Resolution } from "./resolution.js";
import { transformedFilters, winogradConvolution } from "./winograd.js";

export interface ArrangedConvolution {
  /** `[O, C, k, k]` */
  readonly weight: Value;
  /** `[O]` */
  readonly bias: Value;
  readonly stride: number;
  /** What follows element by element; the identity if there is nothing. */
  readonly activation: (x: Value) => Value;
}

/** Channels that ONNX Runtime's blocked kernels take at once, at most. */
const BLOCK = 16;
/** Below so many channels the transforms of Winograd's algorithm cost more than it saves. */
const WIDE = 128;

/** Of one graph. */
export class CpuArrangement {
  /** By the names of height and width. */
  readonly #resolutions = new Map<string, Resolution>();
  readonly #made = new Map<Value, unknown>();

  /** Tells the size of a picture that a network is built onto: `[N, C, H, W]`. */
  startFrom(picture: Value): void {
    this.#resolutions.set(sidesOf(picture), new Resolution(lengths(picture, 2, 4)));
  }

  /** `x [N, C, H, W] -> [N, O, H / stride, W / stride]`, padded so that stride 1 keeps the size. */
  convolution(x: Value, layer: ArrangedConvolution): Value {
    const { weight, bias, stride, activation } = layer;
    const [outputs, inputs, kernel] = weight.shape as [number, number, number];
    const resolution = this.#resolution(x);
    const blocked = inputs % BLOCK === 0 && outputs % BLOCK === 0;
    if (blocked && kernel === 3 && stride === 1) {
      const small = beforeEnlargement(x);
      if (small) {
        const filters = this.once(weight, enlargedFilters);
        return finish(enlargedConvolution(small, filters, this.#resolution(small)), layer);
      }
      if (Math.min(inputs, outputs) >= WIDE) {
        const filters = this.once(weight, transformedFilters);
        return finish(winogradConvolution(x, filters, resolution), layer);
      }
    }
    const sums = convolution(x, weight, { bias, stride, padding: (kernel - 1) / 2 });
    this.#resolutions.set(sidesOf(sums), stride === 2 ? resolution.halved() : resolution);
    return activation(sums);
  }

  /** What `make` gives for `value` at the first call: layers used twice share their weights. */
  once<Made>(value: Value, make: (value: Value) => Made): Made {
    const known = (this.#made.get(value) as Made | undefined) ?? make(value);
    this.#made.set(value, known);
    return known;
  }

  #resolution(x: Value): Resolution {
    const known = this.#resolutions.get(sidesOf(x));
    if (known) return known;
    const made = this.#newResolution(x);
    this.#resolutions.set(sidesOf(x), made);
    return made;
  }

  #newResolution(x: Value): Resolution {
    const [height, width] = x.shape.slice(2);
    if (typeof height === "number" && typeof width === "number") {
      return new Resolution(x.graph.integers([height, width]));
    }
    const small = beforeEnlargement(x);
    if (small) return this.#resolution(small).doubled();
    throw new TypeError(`Nothing is known of a map with the sides ${sidesOf(x)}`);
  }
}

function sidesOf(x: Value): string {
  return x.shape.slice(2).join(" x ");
}

/**
 * Bias and activation of sums with their channels last, `[N, H, W, O] -> [N, O, H, W]`. As a
 * depthwise convolution, which brings them into the blocked layout once for whoever reads them.
 */
function finish(sums: Value, { bias, activation }: ArrangedConvolution): Value {
  const channels = bias.shape[0] as number;
  const ones = sums.graph.constant(
    "float32",
    [channels, 1, 1, 1],
    new Float32Array(channels).fill(1),
  );
  return activation(groupedConvolution(channelsFirst(sums), ones, channels, { bias }));
}
