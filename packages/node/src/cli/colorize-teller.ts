// What `ltbc colorize` tells as it goes: lines, the report, the summary.

import { resolve } from "node:path";
import { STANDARD_STREAM } from "../archive/inputs.js";
import { TOLD } from "../archive/output-states.js";
import type { Plan, Refused } from "../archive/plan.js";
import { ReportFile, reportEntryOf } from "../archive/report.js";
import { SKIPPED_IN_WORDS, type SkipReason } from "../archive/skip-reason.js";
import type { Output } from "../printing/output.js";
import { jsonLine, jsonLineOfDone, jsonLineOfRefused, textLines } from "./colorize-lines.js";
import type { ColorizeCommandOptions } from "./colorize-options.js";
import type { Outcome } from "./colorize-pipeline.js";
import { Summary } from "./colorize-summary.js";

/** Lines about what is renamed or done again, at most; `--dry-run` shows all. */
const ANNOUNCED = 10;

export class Teller {
  readonly #options: ColorizeCommandOptions;
  readonly #lines: Output;
  readonly #stderr: Output;
  readonly #inFlags: (message: string) => string;
  readonly #summary = new Summary();
  #report: ReportFile | undefined;

  /**
   * @param lines where what is done is told
   * @param inFlags puts the flags of the command in the place of the library's options
   */
  constructor(
    options: ColorizeCommandOptions,
    lines: Output,
    stderr: Output,
    inFlags: (message: string) => string,
  ) {
    this.#options = options;
    this.#lines = lines;
    this.#stderr = stderr;
    this.#inFlags = inFlags;
  }

  /** @throws UserError if the report cannot be written */
  async begin(): Promise<void> {
    const { report, overwrite } = this.#options;
    if (report !== undefined) this.#report = await ReportFile.create(report, { overwrite });
  }

  /** Tells what is known before the work begins. */
  async plan(plan: Plan): Promise<void> {
    this.#summary.addPlan(plan);
    this.#announce(plan);
    for (const { path, kind } of plan.leftOut.all) {
      await this.#report?.add({ state: "left-out", input: absolute(path), reason: kind });
    }
    for (const path of plan.ownOutputs) await this.#skipped(path, "own-output");
    for (const each of plan.done) {
      if (this.#options.json) this.#lines.line(jsonLineOfDone(each));
      await this.#report?.add(reportEntryOf(each.entry, "earlier"));
    }
    for (const refused of plan.refused) await this.refused(refused);
  }

  /** An input that cannot be done. */
  async refused({ input, error: inOptions, code }: Refused): Promise<void> {
    const error = this.#inFlags(inOptions);
    if (this.#options.json) this.#lines.line(jsonLineOfRefused({ input, error, code }));
    this.#stderr.line(`error: ${error}`);
    this.#summary.addFailure(error);
    await this.#report?.add({ state: "failed", input: absolute(input), code, reason: error });
  }

  /** What became of a picture. */
  async outcome(found: Outcome): Promise<void> {
    const { job, entry, notices = [], skipped, code } = found;
    if (skipped) {
      this.#summary.addSkipped(skipped);
      this.note(`${job.input} is ${SKIPPED_IN_WORDS[skipped]}, left out.`);
      if (this.#options.json) this.#lines.line(jsonLine(found));
      await this.#skipped(job.input, skipped);
      return;
    }
    const error = found.error === undefined ? undefined : this.#inFlags(found.error);
    const outcome = error === undefined ? found : { ...found, error };
    if (this.#options.json) this.#lines.line(jsonLine(outcome));
    else if (error === undefined && !this.#options.quiet) {
      for (const line of textLines(outcome)) this.#lines.line(line);
    }
    if (error !== undefined) {
      this.#stderr.line(`error: ${error}`);
      this.#summary.addFailure(error);
      const input = absolute(job.input);
      const bytes = job.file ? { inputBytes: job.file.size } : {};
      const why = { ...(code === undefined ? {} : { code }), reason: error };
      await this.#report?.add({ state: "failed", input, ...bytes, ...why });
    } else this.#summary.done++;
    if (entry) await this.#report?.add(reportEntryOf(entry, "done"));
    for (const { code: kind, message } of notices) {
      this.note(`${job.input}: ${message}`);
      this.#summary.addNotice(kind);
    }
  }

  async #skipped(input: string, reason: SkipReason): Promise<void> {
    const words = SKIPPED_IN_WORDS[reason];
    await this.#report?.add({
      state: "skipped",
      input: absolute(input),
      code: reason,
      reason: words,
    });
  }

  /** A picture that was left when the work was stopped. */
  async notReached(input: string): Promise<void> {
    this.#summary.left++;
    await this.#report?.add({ state: "not-reached", input: absolute(input) });
  }

  note(message: string): void {
    if (!this.#options.quiet) this.#stderr.line(`note: ${this.#inFlags(message)}`);
  }

  /** The end of it all. */
  async end(stopped: string): Promise<{ done: number; failed: number; left: number }> {
    const { json, quiet = false } = this.#options;
    this.#summary.print(this.#stderr, stopped, quiet);
    await this.#report?.finish();
    this.#report = undefined;
    if (json) await this.#lines.flushed();
    const { done, failed, left } = this.#summary;
    return { done, failed, left };
  }

  /** Gives the report up. */
  async discard(): Promise<void> {
    await this.#report?.discard();
  }

  #announce({ jobs, renamed }: Plan): void {
    for (const { input, output, insteadOf } of renamed.slice(0, ANNOUNCED)) {
      this.note(`${input} becomes ${output}, since another becomes ${insteadOf}.`);
    }
    if (renamed.length > ANNOUNCED) {
      const others = renamed.length - ANNOUNCED;
      this.note(`${others} more get another name, too; --dry-run shows them.`);
    }
    const reasons = new Map<string, number>();
    for (const { again } of jobs) {
      if (again !== undefined && again !== TOLD) reasons.set(again, (reasons.get(again) ?? 0) + 1);
    }
    for (const [reason, count] of reasons) {
      const what = count === 1 ? "1 picture is" : `${count} pictures are`;
      this.note(`${what} done again and replaced (${reason}).`);
    }
  }
}

function absolute(input: string): string {
  return input === STANDARD_STREAM ? input : resolve(input);
}
