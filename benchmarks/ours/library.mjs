// The library as a program uses it: how long its calls take, and how long they keep the event loop from
// everything else.

import { readFile } from "node:fs/promises";
import { monitorEventLoopDelay } from "node:perf_hooks";
import sharp from "sharp";
import { serve } from "../contender-process.mjs";

/** Timers come in whole milliseconds: this is what an idle event loop shows. */
const RESOLUTION_MILLISECONDS = 1;

await serve(async ({ library, task, inputs }) => {
  const { Colorizer } = await import(library);
  const own = task === "load" ? undefined : await Colorizer.load();
  const tasks = {
    load: async () => (await Colorizer.load()).close(),
    files: async () => {
      for (const input of inputs) await (await own.colorize(input)).toBuffer("jpeg");
    },
    bytes: async () => (await own.colorize(content)).toBuffer("jpeg"),
    pixels: async () => own.colorize(content),
  };
  const content = await contentOf(task, inputs[0]);
  return { facts: {}, run: () => watched(tasks[task]) };
});

async function contentOf(task, input) {
  if (task === "bytes") return readFile(input);
  if (task !== "pixels") return undefined;
  const image = sharp(input).raw();
  const { data, info } = await image.toBuffer({ resolveWithObject: true });
  return { data, ...info };
}

/** Does a task; gives the longest time, in seconds, for which nothing else had its turn. */
async function watched(task) {
  const delays = monitorEventLoopDelay({ resolution: RESOLUTION_MILLISECONDS });
  delays.enable();
  await new Promise((done) => setTimeout(done, 20)); // the first delay is from one timer to the next
  await task();
  await new Promise((done) => setTimeout(done, 2 * RESOLUTION_MILLISECONDS));
  delays.disable();
  return { longestDelay: Math.max(delays.max / 1e9 - RESOLUTION_MILLISECONDS / 1e3, 0) };
}
