// How a picture is brought to the size it is judged at. Numbers of different protocols cannot be
// compared: shrinking hides errors, cropping leaves out the borders, squashing changes shapes.

import { UserError } from "@let-there-be-color/core/user-error";
import sharp, { type Sharp } from "sharp";

/**
 * - `short`: short side reduced to `size` if it is longer, whole picture, never enlarged;
 * - `squash`: resized to `size` x `size`, proportions not kept;
 * - `crop`: the largest centred square, resized to `size` x `size`.
 */
export interface Protocol {
  readonly name: string;
  readonly fit: "short" | "squash" | "crop";
  /** Pixels. */
  readonly size: number;
}

/** Named after the test sets they are used with in the literature. */
const PRESETS: Readonly<Record<string, Omit<Protocol, "name">>> = {
  ctest256: { fit: "squash", size: 256 },
  "val5k-crop256": { fit: "crop", size: 256 },
};

/** The protocol unless asked otherwise. */
export const DEFAULT_PROTOCOL = "short256";

const SMALLEST = 16;
const LARGEST = 2048;

/**
 * @param name a preset (`ctest256`, `val5k-crop256`) or `short<N>`, `squash<N>`, `crop<N>` with N
 * from 16 to 2048 pixels
 * @throws UserError if it is neither
 */
export function parseProtocol(name: string): Protocol {
  const preset = PRESETS[name];
  if (preset) return { name, ...preset };
  const match = /^(short|squash|crop)(\d+)$/.exec(name);
  const size = Number(match?.[2]);
  if (!match || size < SMALLEST || size > LARGEST) {
    throw new UserError(
      "option-invalid",
      `Expected a \`protocol\` ${Object.keys(PRESETS).join(", ")}, shortN, squashN or cropN (N from ${SMALLEST} to ${LARGEST} pixels) but received ${name}.`,
    );
  }
  return { name, fit: match[1] as Protocol["fit"], size };
}

/** The protocol in words. */
export function describeProtocol({ fit, size }: Protocol): string {
  switch (fit) {
    case "short":
      return `whole picture, short side at most ${size} px, never enlarged`;
    case "squash":
      return `resized to ${size} x ${size} px, proportions not kept`;
    case "crop":
      return `centred square, resized to ${size} x ${size} px`;
  }
}

/** An 8-bit sRGB picture. */
export interface JudgedPicture {
  readonly width: number;
  readonly height: number;
  /** `[height, width, 3]`. */
  readonly rgb: Uint8Array;
  /** Size of the file's picture, upright. */
  readonly original: { readonly width: number; readonly height: number };
}

/** More pixels are refused: the file may be small and its picture fill the memory. */
const MOST_PIXELS = 200e6;

/**
 * Decodes a picture and brings it to the protocol's size (Lanczos-3, antialiased), or leaves its
 * size alone without a protocol. EXIF orientation and colour profiles are honoured, transparency is
 * laid on white.
 *
 * @throws Error if the file is broken or no picture; the message says so
 */
export async function decodeForProtocol(
  bytes: Uint8Array,
  protocol: Protocol | undefined,
): Promise<JudgedPicture> {
  const image = sharp(bytes, { failOn: "error", limitInputPixels: MOST_PIXELS });
  const { width, height, orientation = 1 } = await image.metadata();
  const original = orientation >= 5 ? { width: height, height: width } : { width, height };
  if (orientation > 1) image.autoOrient();
  if (protocol) fit(image, protocol, original);
  const { data, info } = await image
    .flatten({ background: "white" })
    .toColourspace("srgb")
    .raw()
    .toBuffer({ resolveWithObject: true });
  // A copy of its own: sharp's buffers can be parts of larger ones, which cannot be transferred.
  return { rgb: new Uint8Array(data), width: info.width, height: info.height, original };
}

function fit(image: Sharp, protocol: Protocol, original: { width: number; height: number }): void {
  const { size } = protocol;
  if (protocol.fit === "squash") image.resize(size, size, { fit: "fill" });
  if (protocol.fit === "crop") image.resize(size, size, { fit: "cover", position: "centre" });
  if (protocol.fit === "short" && Math.min(original.width, original.height) > size) {
    image.resize(size, size, { fit: "outside" });
  }
}
