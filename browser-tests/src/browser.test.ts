import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { StepResult } from "@let-there-be-color/core/training";
import { Colorizer } from "let-there-be-color";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it, test } from "vitest";
// Not part of the package's public face.
import { createRuntime } from "../../packages/node/dist/runtime/onnx-runtime.js";
import { bundle, partsOfCore } from "./bundle.js";
import { Chromium, findChromium } from "./chromium.js";
import { paths, type Report, type Task } from "./page/report.js";
import { trainTwoSteps } from "./page/training.js";
import { PageServer } from "./page-server.js";

const photograph = fileURLToPath(new URL("../../samples/meadow.jpg", import.meta.url));
const defaultModel = fileURLToPath(import.meta.resolve("@let-there-be-color/models/color.onnx"));
const threads = 2;

const chromium = findChromium();

if (chromium === undefined && !process.env.CI) {
  test.skip("core in Chromium (neither Chromium nor Chrome is installed on this machine)");
} else {
  describe("core in Chromium, on onnxruntime-web", () => {
    let folder: string;
    let parts: string[];
    let png: Buffer;
    let report: Exclude<Report, { failure: string }>;

    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), "ltbc-page-"));
      if (chromium === undefined) {
        throw new Error("Expected Chromium or Chrome on this machine; install it (chromium).");
      }
      parts = await partsOfCore();
      await bundle(parts, folder);
      // Of the whole range of lightness: nothing that the library would spread first.
      const gray = sharp(photograph).toColourspace("b-w").normalise();
      const { data, info } = await gray.raw().toBuffer({ resolveWithObject: true });
      const { width, height, channels } = info;
      expect(channels).toBe(1);
      png = await sharp(data, { raw: { width, height, channels: 1 } })
        .png()
        .toBuffer();
      const modules = parts.map((part) => `/core/${part}.js`);
      report = await reportOf(chromium, folder, {
        [paths.task]: JSON.stringify({ width, height, threads, modules } satisfies Task),
        [paths.model]: await readFile(defaultModel),
        [paths.gray]: data,
      });
    });
    afterAll(() => rm(folder, { recursive: true, force: true }));

    it("loads every part of core, with what it has in Node", async () => {
      expect(report.exports).toHaveLength(parts.length);
      for (const [i, part] of parts.entries()) {
        const inNode = Object.keys(await import(`@let-there-be-color/core/${part}`));
        expect(report.exports[i]?.toSorted(), part).toEqual(inNode.sort());
      }
    });

    it("computes with threads", () => {
      expect(report.threads).toBe(threads);
    });

    it("colourises a picture as Node does, to one code of 255", async () => {
      const colorizer = await Colorizer.load();
      const photo = await colorizer.colorize(png);
      await colorizer.close();
      const { pixels, scenes } = photo;
      expect(report.pixels).toHaveLength(pixels.length);
      const differences = report.pixels.map((code, i) => Math.abs(code - pixels[i]!));
      expect(differences.reduce((a, b) => Math.max(a, b))).toBeLessThanOrEqual(1);
      // And it is no grey picture.
      const isColorful = (_: number, i: number) =>
        Math.abs(pixels[3 * i]! - pixels[3 * i + 2]!) > 20;
      const colorful = Array.from({ length: pixels.length / 3 }, isColorful).filter(Boolean);
      expect(colorful.length).toBeGreaterThan(pixels.length / 3 / 4);
      for (const { name, probability } of scenes) {
        expect(report.scenes[name]).toBeCloseTo(probability, 4);
      }
    });

    it("trains as Node does: losses of two steps and the gradient's norm to 1e-4", async () => {
      const expected = await trainTwoSteps(await createRuntime({ threads: 1 }));
      expect(expected[1]!.sums.colorLoss).not.toBe(expected[0]!.sums.colorLoss);
      for (const [i, step] of expected.entries()) {
        const here = report.steps[i]!;
        // The first update, Adam's, takes the sign even of gradients that are mere rounding, and
        // shows in the norm of the second gradient.
        const numbers = ({ sums, gradientNorm }: StepResult) => ({
          colorLoss: sums.colorLoss!,
          classLoss: sums.classLoss!,
          ...(i === 0 ? { gradientNorm } : {}),
        });
        const found: Readonly<Record<string, number>> = numbers(here);
        for (const [name, value] of Object.entries(numbers(step))) {
          const relative = Math.abs(found[name]! / value - 1);
          expect(relative, `${name} of step ${i + 1}`).toBeLessThan(1e-4);
        }
        expect(here.weights).toEqual(step.weights);
      }
    });
  });
}

/** Opens the page and waits for what it has to tell. */
async function reportOf(
  program: string,
  folder: string,
  files: Readonly<Record<string, Uint8Array | string>>,
): Promise<Exclude<Report, { failure: string }>> {
  const server = new PageServer(folder, files);
  const browser = await Chromium.open(program, await server.listen());
  try {
    const report = await Promise.race([server.report, browser.ended]);
    if ("failure" in report) throw new Error(`The page failed: ${report.failure}`);
    return report;
  } finally {
    await browser.close();
    await server.close();
  }
}
