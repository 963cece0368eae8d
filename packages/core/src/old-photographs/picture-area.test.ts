import { describe, expect, it } from "vitest";
import { randomUint32 } from "../random.js";
import { NeutralBorder } from "./neutral-border.js";
import { findPictureArea, type PictureArea } from "./picture-area.js";

const [WIDTH, HEIGHT] = [400, 300];

/** Pixels with something to see, L* 30..80. */
function content(x: number, y: number): number {
  return (
    55 + 14 * Math.sin(x / 11) * Math.cos(y / 7) + (10 * randomUint32(3, y * 4096 + x)) / 2 ** 32
  );
}

function scan(lightnessAt: (x: number, y: number) => number, width = WIDTH, height = HEIGHT) {
  const lightness = Float32Array.from({ length: width * height }, (_, i) =>
    lightnessAt(i % width, Math.floor(i / width)),
  );
  return { lightness, width, height };
}

/** First and last pixel of the photograph, at the first and the last end of each edge. */
function edges(area: PictureArea | undefined, width = WIDTH, height = HEIGHT) {
  if (!area) return undefined;
  const pixels = (ends: readonly number[], length: number) =>
    ends.map((end) => Math.round(end * length));
  return {
    top: pixels(area.top, height),
    bottom: pixels(area.bottom, height),
    left: pixels(area.left, width),
    right: pixels(area.right, width),
  };
}

/** Film: black with grain, written on, with perforations. */
function film(x: number, y: number): number {
  if (y < 10 && x % 40 < 8) return 95; // perforations
  return 1 + (3 * randomUint32(5, y * 4096 + x)) / 2 ** 32;
}

describe("the area of the photograph on a scan", () => {
  it("is found to the pixel within the black edges of film, white paper and a grey mount", () => {
    const borders = { film, paper: () => 95, mount: () => 22 };
    for (const [name, border] of Object.entries(borders)) {
      const picture = scan((x, y) =>
        y < 14 || y >= 280 || x < 21 || x >= 390 ? border(x, y) : content(x, y),
      );
      expect(edges(findPictureArea(picture)), name).toEqual({
        top: [14, 14],
        bottom: [280, 280],
        left: [21, 21],
        right: [390, 390],
      });
    }
  });

  it("may be askew", () => {
    const top = (x: number) => 20 + (12 * x) / WIDTH;
    const left = (y: number) => 25 - (9 * y) / HEIGHT;
    const area = findPictureArea(scan((x, y) => (y < top(x) || x < left(y) ? 2 : content(x, y))))!;
    expect(area.top[0] * HEIGHT).toBeCloseTo(20, -0.5);
    expect(area.top[1] * HEIGHT).toBeCloseTo(32, -0.5);
    expect(area.left[0] * WIDTH).toBeCloseTo(25, -0.5);
    expect(area.left[1] * WIDTH).toBeCloseTo(16, -0.5);
    expect([area.bottom, area.right]).toEqual([
      [1, 1],
      [1, 1],
    ]);
  });

  it("lies within all borders where they are nested", () => {
    const picture = scan((x, y) => {
      const depth = Math.min(x, y, WIDTH - 1 - x, HEIGHT - 1 - y);
      if (depth < 10) return 100;
      return depth < 26 ? 2 : content(x, y);
    });
    expect(edges(findPictureArea(picture))).toEqual({
      top: [26, 26],
      bottom: [274, 274],
      left: [26, 26],
      right: [374, 374],
    });
  });

  it("is found in large scans, in grey codes", () => {
    const [width, height] = [2600, 1800];
    const codes = Uint8Array.from({ length: width * height }, (_, i) => {
      const [x, y] = [i % width, Math.floor(i / width)];
      return y < 120 || y >= 1700 ? 0 : 100 + ((x * 7 + y * 13) % 90);
    });
    const lightness = Float32Array.from({ length: 256 }, (_, code) => code / 2.55);
    const area = findPictureArea({ codes, lightness, width, height })!;
    // To a pixel of the picture that is searched, of 640.
    expect(Math.abs(area.top[0] * height - 120)).toBeLessThanOrEqual(4.1);
    expect(Math.abs(area.bottom[1] * height - 1700)).toBeLessThanOrEqual(4.1);
  });

  it("is everything where there is no border, though bands are flat", () => {
    const noSky = scan(content);
    const seaside = scan((x, y) => (y < 90 ? 82 : content(x, y)));
    const whiteSky = scan((x, y) => (y < 90 ? 99 : content(x, y)));
    const snow = scan((x, y) => (y > 220 ? 96 : content(x, y)));
    const darkHills = scan((x, y) => (y > 220 + 25 * Math.sin(x / 40) ? 2 : content(x, y)));
    const wallAndFloor = scan((x, y) => (y < 60 ? 70 : y > 230 ? 45 : content(x, y)));
    const blank = scan(() => 90);
    const shadow = scan((x) => Math.min(90, x / 2));
    const pictures = { noSky, seaside, whiteSky, snow, darkHills, wallAndFloor, blank, shadow };
    for (const [name, picture] of Object.entries(pictures)) {
      expect(findPictureArea(picture), name).toBeUndefined();
    }
    for (const [width, height] of [
      [1, 1],
      [1, 1000],
      [47, 47],
    ] as const) {
      expect(findPictureArea(scan(content, width, height))).toBeUndefined();
    }
  });
});

describe("a neutral border", () => {
  const area: PictureArea = { top: [0.1, 0.1], bottom: [1, 1], left: [0, 0], right: [0.8, 0.9] };

  it("fades the chroma outwards from the edges and leaves the photograph alone", () => {
    const ab = new Float32Array(2 * WIDTH * HEIGHT).fill(20);
    const border = new NeutralBorder(area, WIDTH, HEIGHT);
    border.fade(ab, 0, HEIGHT);
    const at = (x: number, y: number) => ab[y * WIDTH + x];
    expect(at(10, 30)).toBe(20); // the first row within
    expect(at(10, 29)).toBeLessThan(20);
    expect(at(10, 29)).toBeGreaterThan(0);
    expect(at(10, 20)).toBe(0);
    expect(at(0, 150)).toBe(20); // reaches the side
    expect(at(150, HEIGHT - 1)).toBe(20);
    expect(at(339, 150)).toBe(20); // right edge: 320 above .. 360 below
    expect(at(350, 150)).toBe(0);
    expect(at(350, 290)).toBe(20);
    expect(ab[WIDTH * HEIGHT + 20 * WIDTH + 10]).toBe(0);
  });

  it("is the same in strips", () => {
    const whole = new Float32Array(2 * WIDTH * HEIGHT).fill(20);
    const border = new NeutralBorder(area, WIDTH, HEIGHT);
    border.fade(whole, 0, HEIGHT);
    const strip = new Float32Array(2 * WIDTH * 7).fill(20);
    border.fade(strip, 25, 7);
    expect(strip.subarray(0, WIDTH * 7)).toEqual(whole.subarray(WIDTH * 25, WIDTH * 32));
  });
});
