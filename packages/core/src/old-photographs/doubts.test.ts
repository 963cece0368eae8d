import { describe, expect, it } from "vitest";
import { doubtsOf } from "./doubts.js";

const [width, height] = [20, 10];

function planes(abAt: (i: number) => readonly [number, number]) {
  const ab = new Float32Array(2 * width * height);
  for (let i = 0; i < width * height; i++) [ab[i], ab[width * height + i]] = abAt(i);
  return { ab, width, height };
}

const codes = (...args: Parameters<typeof doubtsOf>) => doubtsOf(...args).map(({ code }) => code);

describe("doubts about a colouring", () => {
  it("are told of colours that are nearly grey or one brown, with what may help", () => {
    const faint = planes((i) => [i % 2, 1]);
    expect(codes(faint, {})).toEqual(["nearly-grey"]);
    expect(doubtsOf(faint, { couldBeVivid: true })[0]!.message).toContain("`colors` vivid");
    expect(doubtsOf(faint, {})[0]!.message).not.toContain("`colors`");
    const brown = planes((i) => [6 + (i % 3), 14 + (i % 5)]);
    expect(codes(brown, {})).toEqual(["one-brown"]);
  });

  it("are none of several hues, of one that is no brown, and of grey that was asked for", () => {
    expect(
      codes(
        planes((i) => (i % 2 === 0 ? [8, 16] : [-10, 12])),
        {},
      ),
    ).toEqual([]);
    expect(
      codes(
        planes(() => [-2, -20]),
        {},
      ),
    ).toEqual([]); // a sea
    expect(
      codes(
        planes(() => [0, 0]),
        { saturation: 0 },
      ),
    ).toEqual([]);
    expect(
      codes(
        planes(() => [2, 1.5]),
        { saturation: 0.5 },
      ),
    ).toEqual([]);
  });

  it("do not mind borders without colour", () => {
    const framed = planes((i) => (i % width < 15 ? [0, 0] : [5, -6]));
    expect(codes(framed, {})).toEqual(["nearly-grey"]);
    const area = { top: [0, 0], bottom: [1, 1], left: [0.75, 0.75], right: [1, 1] } as const;
    expect(codes(framed, { area })).toEqual([]);
  });
});
