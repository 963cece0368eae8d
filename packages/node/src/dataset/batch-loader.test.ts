import { UserError } from "@let-there-be-color/core/user-error";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { collect, datasetOf, loaderOf, picturesOf } from "../testing/batch-loading.js";
import { flatPicture, noisePicture, temporaryFolder } from "../testing/pictures.js";
import type { WorkerPool } from "../threads/worker-pool.js";
import type { Dataset } from "./dataset.js";
import { openDataset } from "./open-dataset.js";

describe("training batches", () => {
  let dataset: Dataset;
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  beforeAll(async () => {
    const files: Record<string, Buffer> = { "a/broken.jpg": Buffer.from("text") };
    for (let i = 0; i < 13; i++) {
      files[`${i % 3 === 0 ? "a" : "b"}/${i}.png`] = await noisePicture(i, 40, 32);
    }
    folder = await temporaryFolder(files);
    dataset = await openDataset([folder.path]);
  });
  afterAll(() => folder.remove());

  it("are shaped as promised and need no shared memory", async () => {
    const loader = await loaderOf(dataset, {});
    const batches = await collect(loader.epoch(0));
    expect(loader.batchesPerEpoch).toBe(3);
    expect(batches.length).toBe(3);
    for (const { count, size, lightness, ab, labels } of batches) {
      expect([count, size]).toEqual([4, 4]);
      expect([lightness.length, ab.length, labels.length]).toEqual([4 * 256, 8 * 256, 4]);
      expect([lightness.buffer, ab.buffer, labels.buffer].map(String)).toEqual(
        Array(3).fill("[object ArrayBuffer]"),
      );
      expect(lightness.every((value) => value >= 0 && value <= 100.001)).toBe(true);
      expect(labels.every((label) => label === 0n || label === 1n)).toBe(true);
    }
  });

  it("are the same for any number of workers and look-ahead", async () => {
    const one = await loaderOf(dataset, { seed: 5, workers: 1, lookahead: 1 });
    const three = await loaderOf(dataset, { seed: 5, workers: 3, lookahead: 7 });
    for (const epoch of [0, 1]) {
      expect(await collect(three.epoch(epoch))).toEqual(await collect(one.epoch(epoch)));
    }
    expect(three.report()).toEqual(one.report());
  });

  it("are the same after resuming in the middle of an epoch", async () => {
    const straight = await loaderOf(dataset, { seed: 5 });
    await collect(straight.epoch(0));
    const batches = await collect(straight.epoch(1));
    const resumed = await loaderOf(dataset, { seed: 5 });
    expect(await collect(resumed.epoch(1, 2))).toEqual(batches.slice(2));
    expect(await collect(resumed.epoch(1, 3))).toEqual([]);
    expect(await collect(resumed.epoch(1, 1))).toEqual(batches.slice(1));
  });

  it("differ between epochs and seeds", async () => {
    const first = await loaderOf(dataset, { seed: 5 });
    const other = await loaderOf(dataset, { seed: 6 });
    const batches = [
      ...(await collect(first.epoch(0))),
      ...(await collect(first.epoch(1))),
      ...(await collect(other.epoch(0))),
    ].map((batch) => picturesOf(batch).join());
    expect(new Set(batches).size).toBe(9);
  });

  it("are cropped and flipped in many ways", async () => {
    // A ramp from left to right: its first and last colour tell the crop and the flip.
    const width = 32;
    const rows = Array.from({ length: 32 }, () => Array.from({ length: width }, (_, x) => x * 8));
    const ramp = Buffer.from(rows.flat().flatMap((value) => [value, 128, 255 - value]));
    const png = await sharp(ramp, { raw: { width, height: 32, channels: 3 } })
      .png()
      .toBuffer();
    const files = Object.fromEntries(Array.from({ length: 64 }, (_, i) => [`${i}.png`, png]));
    const loader = await loaderOf(await datasetOf(files), { batchSize: 64, resize: 32 });
    const [batch] = await collect(loader.epoch(0));
    let flipped = 0;
    const lefts = new Set<number>();
    for (let i = 0; i < 64; i++) {
      // First row of the b* plane, where b* rises with the ramp.
      const b = batch!.ab.subarray((2 * i + 1) * 256, (2 * i + 1) * 256 + 16);
      if (b[0]! > b[15]!) flipped++;
      lefts.add(Math.round(100 * Math.min(b[0]!, b[15]!)));
    }
    expect(flipped).toBeGreaterThan(16);
    expect(flipped).toBeLessThan(48);
    // 17 offsets are possible: 64 draws meet nearly all of them.
    expect(lefts.size).toBeGreaterThan(12);
    expect(lefts.size).toBeLessThanOrEqual(17);
  });

  it("show a half to all of a picture at their size, none of it enlarged unless it is small", async () => {
    // A ramp from left to right: the distance of its first and last lightness tells the share shown.
    const ramp = async (width: number) => {
      const row = Array.from({ length: width }, (_, x) => 70 + (180 * (x + 0.5)) / width);
      const rgb = Buffer.from(row.flatMap((value) => [value, value / 2, value / 2]));
      return sharp(Buffer.concat(new Array<Buffer>(width).fill(rgb)), {
        raw: { width, height: width, channels: 3 },
      })
        .png()
        .toBuffer();
    };
    // Rise of L* that each crop of 16 pixels shows.
    const shares = async (width: number, mode: "training" | "validation") => {
      const png = await ramp(width);
      const files = Object.fromEntries(Array.from({ length: 64 }, (_, i) => [`${i}.png`, png]));
      const views = [0.5, 1] as const;
      const options = { mode, batchSize: 64, resize: 32, views };
      const loader = await loaderOf(await datasetOf(files), options);
      const [batch] = await collect(loader.epoch(0));
      return Array.from({ length: 64 }, (_, i) => {
        const row = batch!.lightness.subarray(i * 256, i * 256 + 16);
        return Math.abs(row[0]! - row[15]!);
      });
    };
    const whole = Math.max(...(await shares(32, "validation")));
    const large = (await shares(64, "training")).map((share) => share / whole);
    expect(Math.min(...large)).toBeLessThan(0.62);
    expect(Math.max(...large)).toBeGreaterThan(0.93);
    // 20 pixels: a view of 16 and more is a share of 0.8 and more.
    const medium = (await shares(20, "training")).map((share) => share / whole);
    expect(Math.min(...medium)).toBeGreaterThan(0.72);
    // Smaller than the crop: always all of it, enlarged.
    const small = (await shares(12, "training")).map((share) => share / whole);
    expect(Math.min(...small)).toBeGreaterThan(0.9);
  });

  it("hold every picture exactly once in an epoch where all are usable", async () => {
    const colors = Array.from({ length: 12 }, (_, i) => [20 * i, 40, 250 - 20 * i] as const);
    const files: Record<string, Buffer> = {};
    for (const [i, color] of colors.entries()) files[`${i}.png`] = await flatPicture(color);
    const loader = await loaderOf(await datasetOf(files), {});
    const batches = await collect(loader.epoch(3));
    const pictures = batches.flatMap(picturesOf);
    expect(pictures.length).toBe(12);
    expect(new Set(pictures).size).toBe(12);
  });

  it("are made ahead while the main thread is blocked", async () => {
    const loader = await loaderOf(dataset, { batchSize: 1, workers: 2, lookahead: 5 });
    const batches = loader.epoch(0);
    await batches.next();
    const deadline = Date.now() + 30_000;
    // No await in here: nothing but the workers can make progress.
    while (loader.ready < 5 && Date.now() < deadline);
    expect(loader.ready).toBe(5);
    await batches.next();
    await batches.return();
  });

  it("come from memory in later epochs, the same as from files", async () => {
    const files: Record<string, Buffer> = { "grey.png": await flatPicture([9, 9, 9]) };
    for (let i = 0; i < 9; i++) files[`${i}.png`] = await noisePicture(i, 40, 32);
    const { path, remove } = await temporaryFolder(files);
    const pictures = await openDataset([path]);
    const fromFiles = await loaderOf(pictures, { seed: 5 });
    const expected = [await collect(fromFiles.epoch(0)), await collect(fromFiles.epoch(1))];
    const workers = { workers: 2, cacheBytes: 2 ** 26 };
    const loader = await loaderOf(pictures, { seed: 5, ...workers });
    const validation = await loaderOf(pictures, { mode: "validation", ...workers });
    expect(await collect(loader.epoch(0))).toEqual(expected[0]);
    const validated = await collect(validation.epoch(0));
    await remove();
    expect(await collect(validation.epoch(0))).toEqual(validated);
    expect(validation.report().grey.map(({ name }) => name.slice(-8))).toEqual(["grey.png"]);
    // Training drops the rest of an epoch: two of the pictures may not have been met.
    const later = (await collect(loader.epoch(1))).flatMap(picturesOf);
    const met = new Set(loader.report().broken.map(({ name }) => name.slice(-5)));
    expect(met.size).toBeLessThanOrEqual(2);
    const same = later.filter((each, i) => each === expected[1]!.flatMap(picturesOf)[i]);
    expect(same.length).toBeGreaterThanOrEqual(later.length - met.size);
  });

  it("may be left early, and begun again", async () => {
    const loader = await loaderOf(dataset, { seed: 5, lookahead: 3 });
    const whole = await collect(loader.epoch(0));
    for await (const batch of loader.epoch(0)) {
      expect(batch).toEqual(whole[0]);
      break;
    }
    expect(await collect(loader.epoch(0))).toEqual(whole);
    expect(loader.ready).toBe(0);
  });
});

