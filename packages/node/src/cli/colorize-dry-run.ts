// `ltbc colorize --dry-run`: what a run would do.

import { bytesInWords, spaceNeeded } from "../archive/disk-space.js";
import { outputsOf } from "../archive/output-names.js";
import type { Plan } from "../archive/plan.js";
import { SKIPPED_IN_WORDS } from "../archive/skip-reason.js";
import type { OutputFormat } from "../image/format.js";
import { jsonLineOfDone, jsonLineOfSkipped } from "./colorize-lines.js";
import type { Streams } from "./streams.js";

/**
 * Prints the plan: a line for each picture that can be done or is, then counts and the space on the
 * disks.
 */
export async function printPlan(
  plan: Plan,
  { stdout, stderr }: Streams,
  { json = false, format }: { json?: boolean | undefined; format?: OutputFormat | undefined },
): Promise<void> {
  const { jobs, done, refused, ownOutputs, renamed, leftOut } = plan;
  const insteadOf = new Map(renamed.map((each) => [each.input, each.insteadOf]));
  for (const job of jobs) {
    const { input, output, again } = job;
    const usual = insteadOf.get(input);
    const outputs = outputsOf(job);
    if (json) stdout.line(JSON.stringify({ input, outputs, again, insteadOf: usual }));
    else {
      const why = [
        ...(again === undefined ? [] : [`again: ${again}`]),
        ...(usual === undefined ? [] : [`another becomes ${usual}`]),
      ];
      const further = outputs.length > 1 ? ` and ${outputs.length - 1} more` : "";
      const about = why.length > 0 ? `  (${why.join("; ")})` : "";
      stdout.line(`${input} -> ${output}${further}${about}`);
    }
  }
  for (const each of done) {
    if (json) stdout.line(jsonLineOfDone(each));
    else stdout.line(`${each.input} -> ${each.outputs.output}  (done before)`);
  }
  for (const input of ownOutputs) {
    if (json) stdout.line(jsonLineOfSkipped(input, "own-output"));
    else stdout.line(`${input}  (${SKIPPED_IN_WORDS["own-output"]}, left out)`);
  }
  const counts = [
    `${jobs.length} pictures to do`,
    `${done.length} done before`,
    `${refused.length} that cannot be done`,
  ];
  stderr.line(`Nothing was written: ${counts.join(", ")}.`);
  if (leftOut.count > 0) stderr.line(`Left out: ${leftOut.inWords()}.`);
  for (const { folder, needed, free } of await spaceNeeded(jobs, format)) {
    const [wanted, there] = [bytesInWords(needed), bytesInWords(free)];
    stderr.line(`Needed on the disk of ${folder}: about ${wanted}; free: ${there}.`);
  }
}
