// The side of the protocol of `contenders.mjs` that works.

import { Console } from "node:console";
import process from "node:process";
import { createInterface } from "node:readline";

/**
 * Answers until the input ends.
 *
 * @param prepare takes the specification, gives `{ facts, run }`; `run` does the work once and may
 *   give something to say about the result
 */
export async function serve(prepare) {
  // Standard output belongs to the answers.
  globalThis.console = new Console(process.stderr);
  let work;
  for await (const line of createInterface({ input: process.stdin })) {
    const question = JSON.parse(line);
    let answer;
    try {
      if (question.prepare) {
        work = await prepare(question.prepare);
        answer = { ready: work.facts };
      } else {
        answer = await timed(work.run, question.run);
      }
    } catch (error) {
      answer = { error: error.message };
    }
    process.stdout.write(`${JSON.stringify(answer)}\n`);
  }
}

async function timed(run, times) {
  // Whoever worked in between has taken the caches: short work starts with a lap that does not count.
  if (times > 1) await run();
  let result;
  const start = performance.now();
  for (let time = 0; time < times; time++) result = await run();
  return { seconds: (performance.now() - start) / 1000 / times, result };
}