describe("colour and labels", () => {
  it("survive the way from file to batch", async () => {
    // CIELAB (D65) of sRGB primaries after Lindbloom.
    const expected = [
      { name: "a/blue.webp", rgb: [0, 0, 255], lab: [32.3, 79.19, -107.86] },
      { name: "b/green.png", rgb: [0, 255, 0], lab: [87.73, -86.18, 83.18] },
      { name: "b/red.png", rgb: [255, 0, 0], lab: [53.24, 80.09, 67.2] },
    ] as const;
    const files: Record<string, Buffer> = {};
    for (const { name, rgb } of expected) {
      files[name] = await flatPicture(rgb, 50, 30, name.endsWith("webp") ? "webp" : "png");
    }
    const dataset = await datasetOf({ ...files, "loose.png": await flatPicture([255, 0, 0]) });
    const loader = await loaderOf(dataset, { mode: "validation", batchSize: 3 });
    const [first, last] = await collect(loader.epoch(0));
    for (const [index, { lab }] of expected.entries()) {
      for (const pixel of [0, 100, 255]) {
        expect(first!.lightness[256 * index + pixel]).toBeCloseTo(lab[0], 0);
        expect(first!.ab[512 * index + pixel]).toBeCloseTo(lab[1], 0);
        expect(first!.ab[512 * index + 256 + pixel]).toBeCloseTo(lab[2], 0);
      }
    }
    expect([...first!.labels]).toEqual([0n, 1n, 1n]);
    expect([...last!.labels]).toEqual([-1n, -1n, -1n]);
  });
});

