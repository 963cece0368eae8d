// How far many pictures are, on the last line of a terminal.

import type { Output } from "./output.js";

/** Milliseconds between two drawings. */
const PERIOD = 100;
/** Pictures at the start that do not count for the rate: the model is loaded meanwhile. */
const WARM_UP = 2;
/** Characters of the bar at most. */
const WIDTH = 30;

/** `[=======>      ] 340 of 1000  2.3/s  4:51 left`; nothing where standard error is no terminal. */
export class ProgressBar {
  readonly #stderr: Output;
  readonly #now: () => number;
  readonly #isShown: boolean;
  #total: number;
  #done = 0;
  #firstCounted: number | undefined;
  #lastDrawn = Number.NEGATIVE_INFINITY;
  #isDrawn = false;

  /** @param now milliseconds, from any start */
  constructor(stderr: Output, total: number, now: () => number = () => performance.now()) {
    this.#stderr = stderr;
    this.#isShown = stderr.isTTY && total > 1;
    this.#total = total;
    this.#now = now;
  }

  /** One more picture is done with. */
  advance(): void {
    this.#done++;
    if (this.#done === Math.min(WARM_UP, this.#total)) this.#firstCounted = this.#now();
    this.draw();
  }

  /** Takes the bar away, so that a line can be printed in its place. */
  clear(): void {
    if (!this.#isDrawn) return;
    this.#stderr.write("\r\u001b[K");
    this.#isDrawn = false;
    this.#lastDrawn = Number.NEGATIVE_INFINITY;
  }

  draw(): void {
    const now = this.#now();
    if (!this.#isShown || now - this.#lastDrawn < PERIOD) return;
    this.#lastDrawn = now;
    this.#isDrawn = true;
    this.#stderr.write(`\r\u001b[K${this.#text(now)}`);
  }

  #text(now: number): string {
    const counts = `${this.#done} of ${this.#total}`;
    const seconds = this.#firstCounted === undefined ? 0 : (now - this.#firstCounted) / 1000;
    const rate = seconds > 0 ? (this.#done - WARM_UP) / seconds : 0;
    const left =
      rate > 0 ? `  ${rateInWords(rate)}  ${clock((this.#total - this.#done) / rate)} left` : "";
    const room = (this.#stderr.columns || 80) - counts.length - left.length - 5;
    const width = Math.min(WIDTH, room);
    if (width < 4) return `${counts}${left}`.slice(0, (this.#stderr.columns || 80) - 1);
    const filled = Math.floor((this.#done / this.#total) * width);
    const bar = `${"=".repeat(Math.max(filled - 1, 0))}${filled > 0 ? ">" : ""}`.padEnd(width);
    return `[${bar}] ${counts}${left}`;
  }
}

function rateInWords(rate: number): string {
  return rate >= 1 ? `${rate.toFixed(1)}/s` : `${(60 * rate).toFixed(1)}/min`;
}

/** `4:51` or `2:04:51`. */
function clock(seconds: number): string {
  const whole = Math.ceil(seconds);
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const two = (value: number) => String(value).padStart(2, "0");
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}
