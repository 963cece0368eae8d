// What `ltbc colorize` prints of one picture.

import type { Scene } from "@let-there-be-color/core/colorize";
import { STANDARD_STREAM } from "./colorize-jobs.js";
import type { Outcome } from "./colorize-pipeline.js";

const SCENES_SHOWN = 3;

function topScenes(photo: NonNullable<Outcome["photo"]>): readonly Scene[] {
  return photo.scenes.slice(0, SCENES_SHOWN);
}

/** For people: each file that was written. */
export function textLines({ written, photo, seconds }: Outcome): string[] {
  const scenes = topScenes(photo!).map(
    ({ name, probability }) => `${name} ${Math.round(probability * 100)} %`,
  );
  const [target, ...further] = written!.map((path) =>
    path === STANDARD_STREAM ? "standard output" : path,
  );
  const about = [`${seconds.toFixed(1)} s`, ...(scenes.length > 0 ? [scenes.join(", ")] : [])];
  return [`${target}  ${about.join("  ")}`, ...further];
}

/** For programs. */
export function jsonLine(outcome: Outcome): string {
  const { job, photo, written = [], notices = [], error, code, seconds } = outcome;
  const { input, output } = job;
  const rounded = Number(seconds.toFixed(3));
  if (!photo) return JSON.stringify({ input, error, code, seconds: rounded });
  const { width, height } = photo;
  const { uncertainty } = job;
  const alternatives = written.filter((path) => path !== output && path !== uncertainty);
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
