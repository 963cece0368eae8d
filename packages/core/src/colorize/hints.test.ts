import { describe, expect, test } from "vitest";
import { linearRgbToLab } from "../color/lab.js";
import { srgbToLinear } from "../color/srgb.js";
import { UserError } from "../user-error.js";
import { assertHints, type Hint, hintsTensor } from "./hints.js";

/** Rows of the mask as text, and the colour at a place. */
function drawn(hints: readonly Hint[], picture: [number, number], working: [number, number]) {
  const [width, height] = working;
  const size = { width: picture[0], height: picture[1] };
  const { data, shape } = hintsTensor(hints, size, { width, height });
  expect(shape).toEqual([1, 3, height, width]);
  const plane = (channel: number) =>
    (data as Float32Array).subarray(channel * width * height, (channel + 1) * width * height);
  const rows = Array.from({ length: height }, (_, y) =>
    Array.from(plane(0).subarray(y * width, (y + 1) * width), (v) => (v === 1 ? "#" : ".")).join(
      "",
    ),
  );
  return { rows, ab: (x: number, y: number) => [1, 2].map((c) => plane(c)[y * width + x]!) };
}

function labOf(...codes: [number, number, number]) {
  const [red, green, blue] = codes.map((code) => srgbToLinear(code / 255));
  return linearRgbToLab(red!, green!, blue!);
}

describe("hints in the working picture", () => {
  test("are discs at their places, in the hue of their colours", () => {
    const { rows, ab } = drawn([{ x: 70, y: 20, color: "#2e5D34", radius: 20 }], [80, 60], [8, 6]);
    expect(rows).toEqual([
      "......##", //
      ".....###",
      ".....###",
      "......##",
      "........",
      "........",
    ]);
    const [, a, b] = labOf(0x2e, 0x5d, 0x34);
    expect(a).toBeLessThan(-15);
    for (const [x, y] of [
      [7, 2],
      [5, 1],
    ] as const) {
      expect(ab(x, y)[0]).toBeCloseTo(a, 4);
      expect(ab(x, y)[1]).toBeCloseTo(b, 4);
    }
    expect(ab(0, 0)).toEqual([0, 0]);
  });

  test("keep their proportions where the network sees the picture squeezed", () => {
    // 160 x 20 pixels as 8 x 4: 25 pixels are 1.25 places across and 5 down.
    const { rows } = drawn([{ x: 79.5, y: 9.5, color: [0, 0, 0], radius: 25 }], [160, 20], [8, 4]);
    expect(rows).toEqual(Array(4).fill("...##..."));
  });

  test("have one place at least, in the last row and column, too", () => {
    const hints: Hint[] = [
      { x: 4000, y: 10, color: "#ff0000", radius: 0.1 },
      { x: 4031, y: 3023, color: "#0000ff", radius: 1 },
    ];
    const { rows } = drawn(hints, [4032, 3024], [4, 3]);
    expect(rows).toEqual(["...#", "....", "...#"]);
  });

  test("have a radius of a 64th of the short side if none is given", () => {
    const given = drawn([{ x: 100, y: 200, color: "#00ff00", radius: 8 }], [512, 1024], [64, 128]);
    const usual = drawn([{ x: 100, y: 200, color: "#00ff00" }], [512, 1024], [64, 128]);
    expect(usual.rows).toEqual(given.rows);
    expect(usual.rows.join("").split("#").length - 1).toBe(2);
  });

  test("the last one holds where they overlap", () => {
    const hints: Hint[] = [
      { x: 4, y: 4, color: "#ff0000", radius: 9 },
      { x: 4, y: 4, color: "#0000ff", radius: 1 },
    ];
    const { ab } = drawn(hints, [8, 8], [8, 8]);
    expect(ab(4, 4)[1]).toBeLessThan(-100);
    expect(ab(1, 1)[1]).toBeGreaterThan(60);
  });
});

test.each([
  [{ x: 8, y: 0, color: "#ff0000" }, /hint 1 .* picture of 8 x 8 pixels .* 8, 0/],
  [{ x: 0, y: 12.5, color: "#ff0000" }, /picture of 8 x 8/],
  [{ x: -1, y: 0, color: "#ff0000" }, /x in pixels, 0 or more, but received -1/],
  [{ x: 0, color: "#ff0000" }, /y in pixels, 0 or more, but received none/],
  [{ x: "1", y: 0, color: "#ff0000" }, /x in pixels, .* "1"/],
  [{ x: 0, y: 0, color: "green" }, /color like "#2e5d34".* "green"/],
  [{ x: 0, y: 0, color: "#f00" }, /color/],
  [{ x: 0, y: 0, color: [0, 256, 0] }, /color .* \[0,256,0\]/],
  [{ x: 0, y: 0 }, /color .* none/],
  [{ x: 0, y: 0, color: "#ff0000", radius: 0 }, /radius of more than 0 pixels but received 0/],
  [{ x: 0, y: 0, color: "#ff0000", radius: Number.NaN }, /radius .* NaN/],
  [null, /hint 1/],
])("%j is refused in one line", (hint, message) => {
  const draw = () => hintsTensor([hint as Hint], { width: 8, height: 8 }, { width: 8, height: 8 });
  expect(draw).toThrow(UserError);
  expect(draw).toThrow(message);
});

test("hints are a list", () => {
  expect(() => assertHints({ x: 1, y: 2, color: "#ff0000" } as never)).toThrow(/as a list/);
});
