// `ltbc colorize` on whole archives: folders, patterns, journals, collisions, reports.

import {
  appendFile,
  chmod,
  copyFile,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  symlink,
  truncate,
  utimes,
  writeFile,
} from "node:fs/promises";
import { dirname, join } from "node:path";
import sharp from "sharp";
import { beforeAll, describe, expect, it } from "vitest";
import { JOURNAL_FILE } from "../archive/journal.js";
import { nativePath } from "../files/byte-path.js";
import { tryLockFolder } from "../files/folder-lock.js";
import { runCommand } from "../testing/run-command.js";
import { folderForTests } from "../testing/temporary-folder.js";
import { tinyColorModel } from "../testing/tiny-color-model.js";

const root = await folderForTests();
const [model, otherModel] = [join(root, "tiny.onnx"), join(root, "other.onnx")];
const onUnix = it.skipIf(process.platform === "win32");

beforeAll(async () => {
  await writeFile(model, tinyColorModel());
  await writeFile(otherModel, tinyColorModel({ bPerLightness: 0.2 }));
});

const colorize = (...words: string[]) =>
  runCommand(["colorize", "--model", model, "--threads", "1", ...words]);

const grey = (value: number, format: "png" | "jpeg" | "gif" | "tiff" = "png") =>
  sharp(new Uint8Array(24 * 16).fill(value), { raw: { width: 24, height: 16, channels: 1 } })
    .toFormat(format)
    .toBuffer();

async function folderWith(files: Record<string, Uint8Array | string>): Promise<string> {
  const folder = await mkdtemp(join(root, "case-"));
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), content);
  }
  return folder;
}

/** Files below a folder, without journals. */
async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && entry.name !== JOURNAL_FILE)
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort();
}

const lines = (text: Buffer) =>
  String(text)
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line));

