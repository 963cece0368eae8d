// --hint, --hints, --reference and --rotate, as a user meets them.

import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import sharp from "sharp";
import { beforeAll, describe, expect, it } from "vitest";
import { JOURNAL_FILE } from "../archive/journal.js";
import { runCommand } from "../testing/run-command.js";
import { folderForTests } from "../testing/temporary-folder.js";
import { tinyColorModel, tinyGuidedModel } from "../testing/tiny-color-model.js";
import { hintsOfPictures } from "./hints-of-pictures.js";

const root = await folderForTests();
const model = join(root, "guided.onnx");
const album = join(root, "album");
const anna = join(album, "faces", "anna.png");
const bert = join(album, "bert.png");

const flat = (code: number) =>
  sharp(new Uint8Array(64 * 48).fill(code), { raw: { width: 64, height: 48, channels: 1 } })
    .png()
    .toBuffer();

beforeAll(async () => {
  await mkdir(join(album, "faces"), { recursive: true });
  for (const path of [anna, bert]) await writeFile(path, await flat(150));
  await writeFile(model, tinyGuidedModel());
});

let runs = 0;

/** Colourises into a new folder. */
async function colorize(...args: string[]) {
  const output = join(root, `output-${runs++}`);
  const usual = ["colorize", "--model", model, "--threads", "1", "--size", "48", "-o", output];
  const { code, stderr } = await runCommand([...usual, ...args]);
  return { code, stderr, output };
}

/** Red minus blue at a pixel of a picture. */
async function redness(path: string, x: number, y: number): Promise<number> {
  const { data, info } = await sharp(path).raw().toBuffer({ resolveWithObject: true });
  const at = (y * info.width + x) * info.channels;
  return data[at]! - data[at + 2]!;
}

async function jsonFile(content: unknown): Promise<string> {
  const path = join(root, `hints-${runs++}.json`);
  await writeFile(path, typeof content === "string" ? content : JSON.stringify(content));
  return path;
}

const red = { color: "#c04020", radius: 3 };

