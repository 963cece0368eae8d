import type { Value } from "../../../graph/graph.js";
import type { ArrangedConvolution, Arrangement } from "../arrangement.js";
import { convolveDirectly } from "../plain.js";
import { isQuantized, Uses } from "./quantized-layers.js";

/** Collects the maps in front of and behind the convolutions that will be quantised. */
export class ObservedArrangement implements Arrangement {
  /** By name of the use, with "input" or "output" behind it. */
  readonly maps = new Map<string, Value>();
  readonly #uses = new Uses();

  startFrom(): void {}

  convolution(x: Value, layer: ArrangedConvolution): Value {
    const output = layer.finish(convolveDirectly(x, layer));
    if (isQuantized(layer)) {
      const use = this.#uses.next(layer.name);
      this.maps.set(`${use} input`, x);
      this.maps.set(`${use} output`, output);
    }
    return output;
  }
}