describe("a folder", () => {
  it("names and counts what is left out of it", async () => {
    const folder = await folderWith({
      "a.png": await grey(90),
      "b.HEIC": "",
      "c/d.heic": "",
      "c/e.pdf": "",
      "c/README": "",
    });
    const { code, stderr } = await colorize(folder, "-o", join(folder, "out"));
    expect(code).toBe(0);
    expect(stderr).toContain("1 of 1 pictures are done.\n");
    expect(stderr).toContain("Left out: 2 .heic, 1 .pdf, 1 without an extension.\n");
  });

  onUnix("follows each link to a folder once, and names those that lead nowhere", async () => {
    const folder = await folderWith({
      "in/a.png": await grey(90),
      "in/real/b.png": await grey(80),
      "far/c.png": await grey(70),
      "far/deep/d.png": await grey(60),
    });
    await symlink(join(folder, "in"), join(folder, "in", "real", "circle"));
    await symlink(join(folder, "in", "real"), join(folder, "in", "again"));
    await symlink(join(folder, "far"), join(folder, "in", "linked"));
    await symlink(join(folder, "far"), join(folder, "in", "linked-twice"));
    await symlink(join(folder, "gone.png"), join(folder, "in", "dangling.png"));
    const { code, stderr } = await colorize(join(folder, "in"), "-o", join(folder, "out"));
    expect(code).toBe(0);
    expect(await filesIn(join(folder, "out"))).toEqual(
      ["a.png", "linked/c.png", "linked/deep/d.png", "real/b.png"].sort(),
    );
    expect(stderr).toMatch(
      /Left out: 3 link to a folder walked already \(.*\), 1 dangling link \(/,
    );
    expect(stderr).toContain("dangling.png");
  });

  it.skipIf(process.platform !== "linux")("with names that are no UTF-8 keeps them", async () => {
    const folder = await folderWith({ "in/a.png": await grey(90) });
    const name = (folderName: string) =>
      Buffer.concat([Buffer.from(join(folder, folderName)), Buffer.from("/caf\xe9", "latin1")]);
    await mkdir(name("in"));
    await writeFile(
      Buffer.concat([name("in"), Buffer.from("/b\xfc.png", "latin1")]),
      await grey(80),
    );
    const { code, stdout, stderr } = await colorize(join(folder, "in"), "-o", join(folder, "out"));
    expect(code).toBe(0);
    const inside = await readdir(name("out"), { encoding: "buffer" });
    expect(inside).toEqual([Buffer.from("b\xfc.png", "latin1")]);
    expect(String(stdout)).toMatch(/caf\\udce9\/b\\udcfc\.png {2}/);
    expect(stderr).toContain("2 of 2 pictures are done.\n");
    const again = await colorize(join(folder, "in"), "-o", join(folder, "out"), "--json");
    expect(lines(again.stdout).map(({ skipped }) => skipped)).toEqual([
      "done before",
      "done before",
    ]);
    const { input } = lines(again.stdout)[1];
    expect(await readFile(nativePath(input))).toEqual(await grey(80));
  });

  it.skipIf(process.platform === "win32" || process.getuid?.() === 0)(
    "that cannot be read fails alone",
    async () => {
      const folder = await folderWith({ "a.png": await grey(90), "locked/b.png": await grey(80) });
      await chmod(join(folder, "locked"), 0);
      const { code, stderr } = await colorize(folder);
      await chmod(join(folder, "locked"), 0o755);
      expect(code).toBe(1);
      expect(stderr).toMatch(/error: The folder .*locked cannot be read \(EACCES\)/);
      expect(await filesIn(folder)).toContain("a.color.png");
    },
  );

  it("may hold its output folder", async () => {
    const folder = await folderWith({ "a.png": await grey(90), "b/c.png": await grey(80) });
    for (let run = 0; run < 2; run++) {
      expect((await colorize(folder, "-o", join(folder, "out"))).code).toBe(0);
      expect(await filesIn(join(folder, "out"))).toEqual(["a.png", "b/c.png"]);
    }
  });
});

describe("a pattern in quotes", () => {
  it("is expanded, with its tree", async () => {
    const folder = await folderWith({
      "box (1)/e.png": await grey(50),
      "1920/a.png": await grey(90),
      "1920/x/b.png": await grey(80),
      "1921/c.jpg": await grey(70, "jpeg"),
      "1930/d.png": await grey(60),
    });
    const out = join(folder, "out");
    expect((await colorize(join(folder, "192*/**/*.png"), "-o", out)).code).toBe(0);
    expect(await filesIn(out)).toEqual(["1920/a.png", "1920/x/b.png"]);
    const box = join(folder, "box");
    expect((await colorize(join(folder, "box (1)/*.png"), "-o", box)).code).toBe(0);
    expect(await filesIn(box)).toEqual(["e.png"]);
    expect((await colorize(join(folder, "192?"), "-o", join(folder, "whole"))).code).toBe(0);
    expect(await filesIn(join(folder, "whole"))).toEqual([
      "1920/a.png",
      "1920/x/b.png",
      "1921/c.jpg",
    ]);
  });

  it("that matches nothing is an error; parentheses are part of a name", async () => {
    const folder = await folderWith({ "a.png": await grey(90) });
    const { code, stderr } = await colorize(
      join(folder, "*.tif"),
      join(folder, "a (2).png"),
      join(folder, "a.png"),
    );
    expect(code).toBe(1);
    expect(stderr).toMatch(/error: Nothing matches .*\*\.tif/);
    expect(stderr).toMatch(/error: .*a \(2\)\.png does not exist/);
  });
});

describe("inputs that would share an output", () => {
  it("keep both, which is said before the work", async () => {
    const folder = await folderWith({
      "in/scan.jpg": await grey(90, "jpeg"),
      "in/scan.tif": await grey(80, "tiff"),
      "in/other.gif": await grey(70, "gif"),
      "in/other.png": await grey(60),
    });
    const out = join(folder, "out");
    const first = await colorize(join(folder, "in"), "-o", out, "--format", "png");
    expect(first.code).toBe(0);
    const names = ["other.gif.png", "other.png", "scan.jpg.png", "scan.tif.png"];
    expect(await filesIn(out)).toEqual(names);
    expect(first.stderr.split("\n")[0]).toMatch(
      /^note: .*other\.gif becomes .*other\.gif\.png, since another becomes .*other\.png\.$/,
    );
    // In the next run, a name stays where it is, whatever has come.
    await writeFile(join(folder, "in", "other.webp"), await grey(50));
    const second = await colorize(join(folder, "in"), "-o", out, "--format", "png");
    expect(second.stderr).toContain("4 were done before");
    expect(await filesIn(out)).toEqual([...names, "other.webp.png"].sort());
  });

  it("of two folders are numbered, also in runs of their own", async () => {
    const folder = await folderWith({ "x/1.png": await grey(90), "y/1.png": await grey(80) });
    const [x, y] = [join(folder, "x"), join(folder, "y")];
    const together = join(folder, "together");
    expect((await colorize(x, y, "-o", together)).code).toBe(0);
    expect(await filesIn(together)).toEqual(["1 (2).png", "1.png"]);
    const apart = join(folder, "apart");
    for (const each of [x, y, y, x]) expect((await colorize(each, "-o", apart)).code).toBe(0);
    expect(await filesIn(apart)).toEqual(["1 (2).png", "1.png"]);
    expect(await readFile(join(apart, "1.png"))).toEqual(await readFile(join(together, "1.png")));
  });
});

describe("inputs among the outputs", () => {
  it("are never overwritten, whatever is said", async () => {
    const folder = await folderWith({ "a.jpg": await grey(90, "jpeg"), "a.color.jpg": "precious" });
    const [a, colored] = [join(folder, "a.jpg"), join(folder, "a.color.jpg")];
    const { code, stderr } = await colorize(a, colored, "--overwrite");
    expect(code).toBe(1);
    expect(stderr).toMatch(/a\.color\.jpg is an input, too, which is never overwritten/);
    expect(await readFile(colored, "utf8")).toBe("precious");
    const linked = await folderWith({ "out/b.png": await grey(50), "in/b.png": await grey(90) });
    const aim = join(linked, "out", "b.png");
    expect(
      (await colorize(join(linked, "in"), aim, "-o", join(linked, "out"), "--overwrite")).code,
    ).toBe(1);
    expect(await readFile(aim)).toEqual(await grey(50));
  });

  it("that a run has made are known: no color.color.color", async () => {
    const folder = await folderWith({
      "p1.jpg": await grey(90, "jpeg"),
      "p2.jpg": await grey(80, "jpeg"),
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
    const folder = await folderWith({ "in/a.png": await grey(90), "in/b/c.png": await grey(80) });
    const [from, to] = [join(folder, "in"), join(folder, "out")];
    expect((await colorize(from, "-o", to)).code).toBe(0);
    return { from, to, a: join(from, "a.png"), out: join(to, "a.png") };
  };
  const doneIn = async (...words: string[]) => {
    const { code, stdout, stderr } = await colorize(...words, "--json");
    expect(code).toBe(0);
    const done = lines(stdout).filter(({ skipped }) => skipped === undefined);
    return { done: done.map(({ output }) => output), stderr };
  };

  it("skips what is done; a touched input is known by its content, a changed one is done again", async () => {
    const { from, to, a, out } = await inputs();
    expect((await doneIn(from, "-o", to)).done).toEqual([]);
    await utimes(a, 1e9, 1e9);
    expect((await doneIn(from, "-o", to)).done).toEqual([]);
    const before = await readFile(out);
    await writeFile(a, await grey(200));
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
    await writeFile(a, await grey(200));
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
    const folder = await folderWith({ "a.png": await grey(90) });
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

describe("--dry-run", () => {
  it("tells what would be done and the room it takes, and writes nothing", async () => {
    const folder = await folderWith({
      "in/a.png": await grey(90),
      "in/b.gif": await grey(80, "gif"),
      "in/b.png": await grey(70),
      "in/c.heic": "",
      "out/a.png": "mine",
    });
    const args = [join(folder, "in"), join(folder, "gone.png"), "-o", join(folder, "out")];
    const { code, stdout, stderr } = await colorize(...args, "--dry-run");
    expect(code).toBe(1);
    expect(String(stdout)).toBe(
      `${join(folder, "in/b.gif")} -> ${join(folder, "out/b.gif.png")}  (another becomes ${join(folder, "out/b.png")})\n` +
        `${join(folder, "in/b.png")} -> ${join(folder, "out/b.png")}\n`,
    );
    expect(stderr).toMatch(/error: .*out\/a\.png exists already/);
    expect(stderr).toContain("Nothing was written: 2 pictures to do, 0 done before, 2 that cannot");
    expect(stderr).toContain("Left out: 1 .heic.");
    expect(stderr).toMatch(/Needed on the disk of .*: about \d+ bytes; free: [\d.]+ [GTM]B\.\n/);
    expect(await readdir(join(folder, "out"))).toEqual(["a.png"]);
    expect((await colorize(join(folder, "in"), "-o", join(folder, "new"), "--dry-run")).code).toBe(
      0,
    );
    expect(await readdir(folder)).toEqual(["in", "out"]);
  });
});

describe("--report", () => {
  it.each(["csv", "json"])(
    "as .%s has every input with hashes, complete after a second run",
    async (kind) => {
      const folder = await folderWith({
        'in/a,"1".png': await grey(90),
        "in/broken.png": "broken",
        "in/c.pdf": "",
      });
      const report = join(folder, `report.${kind}`);
      const args = [join(folder, "in"), "-o", join(folder, "out"), "--report", report];
      expect((await colorize(...args)).code).toBe(1);
      await writeFile(join(folder, "in", "z.png"), await grey(50));
      expect((await colorize(...args)).code).toBe(1);
      const text = await readFile(report, "utf8");
      const hash = async (path: string) =>
        (await import("node:crypto"))
          .createHash("sha256")
          .update(await readFile(path))
          .digest("hex");
      const [from, to] = [join(folder, "in", 'a,"1".png'), join(folder, "out", 'a,"1".png')];
      if (kind === "csv") {
        const rows = text.trimEnd().split("\r\n");
        expect(rows[0]).toMatch(/^state,input,input_bytes,input_sha256,output,/);
        expect(rows.slice(1).map((row) => row.split(",")[0])).toEqual(
          ["left-out", "earlier", "done", "failed"].sort(
            (a, b) =>
              ["left-out", "earlier", "failed", "done"].indexOf(a) -
              ["left-out", "earlier", "failed", "done"].indexOf(b),
          ),
        );
        const quoted = (path: string) => `"${path.replaceAll('"', '""')}"`;
        expect(text).toContain(
          `earlier,${quoted(from)},${(await stat(from)).size},${await hash(from)},${quoted(to)},${(await stat(to)).size},${await hash(to)},24,16,`,
        );
        expect(text).toMatch(/failed,[^\r]*,input-broken,"?Expected a picture/);
      } else {
        const { pictures } = JSON.parse(text);
        expect(pictures.map(({ state }: { state: string }) => state)).toEqual([
          "left-out",
          "earlier",
          "failed",
          "done",
        ]);
        expect(pictures[1]).toMatchObject({
          input: from,
          inputSha256: await hash(from),
          outputs: [{ path: to, size: (await stat(to)).size, sha256: await hash(to) }],
          settings: { saturation: 1 },
          model: { name: "tiny.onnx", sha256: await hash(model) },
        });
        expect(pictures[2]).toMatchObject({ code: "input-broken" });
      }
      expect((await filesIn(folder)).filter((name) => name.includes(".tmp"))).toEqual([]);
    },
  );

  it("replaces no other file, and has no other ending", async () => {
    const folder = await folderWith({ "a.png": await grey(90), "list.csv": "my,own,list\n" });
    const words = [join(folder, "a.png"), "--report"];
    const { code, stderr } = await colorize(...words, join(folder, "list.csv"));
    expect(code).toBe(2);
    expect(stderr).toMatch(/list\.csv exists and is no report/);
    expect((await colorize(...words, join(folder, "report.txt"))).code).toBe(2);
    expect(await readdir(folder)).toEqual(["a.png", "list.csv"]);
  });
});

it("a copy of a picture with another time is no other picture", async () => {
  const folder = await folderWith({ "in/a.png": await grey(90) });
  const [from, to] = [join(folder, "in"), join(folder, "out")];
  expect((await colorize(from, "-o", to)).code).toBe(0);
  await copyFile(join(from, "a.png"), join(from, "copy"));
  await rename(join(from, "copy"), join(from, "a.png"));
  const { stderr } = await colorize(from, "-o", to);
  expect(stderr).toBe("0 of 1 pictures are done, 1 were done before.\n");
});
