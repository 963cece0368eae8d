// `ltbc` as the published package starts it, without the compiler of a source checkout. Tells its
// parent how much memory it took.

import { readFileSync } from "node:fs";
import process from "node:process";
import { main } from "../../packages/node/dist/cli/main.js";

process.exitCode = await main(process.argv.slice(2));
try {
  const status = readFileSync("/proc/self/status", "utf8");
  process.send?.({ peakMemoryMiB: Math.round(Number(/VmHWM:\s*(\d+)/.exec(status)[1]) / 1024) });
} catch {
  // Not Linux: nobody knows.
}
process.disconnect?.();
