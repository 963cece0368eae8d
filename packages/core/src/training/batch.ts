/** One batch of training or validation pictures, ready to feed. */
export interface Batch {
  /** Pictures that count; the arrays hold `size` pictures, those from `count` on are filler. */
  readonly count: number;
  /** Pictures in the arrays: the batch size N that the graph was built for. */
  readonly size: number;
  /** L* of CIELAB (D65), 0..100: [N, 1, H, W]. */
  readonly lightness: Float32Array;
  /** a* and b* of CIELAB (D65), about -128..127: [N, 2, H, W]. */
  readonly ab: Float32Array;
  /** Class index of every picture, -1 where it has no label (always so in filler): [N]. */
  readonly labels: BigInt64Array;
}
