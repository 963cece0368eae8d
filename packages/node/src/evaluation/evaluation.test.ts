import { execFile } from "node:child_process";
import { mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import sharp from "sharp";
import { beforeAll, describe, expect, it } from "vitest";
import { itemPath, openDataset } from "../dataset/index.js";
import { noisePicture } from "../testing/pictures.js";
import { folderForTests } from "../testing/temporary-folder.js";
import { tinyColorModel, tinyDistributionModel } from "../testing/tiny-color-model.js";
import { Evaluation, type EvaluationProgress } from "./evaluate.js";
import { pairPictures } from "./pairing.js";
import { decodeForProtocol, parseProtocol } from "./protocol.js";
import { escapeHtml } from "./report/html.js";
import type { EvaluationResult } from "./summary.js";
import { loadModelCandidate } from "./systems.js";

const command = pathToFileURL(join(import.meta.dirname, "../cli/main.js"));
const script = `import { main } from ${JSON.stringify(command)};
process.exitCode = await main(process.argv.slice(2));`;

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the real command line in a process of its own. */
async function ltbc(...args: string[]): Promise<Ended> {
  const run = promisify(execFile);
  const parameters = [launcher, "evaluate", ...args];
  try {
    return { code: 0, ...(await run(process.execPath, parameters)) };
  } catch (error) {
    const { code, stdout, stderr } = error as Ended & { code: number };
    return { code, stdout, stderr };
  }
}

/** A picture of soft colours: a gradient in each channel. */
function gradient(width: number, height: number, hue: number): Promise<Buffer> {
  const rgb = new Uint8Array(3 * width * height);
  for (let i = 0; i < width * height; i++) {
    const x = (i % width) / width;
    const y = Math.floor(i / width) / height;
    rgb[3 * i + (hue % 3)] = 80 + 120 * x;
    rgb[3 * i + ((hue + 1) % 3)] = 60 + 100 * y;
    rgb[3 * i + ((hue + 2) % 3)] = 90 + 60 * (x + y) * 0.5;
  }
  return sharp(rgb, { raw: { width, height, channels: 3 } })
    .png()
    .toBuffer();
}

async function put(folder: string, name: string, bytes: Uint8Array): Promise<void> {
  await mkdir(dirname(join(folder, name)), { recursive: true });
  await writeFile(join(folder, name), bytes);
}

const folder = await folderForTests();
const launcher = join(folder, "launch.mjs");
const truth = join(folder, "truth");
const model = join(folder, "warm.onnx");
const other = join(folder, "cold.onnx");
const distributions = join(folder, "distributions.onnx");
const nasty = `red<img src=x>&"`;

beforeAll(async () => {
  await writeFile(launcher, script);
  for (let i = 0; i < 4; i++) await put(truth, `bright/${i}.png`, await gradient(40, 32, 0));
  for (let i = 0; i < 3; i++) await put(truth, `${nasty}/${i}.png`, await gradient(32, 40, i));
  const scenesPerLightness = { dark: 0.5, bright: 1, [nasty]: 0.2 };
  const warm = { aPerLightness: 0.2, bPerLightness: 0.3, workingSize: 32, scenesPerLightness };
  await writeFile(model, tinyColorModel(warm));
  await writeFile(other, tinyColorModel({ ...warm, bPerLightness: -0.3 }));
  await writeFile(distributions, tinyDistributionModel());
});

describe("ltbc evaluate", () => {
  it("puts the model beside both baselines, and writes page, JSON and CSV", async () => {
    const report = join(folder, "report");
    const { code, stdout, stderr } = await ltbc(truth, "-m", model, "--report", report);
    expect(stderr.replace(/\s/g, "")).toBe("");
    expect(code).toBe(0);
    expect(stdout).toMatch(/warm\.onnx +grey +average colour +truth/);
    const result = JSON.parse(
      await readFile(join(report, "summary.json"), "utf8"),
    ) as EvaluationResult;
    expect(result.pictures).toBe(7);
    const [warm, grey, average] = result.systems;
    expect(grey!.metrics.colorfulness!.value).toBe(0);
    expect(average!.metrics.colorfulness!.value).toBeGreaterThan(0);
    expect(warm!.metrics.sepia!.value).toBeGreaterThan(0.3);
    for (const { metrics } of result.systems) {
      expect(metrics.lightnessDrift!.value).toBeLessThan(0.3);
      expect(metrics.psnr!.low).toBeLessThanOrEqual(metrics.psnr!.value);
      expect(metrics.psnr!.high).toBeGreaterThanOrEqual(metrics.psnr!.value);
    }
    // The classifier says "bright" to everything: right for 4 of 7.
    expect(warm!.metrics.top1!.value).toBeCloseTo((100 * 4) / 7, 6);
    expect(warm!.metrics.top5!.value).toBe(100);
    expect(result.confusions).toEqual([
      { truth: "bright", predicted: "bright", pictures: 4 },
      { truth: nasty, predicted: "bright", pictures: 3 },
    ]);
    expect(result.classes.map(({ name, top1 }) => [name, top1])).toEqual([
      ["bright", 100],
      [nasty, 0],
    ]);
    const csv = await readFile(join(report, "pictures.csv"), "utf8");
    expect(csv.split("\r\n")).toHaveLength(9);
    expect(csv).toContain(`"red<img src=x>&"""`);
    const page = await readFile(join(report, "report.html"), "utf8");
    expect(page).not.toContain("red<img");
    expect(page).toContain(escapeHtml(nasty));
    expect(page).toContain("data:image/jpeg;base64,");
    expect(page).not.toMatch(/(src|href)="(https?:)?\/\//);
    expect(page).toContain("Wrong understanding");
    const again = await ltbc(truth, "-m", model, "--report", report);
    expect(again.code).toBe(2);
    expect(again.stderr).toContain("--overwrite");
  });

  it("scores the truth itself as perfect, from a folder under other extensions", async () => {
    const copies = join(folder, "copies");
    for (const name of await readdir(truth, { recursive: true })) {
      const file = join(truth, name);
      if ((await stat(file)).isDirectory()) continue;
      const tiff = await sharp(await readFile(file))
        .tiff({ compression: "none" })
        .toBuffer();
      await put(copies, name.replace(/\.png$/, ".color.tif"), tiff);
    }
    const { code, stdout } = await ltbc(truth, "--predictions", copies, "--json", "--quiet");
    expect(code).toBe(0);
    const lines = stdout.trim().split("\n");
    expect(lines).toHaveLength(8);
    const { summary } = JSON.parse(lines[7]!) as { summary: EvaluationResult };
    const { metrics } = summary.systems[0]!;
    expect(metrics.psnr!.value).toBe(100);
    expect(metrics.ssim!.value).toBeCloseTo(1, 9);
    expect(metrics.ciede2000!.value).toBe(0);
    expect(metrics.colorfulnessRatio!.value).toBeCloseTo(1, 9);
    expect(metrics.aucRebalanced!.value).toBeCloseTo(100, 6);
    expect(metrics.top1!.value).toBeNull();
  });

  it("names what cannot be judged, judges the rest and exits with 1", async () => {
    const mixed = join(folder, "mixed");
    const predictions = join(folder, "predictions");
    for (let i = 0; i < 6; i++) await put(mixed, `${i}.png`, await gradient(40, 32, i));
    await put(
      mixed,
      "grey.png",
      await gradient(32, 32, 0).then((b) => sharp(b).grayscale().toBuffer()),
    );
    for (let i = 0; i < 2; i++) await put(predictions, `${i}.png`, await gradient(40, 32, i + 1));
    await put(predictions, "2.png", await gradient(20, 16, 0)); // of another size
    await put(predictions, "3.png", Buffer.from("no picture"));
    await put(predictions, "5.jpg", await gradient(40, 32, 0)); // two of one name
    await put(predictions, "5.tif", await gradient(40, 32, 0));
    await put(predictions, "grey.png", await gradient(32, 32, 0));
    await put(predictions, "stranger.png", await gradient(40, 32, 0));
    await put(mixed, "broken.jpg", Buffer.from("nothing"));
    await put(predictions, "broken.jpg", await gradient(40, 32, 0));
    const { code, stdout, stderr } = await ltbc(mixed, "--predictions", predictions, "--json");
    expect(code).toBe(1);
    const summary = JSON.parse(stdout.trim().split("\n").at(-1)!).summary as EvaluationResult;
    expect(summary.pictures).toBe(2);
    expect(summary.grey).toHaveLength(1);
    const reasons = Object.fromEntries(
      summary.failures.map(({ name, reason }) => [name.split("/").at(-1), reason]),
    );
    expect(Object.keys(reasons).sort()).toEqual(
      ["2.png", "3.png", "4.png", "5.png", "broken.jpg", "stranger.png"].sort(),
    );
    expect(reasons["2.png"]).toContain("20 x 16 pixels, expected 40 x 32");
    expect(reasons["4.png"]).toContain("no picture of its name");
    expect(reasons["5.png"]).toContain("several pictures");
    expect(reasons["stranger.png"]).toContain("without a truth");
    for (const name of Object.keys(reasons)) expect(stderr).toContain(name);
    expect(stderr).toContain("6 pictures could not be judged, the other 2 were");
  });

  it("compares two models on paired pictures", async () => {
    const report = join(folder, "comparison");
    const { code, stdout } = await ltbc(
      ...["--compare", model, other, truth, "--report", report, "--unlabelled", "--limit", "5"],
    );
    expect(code).toBe(0);
    expect(stdout).toContain("warm.onnx - cold.onnx");
    const result = JSON.parse(
      await readFile(join(report, "summary.json"), "utf8"),
    ) as EvaluationResult;
    const [first, second] = result.systems;
    const difference = result.differences[0]!;
    expect(difference).toMatchObject({ of: "warm.onnx", minus: "cold.onnx" });
    expect(difference.metrics.ciede2000!.value).toBeCloseTo(
      first!.metrics.ciede2000!.value - second!.metrics.ciede2000!.value,
      9,
    );
    expect(result.pictures).toBe(5);
    expect(result.classes).toEqual([]);
    const page = await readFile(join(report, "report.html"), "utf8");
    expect(page).toContain("Where they differ most");
    expect(page).toContain("cold.onnx is closer");
  });

  it("judges several read-outs of one model, each as a system, beside another model", async () => {
    const report = join(folder, "read-outs");
    const { code, stdout, stderr } = await ltbc(
      ...["--compare", distributions, model, "--colors", "faithful", "natural", "vivid", truth],
      ...["--report", report, "--quiet"],
    );
    expect(stderr.replace(/\s/g, "")).toBe("");
    expect(code).toBe(0);
    const names = ["faithful", "natural", "vivid"].map((name) => `distributions.onnx ${name}`);
    expect(stdout).toMatch(new RegExp([...names, "warm.onnx", "grey"].join(" +")));
    const result = JSON.parse(
      await readFile(join(report, "summary.json"), "utf8"),
    ) as EvaluationResult;
    expect(result.systems.map(({ name }) => name)).toEqual([
      ...names,
      ...["warm.onnx", "grey", "average colour"],
    ]);
    const [faithful, natural] = result.systems;
    expect(faithful!.metrics.colorfulness!.value).toBeLessThan(
      0.9 * natural!.metrics.colorfulness!.value,
    );
    expect(result.differences.slice(0, 6).map(({ of, minus }) => [of, minus])).toEqual([
      ...[
        [names[0], names[1]],
        [names[0], names[2]],
        [names[0], "warm.onnx"],
      ],
      ...[
        [names[1], names[2]],
        [names[1], "warm.onnx"],
        [names[2], "warm.onnx"],
      ],
    ]);
    expect(await readFile(join(report, "report.html"), "utf8")).toContain(names[2]);
    const alone = await ltbc(truth, "--compare", distributions, "--colors", "natural", "vivid");
    expect(alone.stdout).toContain(`${names[1]} - ${names[2]}`);
  });

  it("counts the pictures with much less colour than their truths", async () => {
    const { stdout } = await ltbc(truth, "-m", model, "--json", "--quiet");
    const lines = stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    const { systems } = lines.at(-1).summary as EvaluationResult;
    const rows = lines.slice(0, -1);
    const pale = rows.filter(
      ({ systems: of, truth: own }) => of["warm.onnx"].colorfulness < 0.4 * own.colorfulness,
    );
    expect(systems[0]!.metrics.sepiaShare!.value).toBeCloseTo((100 * pale.length) / rows.length, 6);
    expect(systems[1]!.metrics.sepiaShare!.value).toBe(100); // grey
  });

  it("explains wrong usage and exits with 2", async () => {
    expect((await ltbc(truth, "-m", model, "--protocol", "big")).stderr).toContain("val5k-crop256");
    const none = await ltbc("-m", model);
    expect(none.code).toBe(2);
    expect(none.stderr).toContain("ltbc evaluate photos");
    const single = await ltbc(truth, "-m", model, "--colors", "vivid");
    expect(single.code).toBe(2);
    expect(single.stderr).toMatch(/one colour for each place.* --colors /);
    const unknown = await ltbc(truth, "-m", distributions, "--colors", "garish");
    expect(unknown.stderr).toContain("faithful, natural, vivid but received garish");
    expect((await ltbc(truth, "--compare", model)).stderr).toContain("several --colors");
    const missing = await ltbc(truth, "-m", join(folder, "missing.onnx"));
    expect(missing.stderr).toContain("missing.onnx cannot be read (ENOENT)");
  });
});

describe("protocols", () => {
  const sizeAt = async (protocol: string, width: number, height: number) => {
    const bytes = await noisePicture(1, width, height);
    const picture = await decodeForProtocol(bytes, parseProtocol(protocol));
    expect(picture.rgb).toHaveLength(3 * picture.width * picture.height);
    expect(picture.original).toEqual({ width, height });
    return [picture.width, picture.height];
  };

  it("brings pictures to their sizes", async () => {
    expect(await sizeAt("ctest256", 300, 100)).toEqual([256, 256]);
    expect(await sizeAt("val5k-crop256", 300, 100)).toEqual([256, 256]);
    expect(await sizeAt("short256", 300, 100)).toEqual([300, 100]);
    expect(await sizeAt("short64", 300, 100)).toEqual([192, 64]);
  });

  it("crops from the centre, and squashes the whole", async () => {
    // Left third red, middle green, right blue.
    const strip = await sharp(
      Uint8Array.from({ length: 3 * 90 * 30 }, (_, i) =>
        i % 3 === Math.floor((Math.floor(i / 3) % 90) / 30) ? 255 : 0,
      ),
      { raw: { width: 90, height: 30, channels: 3 } },
    )
      .png()
      .toBuffer();
    const greenShare = async (protocol: string) => {
      const { rgb } = await decodeForProtocol(strip, parseProtocol(protocol));
      let sum = 0;
      for (let i = 1; i < rgb.length; i += 3) sum += rgb[i]!;
      return sum / 255 / (rgb.length / 3);
    };
    expect(await greenShare("crop30")).toBeGreaterThan(0.97);
    expect(await greenShare("squash30")).toBeCloseTo(1 / 3, 1);
  });
});

describe("pairing", () => {
  it("falls back to file names where no path fits", async () => {
    await put(join(folder, "pair-a"), "x/1.png", await gradient(16, 16, 0));
    await put(join(folder, "pair-b"), "1.jpg", await gradient(16, 16, 0));
    const pairing = pairPictures(
      await openDataset([join(folder, "pair-a")]),
      await openDataset([{ path: join(folder, "pair-b"), labelled: false }]),
    );
    expect([...pairing.predictionOf]).toEqual([0]);
    expect(pairing.unused).toEqual([]);
  });
});

describe("an evaluation in a program", () => {
  it("tells how far it is, can be stopped, and closes itself", async () => {
    const dataset = await openDataset([truth]);
    const protocol = parseProtocol("short32");
    const start = async () => {
      const candidate = await loadModelCandidate(model, undefined, { threads: 1 });
      return Evaluation.start({ truth: dataset, candidates: [candidate], protocol, workers: 1 });
    };
    const seen: string[] = [];
    await using evaluation = await start();
    const { rows } = await evaluation.collect({
      onProgress: ({ type, done, pictures }) => seen.push(`${type} ${done}/${pictures}`),
    });
    expect(seen).toEqual(Array.from({ length: 7 }, (_, i) => `picture ${i + 1}/7`));
    expect(rows.map(({ name }) => name)).toEqual(
      dataset.items.map((item) => itemPath(dataset, item)),
    );
    await using stopped = await start();
    const stop = new AbortController();
    const onProgress = ({ done }: EvaluationProgress) => done === 2 && stop.abort("enough");
    await expect(stopped.collect({ signal: stop.signal, onProgress })).rejects.toBe("enough");
  });
});
