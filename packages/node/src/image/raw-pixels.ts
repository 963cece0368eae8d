import { lightnessOfSrgbGray } from "@let-there-be-color/core/color";
import { sampleRgb } from "@let-there-be-color/core/old-photographs";
import { UserError } from "@let-there-be-color/core/user-error";
import type { DecodedPhoto } from "./decode.js";
import { DEFAULT_MAX_PIXELS } from "./pixel-limit.js";
import { channelOf, grayCodes } from "./planes.js";
import type { SharedMemory } from "./shared-memory.js";

/** A picture in memory, without a file format around it. */
export interface RawPixels {
  /**
   * Interleaved sRGB samples, `[height, width, channels]`: 0..255, or 0..65535 in a `Uint16Array`.
   * They are read while `colorize()` is under way and never written.
   */
  readonly data: Uint8Array | Uint8ClampedArray | Uint16Array;
  /** Pixels, 1 or more. */
  readonly width: number;
  /** Pixels, 1 or more. */
  readonly height: number;
  /** 1 grey, 2 grey + alpha, 3 RGB, 4 RGB + alpha; alpha is not premultiplied. */
  readonly channels: 1 | 2 | 3 | 4;
}

/** @throws UserError if sizes and data do not go together */
export function assertRawPixels({ data, width, height, channels }: RawPixels): void {
  const isSize = (size: number) => Number.isInteger(size) && size >= 1;
  if (!isSize(width) || !isSize(height) || width * height > DEFAULT_MAX_PIXELS) {
    throw new UserError(
      "input-broken",
      `Expected \`width\` and \`height\` of 1 or more, and at most 268 million pixels, but received ${width} x ${height}.`,
    );
  }
  if (![1, 2, 3, 4].includes(channels)) {
    throw new UserError(
      "input-broken",
      `Expected 1, 2, 3 or 4 \`channels\` but received ${channels}.`,
    );
  }
  const isSamples =
    data instanceof Uint8Array || data instanceof Uint8ClampedArray || data instanceof Uint16Array;
  const expected = width * height * channels;
  if (!isSamples || data.length !== expected) {
    const received = isSamples ? `${data.length}` : `${data}`.slice(0, 40);
    throw new UserError(
      "input-broken",
      `Expected \`data\` of ${width} x ${height} x ${channels} = ${expected} samples in a Uint8Array or Uint16Array but received ${received}.`,
    );
  }
}

/** The picture as if it had been decoded from a PNG. */
export function decodedPixels(
  { data, width, height, channels }: RawPixels,
  memory: SharedMemory,
): DecodedPhoto {
  const bitDepth = data instanceof Uint16Array ? 16 : 8;
  const pixels =
    data instanceof Uint8ClampedArray
      ? new Uint8Array(data.buffer, data.byteOffset, data.length)
      : data;
  return {
    gray: {
      width,
      height,
      codes: grayCodes(pixels, channels, memory),
      lightness: lightnessOfSrgbGray(channels < 3 ? bitDepth : 16),
    },
    bitDepth,
    ...(channels % 2 === 0 ? { alpha: channelOf(pixels, channels, channels - 1, memory) } : {}),
    ...(channels >= 3 ? { sample: sampleRgb(pixels, channels, width, height) } : {}),
    format: "png",
    metadata: {},
    isLossless: false,
    pageCount: 1,
    notices: [],
  };
}
