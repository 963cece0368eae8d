// `ltbc colorize` broken off, in processes of its own.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import sharp from "sharp";
import { beforeAll, describe, expect, it } from "vitest";
import { JOURNAL_FILE } from "../archive/journal.js";
import { unfinishedName } from "../files/unfinished-file.js";
import { ltbcProgram, startLtbc } from "../testing/ltbc-process.js";
import { grayNoisePicture } from "../testing/pictures.js";
import { runCommand } from "../testing/run-command.js";
import { hasSmallDisk, onSmallDisk } from "../testing/small-disk.js";
import { folderForTests } from "../testing/temporary-folder.js";
import { tinyColorModel } from "../testing/tiny-color-model.js";

const root = await folderForTests();
const [photos, model] = [join(root, "photos"), join(root, "tiny.onnx")];
const pictures = 60;

beforeAll(async () => {
  await mkdir(photos);
  await writeFile(model, tinyColorModel({}));
  const picture = await grayNoisePicture(1, 400, 400);
  for (let i = 0; i < pictures; i++) await writeFile(join(photos, `${100 + i}.png`), picture);
});

/** Begins to colourise all pictures and waits until some are done. */
async function underWay(output: string) {
  const words = ["colorize", photos, "-o", output, "--model", model, "--threads", "1", "--json"];
  const child = startLtbc(words);
  const closed = once(child, "close") as Promise<[number | null, string | null]>;
  let [stdout, stderr] = ["", ""];
  child.stderr!.on("data", (part) => (stderr += part));
  await new Promise<void>((resolve) => {
    child.stdout!.on("data", (part) => {
      stdout += part;
      if (stdout.split("\n").length > 2) resolve();
    });
  });
  return { child, ended: async () => ({ status: await closed, stdout, stderr }) };
}

describe.skipIf(process.platform === "win32")("ltbc colorize, interrupted", () => {
  it.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
    ["SIGHUP", 129],
  ] as const)("by %s stops, tells what is done, leaves whole files only", async (signal, code) => {
    const output = join(root, signal);
    const { child, ended } = await underWay(output);
    child.kill(signal);
    child.kill(signal); // npx sends it twice
    const { status, stdout, stderr } = await ended();
    expect(status).toEqual([code, null]);
    const told = stdout.trimEnd().split("\n");
    expect(stderr).toMatch(/^Stopping: /);
    expect(stderr).toContain(
      `Interrupted: ${told.length} of ${pictures} pictures are done, 0 failed, ${pictures - told.length} are left.\n`,
    );
    expect(told.length).toBeLessThan(pictures);
    const outputs = told.map((line) => JSON.parse(line).output);
    const written = (await readdir(output)).filter((name) => name !== JOURNAL_FILE);
    // Every file is told of, and every one is whole.
    expect(written.map((name) => join(output, name)).sort()).toEqual(outputs.sort());
    for (const path of outputs) await sharp(path).stats();
  });

  it("a second time ends at once, and what was being written is removed", async () => {
    const output = join(root, "twice");
    const { child, ended } = await underWay(output);
    child.kill("SIGINT");
    await new Promise((resolve) => setTimeout(resolve, 400));
    child.kill("SIGINT");
    const { status } = await ended();
    // Where the first has ended the work already, the second ends the process before it does so itself.
    expect([130, "SIGINT"]).toContain(status[0] ?? status[1]);
    expect((await readdir(output)).filter((name) => name.endsWith(".tmp"))).toEqual([]);
  });

  it("while it waits for standard input ends", async () => {
    const child = spawn(process.execPath, [ltbcProgram, "-", "--model", model], { stdio: "pipe" });
    const closed = once(child, "close");
    // More than a pipe holds: that it goes through says that the program is reading.
    await new Promise((resolve) => child.stdin.write(Buffer.alloc(1 << 20), resolve));
    child.kill("SIGINT");
    expect(await closed).toEqual([130, null]);
  });
});

it("a run removes what killed ones have left unfinished, and nothing of the living", async () => {
  const child = startLtbc(["--version"]);
  await once(child, "close");
  const living = unfinishedName();
  const dead = living.replace(`-${process.pid}-`, `-${child.pid}-`);
  const elsewhere = dead.replace(/-[0-9a-f]{8}-/, "-00000000-");
  const output = join(root, "swept");
  await mkdir(output);
  for (const name of [living, dead, elsewhere]) await writeFile(join(output, name), "");
  const one = [join(photos, "100.png"), "-o", join(output, "100.png"), "--model", model];
  expect((await runCommand(one)).code).toBe(0);
  expect((await readdir(output)).sort()).toEqual([living, elsewhere, "100.png"].sort());
});

describe("an output that cannot be written", () => {
  it.skipIf(!existsSync("/proc/self"))("is told in a moment, in /proc, too", async () => {
    const output = "/proc/none/x.png";
    const { code, stderr } = await runCommand(["colorize", photos, "-o", output, "--model", model]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^error: No file can be written to the folder \/proc\/none .*\n$/);
  });

  it("is told before the work on the picture", async () => {
    const missing = join(root, "missing.png");
    await writeFile(join(root, "file"), "");
    const output = join(root, "file", "a.png");
    // That the input does not exist is not looked at.
    const { code, stderr } = await runCommand([missing, "-o", output, "--model", model]);
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /^error: .*No file can be written to the folder .*file \(a file has that name/,
    );
  });

  it.skipIf(!hasSmallDisk)("since the disk is full, ends the work with one error", async () => {
    await mkdir(join(root, "disk"));
    const { status, stderr } = onSmallDisk(
      root,
      1500, // three pictures
      "$ltbc colorize photos -o disk/out --model tiny.onnx --threads 1 --quiet; code=$?; ls -A disk/out | grep -v journal >&2; exit $code",
    );
    const lines = stderr.trimEnd().split("\n");
    expect(lines[0]).toMatch(
      /^error: photos\/10\d\.png: .*disk\/out\/\S+ cannot be written: the disk is full/,
    );
    const [, done, left] = /^The disk is full: (\d) of 60 .* done, 1 failed, (\d+)/.exec(
      lines[1]!,
    )!;
    expect(Number(done) + 1 + Number(left)).toBe(pictures);
    expect(Number(done)).toBeGreaterThan(0);
    // Whole pictures, no unfinished file; one more if it is the journal that had no room.
    const isOfJournal = lines[0]!.includes(JOURNAL_FILE);
    const files = lines.slice(2).filter((line) => !line.startsWith("  "));
    expect(files.every((name) => name.endsWith(".png"))).toBe(true);
    expect(files.length - Number(done)).toBeLessThanOrEqual(isOfJournal ? 1 : 0);
    expect(status).toBe(1);
  });
});
