// `ltbc colorize` on what it has done before: journals, locks, results among the inputs.

import {
  appendFile,
  copyFile,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  truncate,
  utimes,
  writeFile,
} from "node:fs/promises";
import { join } from "node:path";
import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { JOURNAL_FILE } from "../archive/journal.js";
import { tryLockFolder } from "../files/folder-lock.js";
import { ArchiveBench, filesIn, flatGray, jsonLines } from "../testing/archive-bench.js";

const { colorize, folderWith, otherModel } = await ArchiveBench.make();

describe("inputs among the outputs", () => {
  it("are never overwritten, whatever is said", async () => {
    const folder = await folderWith({
      "a.jpg": await flatGray(90, "jpeg"),
      "a.color.jpg": "precious",
    });
    const [a, colored] = [join(folder, "a.jpg"), join(folder, "a.color.jpg")];
    const { code, stderr } = await colorize(a, colored, "--overwrite");
    expect(code).toBe(1);
    expect(stderr).toMatch(/a\.color\.jpg is an input, too, which is never overwritten/);
    expect(await readFile(colored, "utf8")).toBe("precious");
    const linked = await folderWith({
      "out/b.png": await flatGray(50),
      "in/b.png": await flatGray(90),
    });
    const aim = join(linked, "out", "b.png");
    expect(
      (await colorize(join(linked, "in"), aim, "-o", join(linked, "out"), "--overwrite")).code,
    ).toBe(1);
    expect(await readFile(aim)).toEqual(await flatGray(50));
  });

  it("that a run has made are known: no color.color.color", async () => {
    const folder = await folderWith({
      "p1.jpg": await flatGray(90, "jpeg"),
      "p2.jpg": await flatGray(80, "jpeg"),
    });
    const expanded = async () => (await filesIn(folder)).map((name) => join(folder, name));
    for (let run = 0; run < 3; run++) {
      const { code, stderr } = await colorize(...(await expanded()));
      expect(code).toBe(0);
      expect(stderr).toContain(
        run === 0 ? "2 of 2" : "0 of 2 pictures are done, 2 were done before",
      );
    }
    const before = await stat(join(folder, "p1.color.jpg"));
    expect((await colorize(...(await expanded()), "--overwrite")).code).toBe(0);
    expect((await stat(join(folder, "p1.color.jpg"))).ino).not.toBe(before.ino);
    expect(await filesIn(folder)).toEqual(["p1.color.jpg", "p1.jpg", "p2.color.jpg", "p2.jpg"]);
    // By what they say themselves, elsewhere and by another name.
    await rename(join(folder, "p1.color.jpg"), join(folder, "moved.jpg"));
    const { stderr } = await colorize(folder, "-o", join(folder, "out"));
    expect(stderr).toMatch(/moved\.jpg is an output of ltbc, left out/);
    expect(await filesIn(join(folder, "out"))).toEqual(["p1.jpg", "p2.jpg"]);
  });
});

