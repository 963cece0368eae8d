// What becomes of output that nobody takes: processes of their own, with real pipes and devices.

import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import sharp from "sharp";
import { beforeAll, describe, expect, it } from "vitest";
import { JOURNAL_FILE } from "../archive/journal.js";
import { ltbcProgram } from "../testing/ltbc-process.js";
import { grayNoisePicture } from "../testing/pictures.js";
import { folderForTests } from "../testing/temporary-folder.js";
import { tinyColorModel } from "../testing/tiny-color-model.js";

const root = await folderForTests();
const photos = join(root, "photos");
const [model, picture] = [join(root, "tiny.onnx"), join(root, "a.png")];
const names = ["0.png", "1.png", "2.png"];

beforeAll(async () => {
  await mkdir(photos);
  for (const [i, name] of names.entries()) {
    await writeFile(join(photos, name), await grayNoisePicture(i, 40, 40));
  }
  await writeFile(picture, await grayNoisePicture(9, 120, 100)); // about 36 kB in colour
  await writeFile(model, tinyColorModel({}));
});

/** A command line for `sh`; `$ltbc` is the program. */
function shell(script: string) {
  const ltbc = `"${process.execPath}" "${ltbcProgram}"`;
  const { status, stderr } = spawnSync("sh", ["-c", script.replaceAll("$ltbc", ltbc)], {
    encoding: "utf8",
    cwd: root,
  });
  return { status, stderr };
}

/** The files of a folder but the journal. */
async function picturesIn(folder: string): Promise<string[]> {
  return (await readdir(folder)).filter((name) => name !== JOURNAL_FILE);
}

const colorize = `$ltbc colorize --model tiny.onnx --threads 1`;
const onLinux = it.skipIf(!existsSync("/dev/full"));

describe("standard output that takes only a part", () => {
  it.skipIf(process.platform === "win32")(
    "of a picture is an error, whatever it has taken",
    async () => {
      expect(shell(`${colorize} - --quiet < a.png > whole.png`)).toEqual({ status: 0, stderr: "" });
      expect((await stat(join(root, "whole.png"))).size).toBeGreaterThan(20_000);
      // The file may have 8 blocks of 512 or 1024 bytes: the first write succeeds in part.
      const { status, stderr } = shell(`ulimit -f 8; ${colorize} - --quiet < a.png > cut.png`);
      const { size } = await stat(join(root, "cut.png"));
      expect(size).toBeGreaterThan(0);
      expect(size).toBeLessThan(20_000);
      expect(stderr).toMatch(/^error: .*Standard output could not be written to its end/);
      expect(stderr).not.toMatch(/^ {4}at /m);
      expect(status).toBe(1);
    },
  );

  onLinux("or nothing, of a picture is an error", () => {
    const { status, stderr } = shell(`${colorize} - < a.png > /dev/full`);
    expect(stderr).toMatch(/^error: .*the disk is full.*incomplete\.\n$/);
    expect(status).toBe(1);
  });

  it("of a picture, since the reader has ended, is an error without a stack", async () => {
    const child = spawn(process.execPath, [ltbcProgram, "-", "--model", model, "--threads", "1"], {
      stdio: ["pipe", "pipe", "pipe"],
    });
    let stderr = "";
    child.stderr.on("data", (part) => (stderr += part));
    child.stdout.destroy();
    child.stdin.end(await readFile(picture));
    const [status] = await once(child, "close");
    expect(stderr).toMatch(/^error: .*the program that reads it has ended.*\n$/);
    expect(status).toBe(1);
  });
});

describe("progress that nobody takes", () => {
  async function readerGone(words: readonly string[]) {
    const child = spawn(process.execPath, [ltbcProgram, ...words], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    let stderr = "";
    child.stderr.on("data", (part) => (stderr += part));
    child.stdout.destroy();
    const [status] = await once(child, "close");
    return { status, stderr };
  }

  it("does not stop colorize", async () => {
    const output = join(root, "gone");
    const words = ["colorize", photos, "-o", output, "--model", model, "--threads", "1"];
    const stderr = "3 of 3 pictures are done.\n";
    expect(await readerGone(words)).toEqual({ status: 0, stderr });
    expect(await picturesIn(output)).toEqual(names);
    expect((await sharp(join(output, "2.png")).metadata()).width).toBe(40);
  });

  onLinux("does not stop colorize on a full disk; lost lines of JSON are told", async () => {
    const quietly = shell(`${colorize} photos -o full > /dev/full`);
    expect(quietly).toEqual({ status: 0, stderr: "3 of 3 pictures are done.\n" });
    expect(await picturesIn(join(root, "full"))).toEqual(names);
    const json = shell(`${colorize} photos -o full --overwrite --json > /dev/full`);
    expect(json.stderr).toMatch(/^error: Standard output .*the disk is full/m);
    expect(json.status).toBe(1);
    expect(shell(`${colorize} photos none.png -o errors --overwrite 2> /dev/full`).status).toBe(1);
    expect(await picturesIn(join(root, "errors"))).toEqual(names);
  });

  it("does not stop train", async () => {
    const run = join(root, "run");
    const words = ["train", photos, "--epochs", "1", "--crop", "8", "--batch", "1"];
    await writeFile(
      join(root, "network.json"),
      JSON.stringify((await import("../testing/small-networks.js")).tinyNetwork),
    );
    words.push("--network", join(root, "network.json"), "-o", run, "--threads", "1");
    words.push("--validation-fraction", "0.4", "--minimum-chroma", "0");
    expect(await readerGone(words)).toEqual({ status: 0, stderr: "" });
    expect(await readdir(run)).toContain("model.onnx");
  });
});

describe("names with control characters", () => {
  it.skipIf(process.platform === "win32")("are printed on one line, harmless", async () => {
    const folder = join(root, "names");
    await mkdir(folder);
    const name = "red\u001b[31m\nerror: none.png";
    await writeFile(join(folder, name), await grayNoisePicture(1, 16, 16));
    await writeFile(join(folder, "broken\u009b2J.png"), "broken");
    const printed = (options: string) => {
      const words = [ltbcProgram, "colorize", folder, "--model", model, ...options.split(" ")];
      const { stdout, stderr } = spawnSync(process.execPath, words, { encoding: "utf8" });
      return { stdout, stderr };
    };
    const { stdout, stderr } = printed("--threads 1");
    expect(stdout).toMatch(/red\\u001b\[31m\\nerror: none\.color\.png/);
    expect(stderr).toMatch(/^error: .*broken\\u009b2J\.png/);
    expect((stdout + stderr).replaceAll("\n", "")).not.toMatch(/\p{Cc}/u);
    const json = printed("--threads 1 --overwrite --json").stdout;
    expect(json.replaceAll("\n", "")).not.toMatch(/\p{Cc}/u);
    const [broken, named] = json
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line).input);
    expect([broken, named]).toEqual([join(folder, "broken\u009b2J.png"), join(folder, name)]);
  });
});
