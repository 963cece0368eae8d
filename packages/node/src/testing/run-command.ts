// A command line in this process, with streams that a test reads.

import { PassThrough, Readable } from "node:stream";
import { main } from "../cli/main.js";

/** Runs a command line as the process would and collects what it prints. */
export async function runCommand(
  args: readonly string[],
  { stdin = new Uint8Array(), isTTY = false }: { stdin?: Uint8Array; isTTY?: boolean } = {},
): Promise<{ code: number; stdout: Buffer; stderr: string }> {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const collect = async (stream: PassThrough) => Buffer.concat(await stream.toArray());
  const [printed, complained] = [collect(stdout), collect(stderr)];
  const streams = {
    stdin: Readable.from([stdin]),
    stdout: Object.assign(stdout, { isTTY }),
    stderr,
  };
  const code = await main(args, streams);
  process.exitCode = 0;
  stdout.end();
  stderr.end();
  return { code, stdout: await printed, stderr: String(await complained) };
}
