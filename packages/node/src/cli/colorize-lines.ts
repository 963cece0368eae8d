// What `ltbc colorize` prints of one picture.

import { resolve } from "node:path";
import type { Scene } from "@let-there-be-color/core/colorize";
import { STANDARD_STREAM } from "../archive/inputs.js";
import { outputsOf } from "../archive/output-names.js";
import type { AlreadyDone, Refused } from "../archive/plan.js";
import { SKIPPED_IN_WORDS, type SkipReason } from "../archive/skip-reason.js";
import type { Outcome } from "./colorize-pipeline.js";

const SCENES_SHOWN = 3;

/** For people: each file that was written. */
export function textLines({ job, photo, entry, seconds }: Outcome): string[] {
  const scenes = topScenes(photo!).map(
    ({ name, probability }) => `${name} ${Math.round(probability * 100)} %`,
  );
  const [target, ...further] = writtenOf(outputsOf(job), entry!).map((path) =>
    path === STANDARD_STREAM ? "standard output" : path,
  );
  const about = [`${seconds.toFixed(1)} s`, ...(scenes.length > 0 ? [scenes.join(", ")] : [])];
  return [`${target}  ${about.join("  ")}`, ...further];
}

/** For programs. */
export function jsonLine(outcome: Outcome): string {
  const { job, photo, entry, notices = [], skipped, error, code, seconds } = outcome;
  const { input, output, uncertainty } = job;
  const rounded = Number(seconds.toFixed(3));
  if (skipped) return jsonLineOfSkipped(input, skipped);
  if (!photo || !entry) return JSON.stringify({ input, error, code, seconds: rounded });
  const { width, height } = photo;
  const alternatives = writtenOf(job.alternatives, entry);
  return JSON.stringify({
    input,
    output,
    ...(alternatives.length > 0 ? { alternatives } : {}),
    ...(uncertainty === undefined ? {} : { uncertainty }),
    width,
    height,
    seconds: rounded,
    ...(notices.length > 0 ? { notices } : {}),
    scenes: topScenes(photo),
  });
}

/** For programs: a picture that an earlier run has done. */
export function jsonLineOfDone({ input, outputs, entry }: AlreadyDone): string {
  const { width, height } = entry;
  const skipped = "done before";
  return JSON.stringify({ input, output: outputs.output, skipped, width, height });
}

/** For programs: a picture that is left as it is. */
export function jsonLineOfSkipped(input: string, reason: SkipReason): string {
  return JSON.stringify({ input, skipped: SKIPPED_IN_WORDS[reason], code: reason });
}

/** For programs: an input that cannot be done. */
export function jsonLineOfRefused({ input, error, code }: Refused): string {
  return JSON.stringify({ input, error, code });
}

function topScenes(photo: NonNullable<Outcome["photo"]>): readonly Scene[] {
  return photo.scenes.slice(0, SCENES_SHOWN);
}

/** Those of the paths that were written: there may be fewer colourings than were asked for. */
function writtenOf(paths: readonly string[], { outputs }: NonNullable<Outcome["entry"]>): string[] {
  const written = new Set(outputs.map(({ path }) => resolve(path)));
  return paths.filter((path) => written.has(resolve(path)));
}
