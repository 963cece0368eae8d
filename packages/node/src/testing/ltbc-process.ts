// The command line as people run it, in a process of its own.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

/** The program, without the compilation of a checkout. */
export const ltbcProgram = fileURLToPath(new URL("./ltbc.js", import.meta.url));

/** Starts `ltbc` with these words. */
export function startLtbc(words: readonly string[]): ChildProcess {
  return spawn(process.execPath, [ltbcProgram, ...words], { stdio: ["ignore", "pipe", "pipe"] });
}

/** Runs `ltbc` to its end. */
export async function ltbcProcess(
  ...words: string[]
): Promise<{ status: number | null; stdout: string; stderr: string }> {
  const child = startLtbc(words);
  let stdout = "";
  let stderr = "";
  child.stdout?.on("data", (part) => (stdout += part));
  child.stderr?.on("data", (part) => (stderr += part));
  const [status] = await once(child, "close");
  return { status, stdout, stderr };
}
