import type { Value } from "../../graph/graph.js";

/** A convolution to be laid out. */
export interface ArrangedConvolution {
  /** Of the layer, as in the names of its parameters. */
  readonly name: string;
  /** `[O, C, k, k]` */
  readonly weight: Value;
  /** `[O]` */
  readonly bias: Value | undefined;
  readonly stride: number;
  /** Zeros around the input: top, left, bottom, right. */
  readonly padding: readonly [number, number, number, number];
  /** Groups of channels that do not mix; then `weight` is `[O, C / groups, k, k]`. */
  readonly groups: number;
  /** Whether the input is enlarged twofold (nearest neighbour) first. */
  readonly enlarge: boolean;
  /** What follows the sums, element by element. */
  readonly finish: (sums: Value) => Value;
}

/** Another way to compute a network's convolutions than the operators of the paper; of one graph. */
export interface Arrangement {
  /** Tells the picture that a network (or a part of it) is built onto: `[N, 1, H, W]`. */
  startFrom(picture: Value): void;
  /**
   * `x [N, C, H, W] -> [N, O, H / stride, W / stride]`, padded so that stride 1 keeps the size; twice
   * the size if the input is enlarged.
   */
  convolution(x: Value, layer: ArrangedConvolution): Value;
}