describe("validation batches", () => {
  it("hold every usable picture once, in order, compacted", async () => {
    const dataset = await datasetOf({
      "1.png": await flatPicture([200, 0, 0]),
      "2.png": await flatPicture([100, 100, 100]),
      "3.png": await flatPicture([0, 200, 0]),
      "4.jpg": "text",
      "5.png": await flatPicture([0, 0, 200]),
      "6.png": await flatPicture([90, 90, 90]),
      "7.png": await flatPicture([90, 90, 90]),
      "8.png": await flatPicture([90, 90, 90]),
      "9.png": await flatPicture([0, 200, 200]),
    });
    const loader = await loaderOf(dataset, { mode: "validation", batchSize: 4, lookahead: 1 });
    expect(loader.batchesPerEpoch).toBe(3);
    const batches = await collect(loader.epoch(0));
    // The second batch keeps 5.png alone; the third is partial.
    expect(batches.map(({ count }) => count)).toEqual([2, 1, 1]);
    const [first] = batches;
    // sRGB (200, 0, 0) is L* 41.66.
    expect(first!.lightness[0]).toBeCloseTo(41.66, 1);
    expect(first!.ab[512]).toBeLessThan(-60);
    expect(first!.lightness.subarray(512).every((value) => value === 0)).toBe(true);
    expect(first!.ab.subarray(1024).every((value) => value === 0)).toBe(true);
    const { broken, grey } = loader.report();
    expect(broken.map(({ name }) => name)).toEqual([expect.stringMatching(/\/4\.jpg$/)]);
    expect(grey.map(({ name }) => name.slice(-5))).toEqual(["2.png", "6.png", "7.png", "8.png"]);
  });

  it("are cropped from the centre, and keep grey pictures if told so", async () => {
    const border = await flatPicture([0, 0, 0], 40, 40);
    const framed = await sharp(border)
      .composite([{ input: await flatPicture([128, 128, 128], 20, 20), left: 10, top: 10 }])
      .png()
      .toBuffer();
    const loader = await loaderOf(await datasetOf({ "1.png": framed }), {
      mode: "validation",
      crop: 20,
      resize: 40,
      minimumChroma: 0,
    });
    const [batch] = await collect(loader.epoch(0));
    expect(batch!.count).toBe(1);
    // sRGB grey 128 is L* 53.59.
    for (const lightness of batch!.lightness.subarray(0, 400))
      expect(lightness).toBeCloseTo(53.59, 1);
  });

  it("fail if nothing is usable", async () => {
    const dataset = await datasetOf({ "1.png": await flatPicture([5, 5, 5]), "2.png": "" });
    const loader = await loaderOf(dataset, { mode: "validation" });
    await expect(collect(loader.epoch(0))).rejects.toThrow(/1 are broken, 1 are grey/);
  });
});

