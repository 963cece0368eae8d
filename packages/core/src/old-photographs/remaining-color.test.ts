import { describe, expect, it } from "vitest";
import { randomUint32 } from "../random.js";
import { isColorPhotograph, remainingColor } from "./remaining-color.js";
import { RgbSampler, sampleRgb } from "./rgb-sample.js";

const [WIDTH, HEIGHT] = [320, 200];
type Color = readonly [red: number, green: number, blue: number];

/** @param colorAt 0..1 of a place, x and y 0..1 */
function picture(colorAt: (x: number, y: number, grey: number) => Color, noise = 0): Uint8Array {
  const rgb = new Uint8Array(WIDTH * HEIGHT * 3);
  for (let i = 0; i < WIDTH * HEIGHT; i++) {
    const [x, y] = [(i % WIDTH) / WIDTH, Math.floor(i / WIDTH) / HEIGHT];
    const grey = (0.5 + 0.5 * Math.sin(9 * x + 4 * y) * Math.cos(7 * y)) ** 1.2;
    for (const [channel, value] of colorAt(x, y, grey).entries()) {
      const random = randomUint32(1, 3 * i + channel) / 2 ** 32 - 0.5;
      rgb[3 * i + channel] = Math.min(255, Math.max(0, 255 * value + noise * random));
    }
  }
  return rgb;
}

const colorOf = (rgb: Uint8Array) => remainingColor(sampleRgb(rgb, 3, WIDTH, HEIGHT));
const sepia = (grey: number): Color => [0.1 + 0.88 * grey, 0.06 + 0.82 * grey, 0.03 + 0.6 * grey];

describe("colour beside the tone", () => {
  it("there is none in grey, and next to none in toned prints with the noise of a scanner", () => {
    expect(colorOf(picture((_x, _y, grey) => [grey, grey, grey]))).toBeCloseTo(0, 5);
    const tones: Record<string, (grey: number) => Color> = {
      sepia,
      cyanotype: (grey) => [grey ** 1.5, 0.12 + 0.85 * grey, 0.3 + 0.65 * grey],
      faded: (grey) => [0.4 + 0.4 * grey, 0.37 + 0.38 * grey, 0.28 + 0.34 * grey],
      "split tone": (grey) => [grey * 1.02 - 0.04, grey, 0.07 + grey * 0.84],
    };
    for (const [name, tone] of Object.entries(tones)) {
      const rgb = picture((_x, _y, grey) => tone(grey), 16);
      expect(colorOf(rgb), name).toBeLessThan(1.5);
    }
  });

  it("is found in a colour wheel, in weak colours, and in a sepia print that was tinted by hand", () => {
    const wheel = picture((x, y) => {
      const angle = Math.atan2(y - 0.5, x - 0.5);
      const channel = (turn: number) => 0.5 + 0.4 * Math.cos(angle + (turn * 2 * Math.PI) / 3);
      return [channel(0), channel(1), channel(2)];
    });
    expect(colorOf(wheel)).toBeGreaterThan(20);
    const dullLandscape = picture((_x, y, grey) =>
      y < 0.4 ? [grey * 0.8, grey * 0.85, grey * 0.95] : [grey * 0.8, grey * 0.85, grey * 0.7],
    );
    expect(colorOf(dullLandscape)).toBeGreaterThan(2.5);
    const tinted = picture((x, y, grey) => {
      const [red, green, blue] = sepia(grey);
      return Math.hypot(x - 0.5, y - 0.5) < 0.25
        ? [red, green * 0.85, blue * 1.35]
        : [red, green, blue];
    });
    expect(isColorPhotograph(sampleRgb(tinted, 3, WIDTH, HEIGHT))).toBe(true);
  });

  it("is looked for within the borders only: a brown mount around a grey print is no colour", () => {
    const mounted = picture((x, y, grey) =>
      x < 0.2 || x > 0.8 || y < 0.2 || y > 0.8 ? [0.55, 0.42, 0.25] : [grey, grey, grey],
    );
    const sample = sampleRgb(mounted, 3, WIDTH, HEIGHT);
    expect(isColorPhotograph(sample)).toBe(true);
    const area = {
      top: [0.2, 0.2],
      bottom: [0.8, 0.8],
      left: [0.2, 0.2],
      right: [0.8, 0.8],
    } as const;
    expect(remainingColor(sample, area)).toBeLessThan(0.5);
  });
});

describe("sample of a colour picture", () => {
  it("holds means, the same from 8 and 16 bits, in one piece and in bands, without alpha", () => {
    const rgb = picture((x, y, grey) => [x, y, grey]);
    const whole = sampleRgb(rgb, 3, WIDTH, HEIGHT);
    expect([whole.width, whole.height]).toEqual([64, 40]);
    let red = 0;
    for (let i = 0; i < 25; i++)
      red += rgb[((200 - 5 + Math.floor(i / 5)) * WIDTH - 5 + (i % 5)) * 3]!;
    expect(whole.rgb.at(-3)).toBe(Math.round(red / 25));
    expect(
      sampleRgb(
        Uint16Array.from(rgb, (code) => code * 257),
        3,
        WIDTH,
        HEIGHT,
      ),
    ).toEqual(whole);

    const rgba = new Uint8Array(WIDTH * HEIGHT * 4);
    for (let i = 0; i < WIDTH * HEIGHT; i++)
      rgba.set([...rgb.subarray(3 * i, 3 * i + 3), i & 255], 4 * i);
    const sampler = new RgbSampler(WIDTH, HEIGHT);
    for (let row = 0; row < HEIGHT; row += 33) {
      const end = Math.min(HEIGHT, row + 33);
      sampler.add(rgba.subarray(row * WIDTH * 4, end * WIDTH * 4), 4, row);
    }
    expect(sampler.sample()).toEqual(whole);
  });

  it("is the picture itself where that is small", () => {
    const rgb = Uint8Array.of(1, 2, 3, 40, 50, 60);
    expect(sampleRgb(rgb, 3, 2, 1)).toEqual({ rgb, width: 2, height: 1 });
  });
});
