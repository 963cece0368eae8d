// What is printed, and what becomes of it where nobody reads any more or the disk is full.

import { fsync, write } from "node:fs";
import { Socket } from "node:net";
import { promisify } from "node:util";
import { UserError } from "@let-there-be-color/core/user-error";
import { escapeControls } from "./escape-controls.js";

/** Standard output or standard error, or a test's own. */
export type OutputStream = NodeJS.WritableStream & {
  readonly isTTY?: boolean;
  readonly columns?: number;
};

const ignore = () => undefined;

/**
 * A stream of text for people and programs. Text that cannot be written is dropped, since what is told
 * about the work must not stop the work; {@link flushed} tells those who have to know.
 */
export class Output {
  readonly #stream: OutputStream;
  #failure: NodeJS.ErrnoException | undefined;
  #lastWrite: Promise<unknown> = Promise.resolve();

  constructor(stream: OutputStream) {
    this.#stream = stream;
    // Without a listener, a reader that has gone would end the process.
    stream.off("error", ignore).on("error", ignore);
  }

  get isTTY(): boolean {
    return this.#stream.isTTY === true;
  }

  /** Width of the terminal; undefined if it is none. */
  get columns(): number | undefined {
    return this.#stream.columns;
  }

  /** Writes text as it is: for what a command says in its own words, with no name in it. */
  write(text: string): void {
    this.#lastWrite = new Promise((done) => {
      const settle = (error?: Error | null) => {
        if (error) this.#failure ??= error;
        done(undefined);
      };
      try {
        this.#stream.write(text, settle);
      } catch (error) {
        settle(error as Error);
      }
    });
  }

  /** Writes one line; control characters in it are escaped. */
  line(text: string): void {
    this.write(`${escapeControls(text)}\n`);
  }

  /**
   * Waits until all text has gone out.
   *
   * @throws UserError if some was lost, unless to a reader that has ended, who wants no more
   */
  async flushed(): Promise<void> {
    await this.#lastWrite;
    if (this.#failure && this.#failure.code !== "EPIPE") throw unwritable(this.#failure);
  }

  /**
   * Writes a whole file, such as a picture.
   *
   * @throws UserError if not all of it could be written
   */
  async writeFile(bytes: Uint8Array): Promise<void> {
    try {
      const { fd } = this.#stream as { fd?: number };
      // For files, the stream of the process takes for granted that one write is enough.
      if (fd !== undefined && !(this.#stream instanceof Socket)) return await writeAll(fd, bytes);
      await new Promise<void>((done, failed) => {
        this.#stream.write(bytes, (error) => (error ? failed(error) : done()));
      });
    } catch (error) {
      throw unwritable(error as NodeJS.ErrnoException);
    }
  }
}

async function writeAll(file: number, bytes: Uint8Array): Promise<void> {
  let written = 0;
  while (written < bytes.length) {
    const { bytesWritten } = await promisify(write)(file, bytes, written);
    if (bytesWritten === 0) throw new Error("nothing more was taken");
    written += bytesWritten;
  }
  // Some file systems tell of a full disk only now; devices have nothing to flush.
  await promisify(fsync)(file).catch((error: NodeJS.ErrnoException) => {
    if (!["EINVAL", "ENOTSUP", "EROFS"].includes(error.code ?? "")) throw error;
  });
}

function unwritable(error: NodeJS.ErrnoException): UserError {
  const why = {
    EPIPE: "the program that reads it has ended",
    ENOSPC: "the disk is full",
    EFBIG: "the file would be larger than allowed",
  }[error.code ?? ""];
  return new UserError(
    "output-unwritable",
    `Standard output could not be written to its end (${why ?? error.code ?? error.message}): what it holds is incomplete.`,
    { cause: error },
  );
}
