// What `ltbc colorize` says at the end.

import type { Plan } from "../archive/plan.js";
import { SKIPPED_IN_WORDS, type SkipReason } from "../archive/skip-reason.js";
import type { Output } from "../printing/output.js";

/** Failures that are listed at the end. */
const FAILURES_SHOWN = 50;

/** What became of the inputs. */
export class Summary {
  done = 0;
  /** Not begun or not finished when the work was stopped. */
  left = 0;
  readonly failures: string[] = [];
  #doneBefore = 0;
  #failed = 0;
  readonly #skipped = new Map<SkipReason, number>();
  #leftOut = "";
  readonly #notices = new Map<string, number>();

  get failed(): number {
    return this.#failed;
  }

  /** Counts what is not worked on. */
  addPlan({ done, ownOutputs, leftOut }: Plan): void {
    this.#doneBefore = done.length;
    for (const _ of ownOutputs) this.addSkipped("own-output");
    this.#leftOut = leftOut.inWords();
  }

  addFailure(error: string): void {
    this.#failed++;
    if (this.failures.length < FAILURES_SHOWN) this.failures.push(error);
  }

  /** Counts a picture that is left as it is. */
  addSkipped(reason: SkipReason): void {
    this.#skipped.set(reason, (this.#skipped.get(reason) ?? 0) + 1);
  }

  addNotice(code: string): void {
    this.#notices.set(code, (this.#notices.get(code) ?? 0) + 1);
  }

  /**
   * Prints the summary, unless there was one picture and nothing to say of it.
   *
   * @param stopped why the work ended before its time, if it did
   * @param quiet whether only what went wrong is told
   */
  print(stderr: Output, stopped: string | undefined, quiet: boolean): void {
    const pictures = this.done + this.#doneBefore + this.#failed + this.left;
    const isBad = this.#failed > 0 || this.left > 0;
    const isMore = this.#skipped.size > 0 || this.#leftOut !== "" || this.#doneBefore > 0;
    if ((quiet && !isBad) || (pictures <= 1 && !isMore && this.left === 0)) return;
    const counts = [
      `${this.done} of ${pictures} pictures are done`,
      ...(this.#doneBefore > 0 ? [`${this.#doneBefore} were done before`] : []),
      ...(isBad ? [`${this.#failed} failed`] : []),
      ...(this.left > 0 ? [`${this.left} are left`] : []),
    ];
    const why = stopped && this.left > 0 ? `${stopped}: ` : "";
    stderr.line(`${why}${counts.join(", ")}${this.#failed > 0 ? ":" : "."}`);
    for (const error of this.failures) stderr.line(`  ${error}`);
    const more = this.#failed - this.failures.length;
    if (more > 0) stderr.line(`  and ${more} more`);
    if (quiet) return;
    if (this.#leftOut !== "") stderr.line(`Left out: ${this.#leftOut}.`);
    for (const [reason, count] of this.#skipped) {
      stderr.line(`Left out: ${count}, each ${SKIPPED_IN_WORDS[reason]}.`);
    }
    const treatedAsGrey = this.#notices.get("color-photograph") ?? 0;
    this.#notices.delete("color-photograph");
    if (treatedAsGrey > 0) {
      stderr.line(
        `Treated as grey: ${treatedAsGrey}, each a photograph in colour; --skip-color leaves such pictures alone.`,
      );
    }
    if (this.#notices.size > 0) {
      const kinds = [...this.#notices].map(([code, count]) => `${count} ${code}`);
      stderr.line(`Notes: ${kinds.join(", ")}.`);
    }
  }
}
