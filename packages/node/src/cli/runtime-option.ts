import { availableParallelism } from "node:os";
import { Option } from "commander";
import { MOST_THREADS } from "../runtime/most-threads.js";
import { numberOption } from "./number-option.js";

/** `--device`, for commands that run a model. */
export function deviceOption(): Option {
  return new Option("--device <name>", "where the network runs")
    .choices(["cpu", "webgpu", "cuda"])
    .default("cpu");
}

/**
 * `--threads`, for commands that run a model.
 *
 * @param usual the default in words
 */
export function threadsOption(usual = `all cores, here ${availableParallelism()}`): Option {
  return new Option(
    "--threads <n>",
    `CPU threads of the network, 1 to ${MOST_THREADS} here (default: ${usual})`,
  ).argParser(numberOption(1, MOST_THREADS, true));
}
