// How a network is laid out for ONNX Runtime's CPU kernels: the same function of the same weights
// with fewer multiplications. Those kernels reach the arithmetic limit of a core, so only fewer
// operations make it faster.

import { staticShape, type Value } from "../../../graph/graph.js";
import { lengths } from "../../run-time-lengths.js";
import type { ArrangedConvolution, Arrangement } from "../arrangement.js";
import { convolveDirectly } from "../plain.js";
import { channelsFirst } from "./channels-last.js";
import { enlargedConvolutionByWindows, enlargedFilters } from "./enlarged-convolution.js";
import { groupedConvolution } from "./grouped-convolution.js";
import { Resolution } from "./resolution.js";
import { transformedFilters, winogradConvolutionOfAnySize } from "./winograd.js";

/** Channels that ONNX Runtime's blocked kernels take at once, at most. */
const BLOCK = 16;
/** Below so many channels the transforms of Winograd's algorithm cost more than it saves. */
const WIDE = 128;

/** Of one graph. */
export class CpuArrangement implements Arrangement {
  /** By the names of height and width. */
  readonly #resolutions = new Map<string, Resolution>();
  readonly #filters = new Map<Value, Value>();

  startFrom(picture: Value): void {
    this.#resolutions.set(sidesOf(picture), new Resolution(lengths(picture, 2, 4)));
  }

  convolution(x: Value, layer: ArrangedConvolution): Value {
    const { weight, stride, enlarge, groups, finish } = layer;
    const [outputs, inputs, kernel] = weight.shape as [number, number, number];
    const resolution = this.#resolution(x);
    // A layer of groups has few inputs each, and is bound by memory.
    const blocked = groups === 1 && inputs % BLOCK === 0 && outputs % BLOCK === 0;
    let result: Value;
    if (enlarge && blocked && kernel === 3) {
      const filters = this.#once(weight, enlargedFilters);
      result = finishBlocked(enlargedConvolutionByWindows(x, filters, resolution), layer);
    } else if (
      !enlarge &&
      blocked &&
      kernel === 3 &&
      stride === 1 &&
      Math.min(inputs, outputs) >= WIDE
    ) {
      const filters = this.#once(weight, transformedFilters);
      result = finishBlocked(winogradConvolutionOfAnySize(x, filters, resolution), layer);
    } else {
      result = finish(convolveDirectly(x, layer));
    }
    const key = sidesOf(result);
    if (!this.#resolutions.has(key)) {
      const scaled = enlarge ? resolution.doubled() : resolution;
      this.#resolutions.set(key, stride === 2 ? scaled.halved() : scaled);
    }
    return result;
  }

  /** Layers that are used twice share their filters. */
  #once(weight: Value, transform: (weight: Value) => Value): Value {
    const known = this.#filters.get(weight) ?? transform(weight);
    this.#filters.set(weight, known);
    return known;
  }

  #resolution(x: Value): Resolution {
    const known = this.#resolutions.get(sidesOf(x));
    if (known) return known;
    const sides = staticShape(x.shape.slice(2), "A map of no picture known here");
    return new Resolution(x.graph.integers(sides));
  }
}

/** Equal names mean equal lengths. */
function sidesOf(x: Value): string {
  return x.shape.slice(2).join(" x ");
}

/**
 * Bias and what follows of sums with their channels last, `[N, H, W, O] -> [N, O, H, W]`. As a
 * depthwise convolution, which brings them into the blocked layout once for all who read them.
 */
function finishBlocked(sums: Value, { bias, finish }: ArrangedConvolution): Value {
  const channels = sums.shape[3] as number;
  const ones = new Float32Array(channels).fill(1);
  const weight = sums.graph.constant("float32", [channels, 1, 1, 1], ones);
  return finish(groupedConvolution(channelsFirst(sums), weight, channels, bias ? { bias } : {}));
}