describe("hints on the command line", () => {
  it("are repeated, with or without a radius", async () => {
    const { code, stderr, output } = await colorize(
      ...[bert, "--hint", "50,7,#c04020", "--hint", "10,40,#2040c0,4"],
    );
    expect([code, stderr.match(/error/)]).toEqual([0, null]);
    const result = join(output, "bert.png");
    expect(await redness(result, 50, 7)).toBeGreaterThan(40);
    expect(await redness(result, 10, 40)).toBeLessThan(-40);
    expect(await redness(result, 13, 40)).toBeLessThan(-40);
    expect(await redness(result, 53, 7)).toBe(0);
    expect(await redness(result, 30, 24)).toBe(0);
  });

  it("come from a file for one picture, and by name for several", async () => {
    const list = await jsonFile([{ x: 20, y: 20, ...red }]);
    const one = await colorize(bert, "--hints", list, "--hint", "50,7,#2040c0");
    expect(await redness(join(one.output, "bert.png"), 20, 20)).toBeGreaterThan(40);
    expect(await redness(join(one.output, "bert.png"), 50, 7)).toBeLessThan(-40);
    const byName = await jsonFile({
      "faces/anna.png": [{ x: 20, y: 20, ...red }],
      [bert]: [{ x: 40, y: 30, ...red }],
    });
    const { code, output } = await colorize(album, "--hints", byName);
    expect(code).toBe(0);
    const results = [join(output, "faces", "anna.png"), join(output, "bert.png")] as const;
    expect(await redness(results[0], 20, 20)).toBeGreaterThan(40);
    expect(await redness(results[0], 40, 30)).toBe(0);
    expect(await redness(results[1], 40, 30)).toBeGreaterThan(40);
    expect(await redness(results[1], 20, 20)).toBe(0);
  });

  it.each([
    ["green", /x,y,#rrggbb/],
    ["1,2,green", /x,y,#rrggbb/],
    ["1,,#c04020", /x,y,#rrggbb/],
    ["1,2,#c04020,0", /x,y,#rrggbb/],
    ["1,2,#c04020,3,4", /x,y,#rrggbb/],
  ])("--hint %s is refused", async (text, message) => {
    const { code, stderr, output } = await colorize(bert, "--hint", text);
    expect(stderr).toMatch(message);
    expect(code).toBe(2);
    await expect(readdir(output)).rejects.toThrow(/ENOENT/);
  });

  it.each([
    ["[{", /is no JSON/],
    ["3", /expected a list/],
    [[{ x: 1, y: 2 }], /hints-\d+\.json: Expected hint 1 to have a color/],
    [{ "bert.png": [{ x: 1, y: 2, color: "red" }] }, /json, bert\.png: Expected hint 1/],
    [{ "bert.png": { x: 1 } }, /json, bert\.png: Expected --hints as a list/],
    [{ "berta.png": [] }, /berta\.png is none of the pictures/],
    [{ "ert.png": [] }, /ert\.png is none of the pictures/],
    [[{ x: 1, y: 2, ...red }], /for one picture, and there are 2/],
  ])("a file with %j is refused before the work", async (content, message) => {
    const { code, stderr, output } = await colorize(album, "--hints", await jsonFile(content));
    expect(stderr).toMatch(message);
    expect(stderr.trimEnd()).not.toContain("\n");
    expect(code).toBe(2);
    await expect(readdir(output)).rejects.toThrow(/ENOENT/);
  });

  it("by a name that several pictures have are refused, by more of the path taken", async () => {
    const second = join(root, "second");
    await mkdir(join(second, "b"), { recursive: true });
    for (const path of ["anna.png", join("b", "anna.png")]) {
      await writeFile(join(second, path), await readFile(anna));
    }
    const hints = [{ x: 20, y: 20, ...red }];
    const unclear = await colorize(second, "--hints", await jsonFile({ "anna.png": hints }));
    expect(unclear.stderr).toMatch(
      /for anna\.png may be those of .*second.* or .*; write more of its path/,
    );
    const clear = await colorize(second, "--hints", await jsonFile({ "b/anna.png": hints }));
    expect(await redness(join(clear.output, "b", "anna.png"), 20, 20)).toBeGreaterThan(40);
    expect(await redness(join(clear.output, "anna.png"), 20, 20)).toBe(0);
  });

  it("outside of a picture fail it alone, and are refused by models without hints", async () => {
    const byName = { "anna.png": [{ x: 64, y: 0, ...red }], "bert.png": [{ x: 0, y: 0, ...red }] };
    const outside = await colorize(album, "--hints", await jsonFile(byName));
    expect(outside.code).toBe(1);
    expect(outside.stderr).toMatch(/anna\.png: Expected hint 1 to lie inside .* 64 x 48/);
    expect(await readdir(outside.output)).toEqual([JOURNAL_FILE, "bert.png"]);
    const other = join(root, "other.onnx");
    await writeFile(other, tinyColorModel());
    const refused = await colorize(bert, "--hint", "1,2,#c04020", "--model", other);
    expect([refused.code, refused.stderr.trimEnd().split("\n").length]).toEqual([2, 1]);
    expect(refused.stderr).toMatch(/no input "hints"; leave the hints out/);
  });
});

describe("hints of pictures that are still to come", () => {
  const hints = [{ x: 20, y: 20, ...red }];

  it("wait for them by name", async () => {
    const file = await jsonFile({ "late.png": hints, "bert.png": hints });
    expect([...(await hintsOfPictures({ hints: file }, [bert], true)).keys()]).toEqual([bert]);
    const late = join(album, "late.png");
    expect((await hintsOfPictures({ hints: file }, [late], true)).get(late)).toEqual(hints);
  });

  it("need a name", async () => {
    await expect(hintsOfPictures({ hint: hints }, [bert], true)).rejects.toThrow(/may be more/);
    expect((await hintsOfPictures({}, [], true)).size).toBe(0);
  });
});

describe("a reference on the command line", () => {
  it("lends its colours to all pictures, by its strength", async () => {
    const reference = join(root, "light.png");
    await writeFile(reference, await flat(255));
    const at = async (...args: string[]) => {
      const { output, code } = await colorize(album, ...args);
      expect(code).toBe(0);
      return [
        await redness(join(output, basename(bert)), 9, 9),
        await redness(join(output, "faces", basename(anna)), 9, 9),
      ];
    };
    const [full, same] = await at("--reference", reference);
    expect(full).toBeGreaterThan(40);
    expect(same).toBe(full);
    const [weak] = await at("--reference", reference, "--reference-strength", "0.3");
    expect(weak).toBeLessThan(full! / 2);
    expect(weak).toBeGreaterThan(5);
    expect(await at()).toEqual([0, 0]);
  });

  it("that is not there ends the command before anything is written", async () => {
    const { code, stderr, output } = await colorize(bert, "--reference", join(root, "none.jpg"));
    expect([code, stderr.trimEnd().split("\n").length]).toEqual([2, 1]);
    expect(stderr).toMatch(/none\.jpg does not exist/);
    await expect(readdir(output)).rejects.toThrow(/ENOENT/);
    const range = await colorize(bert, "--reference", bert, "--reference-strength", "2");
    expect(range.stderr).toMatch(/from 0 to 1/);
  });
});

describe("--rotate", () => {
  it("turns clockwise, and hints are in pixels of the turned picture", async () => {
    const args = [bert, "--rotate", "90", "--hint", "40,60,#c04020,3"];
    const { code, output } = await colorize(...args);
    expect(code).toBe(0);
    const result = join(output, "bert.png");
    const { width, height } = await sharp(result).metadata();
    expect([width, height]).toEqual([48, 64]);
    expect(await redness(result, 40, 60)).toBeGreaterThan(40);
    expect(await redness(result, 5, 5)).toBe(0);
  });

  it("takes right angles only", async () => {
    for (const angle of ["45", "-90", "x"]) {
      const { code, stderr } = await colorize(bert, `--rotate=${angle}`);
      expect([code, stderr]).toEqual([2, expect.stringMatching(/90, 180 or 270 degrees/)]);
    }
  });
});