describe("life of a loader", () => {
  const flat = async () => datasetOf({ "1.png": await flatPicture([200, 0, 0]) });

  it("ends with close, which fails loops that wait", async () => {
    const loader = await loaderOf(await flat(), { batchSize: 1 });
    const batches = loader.epoch(0);
    const waiting = batches.next();
    await Promise.all([
      loader.close(),
      expect(waiting).rejects.toThrow("The batch loader has been closed."),
    ]);
    await loader.close();
    await expect(loader.epoch(1).next()).rejects.toThrow("The batch loader has been closed.");
  });

  it("ends with an error if a thread dies", async () => {
    const loader = await loaderOf(await flat(), { batchSize: 1, workers: 2 });
    const { workers } = loader as unknown as { workers: { pool: WorkerPool<unknown, unknown> } };
    workers.pool.post(0, null); // no request: kills
    await expect(loader.epoch(0).next()).rejects.toThrow(/A thread of the batch loader has died/);
    await loader.close();
  });

  it("does not begin with impossible options", async () => {
    const dataset = await flat();
    for (const options of [
      { batchSize: 0 },
      { batchSize: 2 },
      { crop: 0 },
      { crop: 30, resize: 20 },
      { minimumChroma: Number.NaN },
      { seed: 0.5 },
      { workers: 0 },
      { lookahead: 0 },
    ]) {
      await expect(loaderOf(dataset, { batchSize: 1, ...options })).rejects.toBeInstanceOf(
        UserError,
      );
    }
    const loader = await loaderOf(dataset, { batchSize: 1 });
    await expect(loader.epoch(0, 2).next()).rejects.toBeInstanceOf(UserError);
  });
});
