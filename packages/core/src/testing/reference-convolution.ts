// Convolutions written down from their definitions, in double precision, to compare engines with.

import type {
  ConvolutionOptions,
  TransposedConvolutionOptions,
} from "../graph/operators/convolution.js";
import type { TensorValue } from "../graph/session.js";

interface Sides {
  readonly top: number;
  readonly left: number;
  readonly bottom: number;
  readonly right: number;
}

function sides(padding: TransposedConvolutionOptions["padding"] = 0): Sides {
  const [top, left, bottom, right] =
    typeof padding === "number" ? [padding, padding, padding, padding] : padding;
  return { top, left, bottom, right };
}

/** The definition of a convolution: every output gathers its window. Double precision. */
export function slidingWindow(
  x: TensorValue,
  w: TensorValue,
  bias: TensorValue,
  { stride = 1, padding, dilation = 1, groups = 1 }: ConvolutionOptions,
) {
  const [batch, channels, height, width] = x.shape as [number, number, number, number];
  const [filters, depth, kh, kw] = w.shape as [number, number, number, number];
  const { top, left, bottom, right } = sides(padding);
  const along = (length: number, kernel: number) =>
    Math.floor((length - dilation * (kernel - 1) - 1) / stride) + 1;
  const outHeight = along(height + top + bottom, kh);
  const outWidth = along(width + left + right, kw);
  const values: number[] = [];
  for (let n = 0; n < batch; n++) {
    for (let o = 0; o < filters; o++) {
      for (let row = 0; row < outHeight; row++) {
        for (let column = 0; column < outWidth; column++) {
          const first = Math.floor(o / (filters / groups)) * depth;
          let sum = bias.data[o] as number;
          for (let i = 0; i < depth; i++) {
            for (let u = 0; u < kh; u++) {
              for (let v = 0; v < kw; v++) {
                const r = row * stride + u * dilation - top;
                const c = column * stride + v * dilation - left;
                if (r < 0 || c < 0 || r >= height || c >= width) continue;
                const pixel = x.data[
                  ((n * channels + first + i) * height + r) * width + c
                ] as number;
                sum += pixel * (w.data[((o * depth + i) * kh + u) * kw + v] as number);
              }
            }
          }
          values.push(sum);
        }
      }
    }
  }
  return { shape: [batch, filters, outHeight, outWidth], values };
}

/** The definition of a transposed convolution: every input spreads over its window. */
export function spreading(
  x: TensorValue,
  w: TensorValue,
  bias: TensorValue,
  options: TransposedConvolutionOptions,
) {
  const { stride = 1, padding, dilation = 1, outputPadding = [0, 0], groups = 1 } = options;
  const [batch, depth, height, width] = x.shape as [number, number, number, number];
  const [, filtersOfGroup, kh, kw] = w.shape as [number, number, number, number];
  const filters = filtersOfGroup * groups;
  const { top, left, bottom, right } = sides(padding);
  const outHeight =
    (height - 1) * stride + dilation * (kh - 1) + 1 - top - bottom + outputPadding[0];
  const outWidth = (width - 1) * stride + dilation * (kw - 1) + 1 - left - right + outputPadding[1];
  const values = Array.from(
    { length: batch * filters * outHeight * outWidth },
    (_, index) => bias.data[Math.floor(index / (outHeight * outWidth)) % filters] as number,
  );
  for (let n = 0; n < batch; n++) {
    for (let i = 0; i < depth; i++) {
      const first = Math.floor(i / (depth / groups)) * filtersOfGroup;
      for (let row = 0; row < height; row++) {
        for (let column = 0; column < width; column++) {
          const pixel = x.data[((n * depth + i) * height + row) * width + column] as number;
          for (let o = 0; o < filtersOfGroup; o++) {
            for (let u = 0; u < kh; u++) {
              for (let v = 0; v < kw; v++) {
                const r = row * stride + u * dilation - top;
                const c = column * stride + v * dilation - left;
                if (r < 0 || c < 0 || r >= outHeight || c >= outWidth) continue;
                values[((n * filters + first + o) * outHeight + r) * outWidth + c]! +=
                  pixel * (w.data[((i * filtersOfGroup + o) * kh + u) * kw + v] as number);
              }
            }
          }
        }
      }
    }
  }
  return { shape: [batch, filters, outHeight, outWidth], values };
}