describe("a second run", () => {
  const inputs = async () => {
    const folder = await folderWith({
      "in/a.png": await flatGray(90),
      "in/b/c.png": await flatGray(80),
    });
    const [from, to] = [join(folder, "in"), join(folder, "out")];
    expect((await colorize(from, "-o", to)).code).toBe(0);
    return { from, to, a: join(from, "a.png"), out: join(to, "a.png") };
  };
  const doneIn = async (...words: string[]) => {
    const { code, stdout, stderr } = await colorize(...words, "--json");
    expect(code).toBe(0);
    const done = jsonLines(stdout).filter(({ skipped }) => skipped === undefined);
    return { done: done.map(({ output }) => output), stderr };
  };

  it("skips what is done; a touched input is known by its content, a changed one is done again", async () => {
    const { from, to, a, out } = await inputs();
    expect((await doneIn(from, "-o", to)).done).toEqual([]);
    await utimes(a, 1e9, 1e9);
    expect((await doneIn(from, "-o", to)).done).toEqual([]);
    const before = await readFile(out);
    await writeFile(a, await flatGray(200));
    const changed = await doneIn(from, "-o", to);
    expect(changed.done).toEqual([out]);
    expect(changed.stderr).toContain(
      "1 picture is done again and replaced (the input has changed)",
    );
    expect(await readFile(out)).not.toEqual(before);
  });

  it("does again what other options, another model or a lost output ask for", async () => {
    const { from, to, out } = await inputs();
    expect((await doneIn(from, "-o", to, "--saturation", "0.5")).done).toHaveLength(2);
    expect((await doneIn(from, "-o", to, "--saturation", "0.5", "--threads", "2")).done).toEqual(
      [],
    );
    const other = ["--saturation", "0.5", "--model", otherModel];
    expect((await doneIn(from, "-o", to, ...other)).done).toHaveLength(2);
    await rm(out);
    expect((await doneIn(from, "-o", to, ...other)).done).toEqual([out]);
    expect((await doneIn(from, "-o", to, ...other, "--overwrite")).done).toHaveLength(2);
  });

  it("replaces no output that somebody has changed", async () => {
    const { from, to, a, out } = await inputs();
    await writeFile(a, await flatGray(200));
    await writeFile(out, "retouched by hand");
    const { code, stderr } = await colorize(from, "-o", to);
    expect(code).toBe(1);
    expect(stderr).toMatch(/a\.png exists and is not as a run has left it/);
    expect(await readFile(out, "utf8")).toBe("retouched by hand");
  });

  it("goes on after a kill at any moment: half a line, a picture without its line", async () => {
    const { from, to, out } = await inputs();
    const journal = join(to, JOURNAL_FILE);
    const whole = await readFile(journal, "utf8");
    const done = whole.lastIndexOf('{"type":"done"');
    for (const length of [done + 40, done, whole.length - 1]) {
      await truncate(journal, length);
      const { code, stderr } = await colorize(from, "-o", to);
      expect({ code, stderr }).toEqual({
        code: 0,
        stderr: expect.stringMatching(/of 2 pictures are done/),
      });
      expect((await doneIn(from, "-o", to)).done).toEqual([]);
      await writeFile(journal, whole);
    }
    await appendFile(journal, "no JSON\n{}\n[1]\nnull\n");
    expect((await doneIn(from, "-o", to)).done).toEqual([]);
    expect(await filesIn(to)).toEqual(["a.png", "b/c.png"]);
    expect((await sharp(out).metadata()).width).toBe(24);
  });

  it("finds what was done where both folders have moved", async () => {
    const { from, to } = await inputs();
    const [newFrom, newTo] = [`${from}-moved`, `${to}-moved`];
    await rename(from, newFrom);
    await rename(to, newTo);
    expect((await doneIn(newFrom, "-o", newTo)).done).toEqual([]);
  });

  it("on a folder beside the inputs needs no output folder", async () => {
    const { from } = await inputs();
    expect((await doneIn(from)).done).toHaveLength(2);
    expect((await doneIn(from)).done).toEqual([]);
    // The journal of a folder holds for those below it.
    expect((await doneIn(join(from, "b"))).done).toEqual([]);
  });

  it("of one picture alone leaves nothing beside it, and does not overwrite", async () => {
    const folder = await folderWith({ "a.png": await flatGray(90) });
    expect((await colorize(join(folder, "a.png"))).code).toBe(0);
    expect(await readdir(folder)).toEqual(["a.color.png", "a.png"]);
    expect((await colorize(join(folder, "a.png"))).stderr).toContain("exists already");
  });

  it("waits for the first on the same folder", async () => {
    const { from, to } = await inputs();
    const lock = await tryLockFolder(to);
    if (!("release" in lock)) throw new Error("the folder should be free");
    let ended = false;
    const run = colorize(from, "-o", to).finally(() => {
      ended = true;
    });
    await new Promise((done) => setTimeout(done, 700));
    expect(ended).toBe(false);
    await lock.release();
    const { code, stderr } = await run;
    expect(code).toBe(0);
    expect(stderr).toMatch(/^Waiting: another run works on .*out \(process \d+, since /);
  });
});

it("a copy of a picture with another time is no other picture", async () => {
  const folder = await folderWith({ "in/a.png": await flatGray(90) });
  const [from, to] = [join(folder, "in"), join(folder, "out")];
  expect((await colorize(from, "-o", to)).code).toBe(0);
  await copyFile(join(from, "a.png"), join(from, "copy"));
  await rename(join(from, "copy"), join(from, "a.png"));
  const { stderr } = await colorize(from, "-o", to);
  expect(stderr).toBe("0 of 1 pictures are done, 1 were done before.\n");
});
