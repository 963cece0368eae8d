// The example as people run it, on pictures made here.

import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, it } from "vitest";

const sharp = createRequire(import.meta.resolve("let-there-be-color"))("sharp");
const example = join(import.meta.dirname, "train.mjs");
let folder;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "ltbc-example-"));
  for (const [scene, sky] of [
    ["day", [90, 140, 230]],
    ["dusk", [230, 120, 60]],
  ]) {
    await mkdir(join(folder, "photographs", scene), { recursive: true });
    for (let i = 0; i < 10; i++) {
      const pixels = Uint8Array.from({ length: 96 * 80 * 3 }, (_, at) => {
        const y = Math.floor(at / 3 / 96);
        return y < 40 ? sky[at % 3] + ((i * 7 + y) % 20) : [60, 90 + i, 30][at % 3];
      });
      await sharp(pixels, { raw: { width: 96, height: 80, channels: 3 } })
        .png()
        .toFile(join(folder, "photographs", scene, `${i}.png`));
    }
  }
  await sharp(join(folder, "photographs/day/0.png")).grayscale().toFile(join(folder, "grey.png"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const run = (...parameters) =>
  promisify(execFile)(process.execPath, [example, ...parameters], { cwd: folder });

it("trains, and colourises with what it has trained", async () => {
  const { stdout } = await run("photographs", "grey.png", "colored.png");
  expect(stdout).toMatch(/18 pictures, 2 to validate on/);
  expect(stdout).toMatch(/epoch 4: validation colour loss 0\.\d+/);
  expect(stdout).toMatch(/finished after 8 steps: runs.compact-\d+-\d+.model\.onnx/);
  expect(stdout).toMatch(/It looks like: (day|dusk)/);
  const { width, height, channels } = await sharp(join(folder, "colored.png")).metadata();
  expect([width, height, channels]).toEqual([96, 80, 3]);
});

it("says what is wrong, and of which kind it is", async () => {
  const failed = await run("nowhere", "grey.png", "no.png").catch((error) => error);
  expect(failed.code).toBe(1);
  expect(failed.stderr).toMatch(/no file or folder nowhere.*\(input-missing\)/);
});
