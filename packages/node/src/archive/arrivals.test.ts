import { describe, expect, it } from "vitest";
import { Arrivals, SETTLED } from "./arrivals.js";
import type { Job } from "./plan.js";

const jobOf = (input: string, size: number, modified: number) =>
  ({ input, file: { size, modified, identity: input } }) as Job;

describe("arrivals", () => {
  it("are complete when they have not changed for a while, or are old already", () => {
    let now = 1_000_000;
    const arrivals = new Arrivals(() => now);
    const names = (...jobs: Job[]) => arrivals.complete(jobs).map(({ input }) => input);
    const old = jobOf("old", 10, 500_000);
    const growing = (size: number) => jobOf("growing", size, now);
    expect(names(old, growing(1))).toEqual(["old"]);
    for (let size = 2; size < 6; size++) {
      now += SETTLED / 2;
      expect(names(old, growing(size))).toEqual([]);
    }
    const whole = growing(5);
    now += SETTLED / 2;
    expect(names(old, whole)).toEqual([]);
    now += SETTLED / 2;
    expect(names(old, whole)).toEqual(["growing"]);
    // What was tried is tried again only when it has changed.
    now += 20 * SETTLED;
    expect(names(old, whole)).toEqual([]);
    const changed = jobOf("old", 11, now - 10 * SETTLED);
    expect(names(changed, whole)).toEqual(["old"]);
  });

  it("with a time in the future are waited for, too", () => {
    let now = 0;
    const arrivals = new Arrivals(() => now);
    const future = [jobOf("future", 1, 1e12)];
    expect(arrivals.complete(future)).toEqual([]);
    now += SETTLED;
    expect(arrivals.complete(future)).toEqual(future);
  });

  it("that cannot be done are told of once", () => {
    const arrivals = new Arrivals();
    const refused = { input: "a", error: "no", code: "output-exists" } as const;
    expect(arrivals.untold([refused])).toEqual([refused]);
    expect(arrivals.untold([refused])).toEqual([]);
    expect(arrivals.untold([{ ...refused, error: "other" }])).toHaveLength(1);
  });

  it("are looked for less often where that takes long", () => {
    expect(Arrivals.pauseAfter(10)).toBe(1000);
    expect(Arrivals.pauseAfter(3000)).toBe(30_000);
  });
});
