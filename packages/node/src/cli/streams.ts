import { Output, type OutputStream } from "../printing/output.js";

/** What a process has, or a test in its place. */
export interface ProcessStreams {
  readonly stdin: AsyncIterable<Uint8Array | string>;
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
}

/** Where a command reads and writes. */
export interface Streams {
  readonly stdin: AsyncIterable<Uint8Array | string>;
  readonly stdout: Output;
  readonly stderr: Output;
}

export function streamsOf({ stdin, stdout, stderr }: ProcessStreams): Streams {
  return { stdin, stdout: new Output(stdout), stderr: new Output(stderr) };
}
