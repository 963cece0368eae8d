import { PassThrough } from "node:stream";
import { describe, expect, it } from "vitest";
import { Output } from "./output.js";
import { ProgressBar } from "./progress-bar.js";

/** A bar for so many pictures on a terminal (or not), with a clock that is set by hand. */
function barOf(total: number, { isTTY = true, columns = 80 } = {}) {
  const clock = { now: 0 };
  const stream = Object.assign(new PassThrough(), { isTTY, columns });
  const bar = new ProgressBar(new Output(stream), total, () => clock.now);
  const printed = () => String(stream.read() ?? "").replaceAll("\u001b[K", "");
  return { bar, clock, printed };
}

describe("the progress bar", () => {
  it("tells how many are done, how fast, and how long it will take", () => {
    const { bar, clock, printed } = barOf(1000);
    bar.draw();
    expect(printed()).toBe(`\r[${" ".repeat(30)}] 0 of 1000`);
    for (let i = 1; i <= 102; i++) {
      clock.now = i <= 2 ? 10_000 * i : 20_000 + 500 * (i - 2); // the first load the model
      bar.advance();
    }
    expect(printed().split("\r").at(-1)).toBe(
      `[==>${" ".repeat(27)}] 102 of 1000  2.0/s  7:29 left`,
    );
  });

  it("tells slow work by the minute and long work by the hour", () => {
    const { bar, clock, printed } = barOf(1002);
    for (let i = 1; i <= 3; i++) {
      clock.now = 10_000 * i;
      bar.advance();
    }
    expect(printed().split("\r").at(-1)).toMatch(/3 of 1002 {2}6\.0\/min {2}2:46:30 left$/);
  });

  it("is taken away for a line, and drawn anew after it", () => {
    const { bar, printed } = barOf(10);
    bar.draw();
    printed();
    bar.clear();
    expect(printed()).toBe("\r");
    bar.clear();
    expect(printed()).toBe("");
    bar.advance();
    expect(printed()).toContain("1 of 10");
  });

  it("fits on narrow terminals, and is nothing elsewhere", () => {
    const narrow = barOf(10, { columns: 12 });
    narrow.bar.draw();
    expect(narrow.printed()).toBe("\r0 of 10");
    const piped = barOf(10, { isTTY: false });
    piped.bar.draw();
    piped.bar.advance();
    piped.bar.clear();
    expect(piped.printed()).toBe("");
  });
});
