// Picture files that come in pieces: Node's streams and those of the web, Blobs, any iterable.

import { addAbortSignal, Readable } from "node:stream";
import { ReadableStream } from "node:stream/web";
import { UserError } from "@let-there-be-color/core/user-error";

/** A file in pieces. */
export type ByteStream =
  | Readable
  | ReadableStream<Uint8Array>
  | AsyncIterable<Uint8Array>
  | Iterable<Uint8Array>;

/** Whether something gives its content in pieces. */
export function isByteStream(input: object): input is ByteStream {
  return (
    input instanceof ReadableStream || Symbol.asyncIterator in input || Symbol.iterator in input
  );
}

/**
 * Reads a stream to its end.
 *
 * @throws UserError if the stream fails or gives anything but bytes
 * @throws the reason of `signal` if it is aborted; the stream is then destroyed
 */
export async function readChunks(
  stream: ByteStream,
  signal: AbortSignal | undefined,
): Promise<Uint8Array[]> {
  const chunks: Uint8Array[] = [];
  try {
    const readable = readableOf(stream);
    if (signal) addAbortSignal(signal, readable);
    for await (const chunk of readable) chunks.push(bytesOf(chunk));
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof UserError) throw error;
    throw new UserError(
      "input-missing",
      `The stream of the picture has failed (${(error as Error).message}); check where it comes from, and that nobody else has read it.`,
      { cause: error },
    );
  }
  return chunks;
}

function readableOf(stream: ByteStream): Readable {
  if (stream instanceof Readable) return stream;
  if (stream instanceof ReadableStream) return Readable.fromWeb(stream);
  return Readable.from(stream);
}

function bytesOf(chunk: unknown): Uint8Array {
  if (chunk instanceof Uint8Array) return chunk;
  if (chunk instanceof ArrayBuffer) return new Uint8Array(chunk);
  throw new UserError(
    "input-broken",
    `Expected a stream of bytes but received a ${typeof chunk} from it; leave its text encoding and object mode out.`,
  );
}
