// What people pass as a picture, and what of it goes to the thread that colourises it.

import type { Readable } from "node:stream";
import type { ReadableStream } from "node:stream/web";
import { UserError } from "@let-there-be-color/core/user-error";
import { assertRawPixels, type RawPixels } from "../image/raw-pixels.js";
import { isByteStream, readChunks } from "./byte-stream.js";
import { pathOfFile } from "./file-path.js";
import { ownBytes } from "./own-bytes.js";

/**
 * A picture to colourise: the path of a file or its `file:` URL; the bytes of a file, whole, in a Blob
 * or File, or in pieces from a stream of Node or the web (`response.body`) or any iterable; or pixels.
 */
export type PictureInput =
  | string
  | URL
  | Uint8Array
  | ArrayBuffer
  | Blob
  | Readable
  | ReadableStream<Uint8Array>
  | AsyncIterable<Uint8Array>
  | RawPixels;

/** A picture for another thread. */
export interface ThreadInput {
  readonly picture: string | Uint8Array | RawPixels;
  /** Buffers in it that are to be moved. */
  readonly moved: readonly ArrayBuffer[];
}

/**
 * Makes a picture ready for another thread: bytes and pixels are copied, but for those in shared memory,
 * and streams are read to their end.
 *
 * @throws UserError if it is nothing of the kind, or its stream fails
 * @throws the reason of `signal` if it is aborted
 */
export async function threadInput(input: PictureInput, signal?: AbortSignal): Promise<ThreadInput> {
  if (typeof input === "string" || input instanceof URL) {
    return { picture: pathOfFile(input), moved: [] };
  }
  if (input instanceof Uint8Array) return fileOf([input]);
  if (input instanceof ArrayBuffer) return fileOf([new Uint8Array(input)]);
  if (input instanceof Blob)
    return fileOf(await readChunks(input.stream() as ReadableStream<Uint8Array>, signal));
  if (typeof input !== "object" || input === null) throw unknownInput(input);
  if ("data" in input) return pixelsOf(input);
  if (isByteStream(input)) return fileOf(await readChunks(input, signal));
  throw unknownInput(input);
}

async function fileOf(chunks: readonly Uint8Array[]): Promise<ThreadInput> {
  const bytes = await ownBytes(chunks);
  return { picture: bytes, moved: [bytes.buffer] };
}

async function pixelsOf(pixels: RawPixels): Promise<ThreadInput> {
  assertRawPixels(pixels);
  const { data, width, height, channels } = pixels;
  if (data.buffer instanceof SharedArrayBuffer) {
    return { picture: { data, width, height, channels }, moved: [] };
  }
  const bytes = await ownBytes([new Uint8Array(data.buffer, data.byteOffset, data.byteLength)]);
  const own = data instanceof Uint16Array ? new Uint16Array(bytes.buffer) : bytes;
  return { picture: { data: own, width, height, channels }, moved: [bytes.buffer] };
}

function unknownInput(input: unknown): UserError {
  const received = input === null ? "null" : typeof input;
  return new UserError(
    "input-broken",
    `Expected a picture (path, file URL, bytes, Blob, stream or {data, width, height, channels}) but received ${received === "object" ? "an object of another kind" : received}.`,
  );
}
