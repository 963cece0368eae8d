// `ltbc colorize` on whole archives: folders, patterns, collisions, dry runs, reports.

import { chmod, mkdir, readdir, readFile, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { nativePath } from "../files/byte-path.js";
import { ArchiveBench, filesIn, flatGray, jsonLines } from "../testing/archive-bench.js";

const { colorize, folderWith, model } = await ArchiveBench.make();
const onUnix = it.skipIf(process.platform === "win32");

describe("a folder", () => {
  it("names and counts what is left out of it", async () => {
    const folder = await folderWith({
      "a.png": await flatGray(90),
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
      "in/a.png": await flatGray(90),
      "in/real/b.png": await flatGray(80),
      "far/c.png": await flatGray(70),
      "far/deep/d.png": await flatGray(60),
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
    const folder = await folderWith({ "in/a.png": await flatGray(90) });
    const name = (folderName: string) =>
      Buffer.concat([Buffer.from(join(folder, folderName)), Buffer.from("/caf\xe9", "latin1")]);
    await mkdir(name("in"));
    await writeFile(
      Buffer.concat([name("in"), Buffer.from("/b\xfc.png", "latin1")]),
      await flatGray(80),
    );
    const { code, stdout, stderr } = await colorize(join(folder, "in"), "-o", join(folder, "out"));
    expect(code).toBe(0);
    const inside = await readdir(name("out"), { encoding: "buffer" });
    expect(inside).toEqual([Buffer.from("b\xfc.png", "latin1")]);
    expect(String(stdout)).toMatch(/caf\\udce9\/b\\udcfc\.png {2}/);
    expect(stderr).toContain("2 of 2 pictures are done.\n");
    const again = await colorize(join(folder, "in"), "-o", join(folder, "out"), "--json");
    expect(jsonLines(again.stdout).map(({ skipped }) => skipped)).toEqual([
      "done before",
      "done before",
    ]);
    const { input } = jsonLines(again.stdout)[1];
    expect(await readFile(nativePath(input))).toEqual(await flatGray(80));
  });

  it.skipIf(process.platform === "win32" || process.getuid?.() === 0)(
    "that cannot be read fails alone",
    async () => {
      const folder = await folderWith({
        "a.png": await flatGray(90),
        "locked/b.png": await flatGray(80),
      });
      await chmod(join(folder, "locked"), 0);
      const { code, stderr } = await colorize(folder);
      await chmod(join(folder, "locked"), 0o755);
      expect(code).toBe(1);
      expect(stderr).toMatch(/error: The folder .*locked cannot be read \(EACCES\)/);
      expect(await filesIn(folder)).toContain("a.color.png");
    },
  );

  it("may hold its output folder", async () => {
    const folder = await folderWith({ "a.png": await flatGray(90), "b/c.png": await flatGray(80) });
    for (let run = 0; run < 2; run++) {
      expect((await colorize(folder, "-o", join(folder, "out"))).code).toBe(0);
      expect(await filesIn(join(folder, "out"))).toEqual(["a.png", "b/c.png"]);
    }
  });
});

describe("a pattern in quotes", () => {
  it("is expanded, with its tree", async () => {
    const folder = await folderWith({
      "box (1)/e.png": await flatGray(50),
      "1920/a.png": await flatGray(90),
      "1920/x/b.png": await flatGray(80),
      "1921/c.jpg": await flatGray(70, "jpeg"),
      "1930/d.png": await flatGray(60),
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
    const folder = await folderWith({ "a.png": await flatGray(90) });
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
      "in/scan.jpg": await flatGray(90, "jpeg"),
      "in/scan.tif": await flatGray(80, "tiff"),
      "in/other.gif": await flatGray(70, "gif"),
      "in/other.png": await flatGray(60),
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
    await writeFile(join(folder, "in", "other.webp"), await flatGray(50));
    const second = await colorize(join(folder, "in"), "-o", out, "--format", "png");
    expect(second.stderr).toContain("4 were done before");
    expect(await filesIn(out)).toEqual([...names, "other.webp.png"].sort());
  });

  it("of two folders are numbered, also in runs of their own", async () => {
    const folder = await folderWith({
      "x/1.png": await flatGray(90),
      "y/1.png": await flatGray(80),
    });
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

describe("--dry-run", () => {
  it("tells what would be done and the room it takes, and writes nothing", async () => {
    const folder = await folderWith({
      "in/a.png": await flatGray(90),
      "in/b.gif": await flatGray(80, "gif"),
      "in/b.png": await flatGray(70),
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
        'in/a,"1".png': await flatGray(90),
        "in/broken.png": "broken",
        "in/c.pdf": "",
      });
      const report = join(folder, `report.${kind}`);
      const args = [join(folder, "in"), "-o", join(folder, "out"), "--report", report];
      expect((await colorize(...args)).code).toBe(1);
      await writeFile(join(folder, "in", "z.png"), await flatGray(50));
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
    const folder = await folderWith({ "a.png": await flatGray(90), "list.csv": "my,own,list\n" });
    const words = [join(folder, "a.png"), "--report"];
    const { code, stderr } = await colorize(...words, join(folder, "list.csv"));
    expect(code).toBe(2);
    expect(stderr).toMatch(/list\.csv exists and is no report/);
    expect((await colorize(...words, join(folder, "report.txt"))).code).toBe(2);
    expect(await readdir(folder)).toEqual(["a.png", "list.csv"]);
  });
});
