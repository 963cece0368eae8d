// Interleaved samples taken apart: grey codes and alpha, in shared memory.

import { grayOfRgb } from "@let-there-be-color/core/color";
import type { SharedMemory } from "./shared-memory.js";

/** A plane of samples with anything in it. */
export function newPlane(
  count: number,
  bitDepth: 8 | 16,
  memory: SharedMemory,
): Uint8Array | Uint16Array {
  const piece = memory.take((count * bitDepth) / 8);
  return bitDepth === 16 ? new Uint16Array(piece, 0, count) : new Uint8Array(piece, 0, count);
}

/** Grey codes of interleaved samples: their own, or of 16 bits from colours. */
export function grayCodes(
  pixels: Uint8Array | Uint16Array,
  channels: number,
  memory: SharedMemory,
): Uint8Array | Uint16Array {
  if (channels < 3) return channelOf(pixels, channels, 0, memory);
  const codes = newPlane(pixels.length / channels, 16, memory);
  grayOfRgb(pixels, channels, codes as Uint16Array);
  return codes;
}

/** A copy of one channel of interleaved samples. */
export function channelOf(
  pixels: Uint8Array | Uint16Array,
  channels: number,
  channel: number,
  memory: SharedMemory,
): Uint8Array | Uint16Array {
  const bitDepth = pixels instanceof Uint16Array ? 16 : 8;
  const plane = newPlane(pixels.length / channels, bitDepth, memory);
  copyChannel(pixels, channels, channel, plane);
  return plane;
}

/** Copies one channel of interleaved samples to a plane, or the part of one that they belong to. */
export function copyChannel(
  pixels: Uint8Array | Uint16Array,
  channels: number,
  channel: number,
  plane: Uint8Array | Uint16Array,
): void {
  if (channels === 1) plane.set(pixels);
  else for (let i = 0; i < plane.length; i++) plane[i] = pixels[i * channels + channel]!;
}
