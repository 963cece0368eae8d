// What people pass as a picture, and what of it goes to the thread that colourises it.

import type { Readable } from "node:stream";
import type { ReadableStream } from "node:stream/web";
import { UserError } from "@let-there-be-color/core/user-error";
import { assertRawPixels, type RawPixels } from "../image/raw-pixels.js";
import { isByteStream, readChunks } from "./byte-stream.js";
import { sharedCopy } from "./copied-bytes.js";
import { pathOfFile } from "./file-path.js";

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

/** A picture as another thread takes it: bytes and pixels lie in shared memory. */
export type ThreadInput = string | Uint8Array | RawPixels;

/**
 * Makes a picture ready for another thread: bytes and pixels are copied, but for those in shared memory,
 * and streams are read to their end.
 *
 * @throws UserError if it is nothing of the kind, or its stream fails
 * @throws the reason of `signal` if it is aborted
 */
export async function threadInput(input: PictureInput, signal?: AbortSignal): Promise<ThreadInput> {
  if (typeof input === "string" || input instanceof URL) return pathOfFile(input);
  if (input instanceof Uint8Array) return sharedCopy([input]);
  if (input instanceof ArrayBuffer) return sharedCopy([new Uint8Array(input)]);
  if (input instanceof Blob)
    return sharedCopy(await readChunks(input.stream() as ReadableStream<Uint8Array>, signal));
  if (typeof input !== "object" || input === null) throw unknownInput(input);
  if ("data" in input) return pixelsOf(input);
  if (isByteStream(input)) return sharedCopy(await readChunks(input, signal));
  throw unknownInput(input);
}

async function pixelsOf(pixels: RawPixels): Promise<RawPixels> {
  assertRawPixels(pixels);
  const { data, width, height, channels } = pixels;
  if (data.buffer instanceof SharedArrayBuffer) return { data, width, height, channels };
  const { buffer } = await sharedCopy([
    new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
  ]);
  const shared = data instanceof Uint16Array ? new Uint16Array(buffer) : new Uint8Array(buffer);
  return { data: shared, width, height, channels };
}

function unknownInput(input: unknown): UserError {
  const isObject = typeof input === "object" && input !== null;
  return new UserError(
    "input-broken",
    `Expected a picture (path, file URL, bytes, Blob, stream or {data, width, height, channels}) but received ${isObject ? "an object of another kind" : input}; of a Response pass the body.`,
  );
}
