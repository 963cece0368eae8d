import type { Value } from "../../../graph/graph.js";
import { concat } from "../../../graph/operators/index.js";
import { integers } from "../../run-time-lengths.js";

/**
 * Sides of a map that are known only at run time: height and width, int64 `[2]`. They are computed
 * from those of the picture, because asking a map for its shape would make ONNX Runtime bring it
 * out of its blocked layout.
 */
export class Resolution {
  readonly sides: Value;
  #tiled: Value | undefined;
  #enlarged: Value | undefined;

  constructor(sides: Value) {
    this.sides = sides;
  }

  /** Sides rounded up to multiples of 4. */
  get tiled(): Value {
    this.#tiled ??= this.#times(this.#divided(this.#plus(this.sides, 3), 4), 4);
    return this.#tiled;
  }

  /** Twice the sides, and one pixel more on every side. */
  get bordered(): Value {
    this.#enlarged ??= this.#times(this.#plus(this.sides, 1), 2);
    return this.#enlarged;
  }

  /** After a convolution with stride 2. */
  halved(): Resolution {
    return new Resolution(this.#divided(this.#plus(this.sides, 1), 2));
  }

  /** After an enlargement. */
  doubled(): Resolution {
    return new Resolution(this.#times(this.sides, 2));
  }

  #plus(sides: Value, added: number): Value {
    return integers("Add", sides, sides.graph.integers([added]));
  }

  #times(sides: Value, factor: number): Value {
    return integers("Mul", sides, sides.graph.integers([factor]));
  }

  #divided(sides: Value, divisor: number): Value {
    return integers("Div", sides, sides.graph.integers([divisor]));
  }
}

/** For Reshape: `[N, height, width, channels]`, N left as it is. */
export function channelsLastShape(sides: Value, channels: number): Value {
  return concat([sides.graph.integers([0]), sides, sides.graph.integers([channels])], 0);
}
