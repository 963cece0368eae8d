// A, B, A, B, ...: what disturbs the machine disturbs all contenders alike.

import { spawn } from "node:child_process";
import { once } from "node:events";
import process from "node:process";
import { setTimeout as pause } from "node:timers/promises";
import { MissingContender } from "./contenders.mjs";
import { spread } from "./statistics.mjs";

/** Thread pools spin for a while after their work; the next contender waits until they sleep. */
const SETTLE_MILLISECONDS = 150;

/**
 * How much to measure. `seconds`: to spend on the rounds; `rounds`: the least and the most of them;
 * `shortestRun`: shorter work is repeated within a run, so that a run is long enough to be measured.
 */
export const efforts = {
  full: { seconds: 25, rounds: [3, 15], shortestRun: 0.5 },
  quick: { seconds: 5, rounds: [2, 3], shortestRun: 0.1 },
};

/**
 * Runs contenders in turn: twice to warm up, then in rounds until the time is spent.
 *
 * @param contenders prepared, with `run(times)`
 * @param options `effort` from {@link efforts}, `lock` a file to hold (flock) during each round, `missing` a set of lines that grows by what
 *   fails in the warm-up
 * @returns for each contender its seconds (median, min, max) what its first
 *   run and its measured runs said of their results
 */
export async function interleave(contenders, { effort, lock, missing }) {
  const entries = contenders.map((contender) => ({
    contender,
    samples: [],
    results: [],
    times: 1,
  }));
  let roundSeconds = 0;
  for (const entry of [...entries]) {
    const warmUp = async () => {
      // The first runs allocate and compile, and touch memory that nobody has touched before.
      const first = await entry.contender.run(1);
      entry.first = first.result;
      const second = await entry.contender.run(1);
      entry.times = Math.max(1, Math.ceil(effort.shortestRun / second.seconds));
      roundSeconds += second.seconds * (entry.times > 1 ? entry.times + 1 : 1);
      await pause(SETTLE_MILLISECONDS);
    };
    try {
      await exclusively(lock, warmUp);
    } catch (error) {
      if (!(error instanceof MissingContender)) throw error;
      missing.add(error.message);
      entries.splice(entries.indexOf(entry), 1);
    }
  }
  const rounds = clamp(Math.floor(effort.seconds / roundSeconds), ...effort.rounds);
  for (let round = 0; round < rounds; round++) {
    progress(`round ${round + 1} of ${rounds}`);
    await exclusively(lock, async () => {
      for (const { contender, samples, results, times } of entries) {
        const { seconds: one, result } = await contender.run(times);
        samples.push(one);
        results.push(result);
        await pause(SETTLE_MILLISECONDS);
      }
    });
  }
  return entries.map(({ contender, samples, results, first }) => ({
    contender,
    first,
    results,
    seconds: spread(samples),
    peakMemoryMiB: contender.peakMemory(),
  }));
}

const clamp = (value, least, most) => Math.min(most, Math.max(least, value));

/** Runs the task while this process holds the lock file, if there is one. */
export async function exclusively(lock, task) {
  if (!lock) return task();
  const holder = spawn("flock", [lock, "sh", "-c", "echo held; cat"], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  await once(holder.stdout, "data");
  try {
    return await task();
  } finally {
    holder.stdin.end();
    await once(holder, "exit");
  }
}

/** One line about what is going on, to standard error. */
export function progress(text) {
  process.stderr.write(`${text}\n`);
}
