import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Finding } from "./finding.js";
import type { DeviceTrial, SelfTest, Trial } from "./trials.js";

const program = fileURLToPath(new URL("./trial-process.js", import.meta.url));
/** Longer than the slowest model takes on a slow machine. */
const LONGEST_MILLISECONDS = 120_000;

/** Does a trial in a process of its own. Never fails, whatever ends that process. */
export function inProcess(trial: Trial & { type: "device" }): Promise<Finding<DeviceTrial>>;
export function inProcess(trial: Trial & { type: "self-test" }): Promise<Finding<SelfTest>>;
export function inProcess(trial: Trial): Promise<Finding<DeviceTrial | SelfTest>> {
  return new Promise((resolve) => {
    const child = fork(program, { stdio: ["ignore", "ignore", "ignore", "ipc"], execArgv: [] });
    const timer = setTimeout(() => {
      resolve({ error: `no answer within ${LONGEST_MILLISECONDS / 1000} s` });
      child.kill("SIGKILL");
    }, LONGEST_MILLISECONDS);
    child.once("message", (found) => resolve(found as Finding<DeviceTrial | SelfTest>));
    child.once("error", (error) => resolve({ error: error.message }));
    child.once("exit", (code, signal) => {
      clearTimeout(timer);
      resolve({ error: `it ended its process (${signal ?? `code ${code}`})` });
    });
    child.send(trial, () => undefined); // that it has ended already is told by "exit"
  });
}
