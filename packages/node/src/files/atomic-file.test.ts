import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { folderForTests } from "../testing/temporary-folder.js";
import { writeFileAtomically } from "./atomic-file.js";
import { isAbandoned, unfinishedName } from "./unfinished-file.js";

const folder = await folderForTests();

describe("an atomic file", () => {
  it("replaces the old one, and says what was written", async () => {
    const path = join(folder, "replaced.txt");
    await writeFile(path, "old");
    // SHA-256 of "abc": FIPS 180-2, appendix B.1.
    expect(await writeFileAtomically(path, ["a", Buffer.from("bc")])).toEqual({
      bytes: 3,
      sha256: "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
    });
    expect(await readFile(path, "utf8")).toBe("abc");
    expect(await readdir(folder)).toEqual(["replaced.txt"]);
  });

  it("leaves the old one and nothing else if its content, or its name, fails", async () => {
    const path = join(folder, "kept", "file.txt");
    await mkdir(join(folder, "kept", "folder", "full"), { recursive: true });
    await writeFile(path, "old");
    function* failing() {
      yield "half";
      throw new Error("no more content");
    }
    await expect(writeFileAtomically(path, failing())).rejects.toThrow("no more content");
    const free = { replace: false };
    await expect(writeFileAtomically(path, ["new"], free)).rejects.toThrow(/EEXIST/);
    await expect(writeFileAtomically(join(folder, "kept", "folder"), ["new"])).rejects.toThrow(
      /rename/,
    );
    expect(await readFile(path, "utf8")).toBe("old");
    expect((await readdir(join(folder, "kept"))).sort()).toEqual(["file.txt", "folder"]);
  });
});

describe("an unfinished file", () => {
  it("is abandoned when its process on this machine has ended", async () => {
    const module = new URL("./unfinished-file.js", import.meta.url).href;
    const program = `const { unfinishedName } = await import(${JSON.stringify(module)});
      process.stdout.write(unfinishedName());
      process.stdin.on("data", () => process.exit());`;
    const child = spawn(process.execPath, ["--input-type=module", "--eval", program]);
    const [written] = (await once(child.stdout, "data")) as [Buffer];
    const name = written.toString();
    expect(isAbandoned(name)).toBe(false);
    child.stdin.write("end");
    await once(child, "close");
    expect(isAbandoned(name)).toBe(true);
    expect(isAbandoned(name.replace(/-[0-9a-f]{8}-/, "-00000000-"))).toBe(false); // elsewhere
    expect(isAbandoned(`x${name}`)).toBe(false);
    expect(isAbandoned(unfinishedName())).toBe(false);
  });

  it("is removed when its process ends itself in the middle", async () => {
    const path = join(folder, unfinishedName());
    const module = new URL("./unfinished-file.js", import.meta.url).href;
    const program = `const { whileUnfinished } = await import(${JSON.stringify(module)});
      const { writeFileSync } = await import("node:fs");
      whileUnfinished(${JSON.stringify(path)}, () => {
        writeFileSync(${JSON.stringify(path)}, "half");
        return new Promise(() => process.exit(7));
      });`;
    const child = spawn(process.execPath, ["--input-type=module", "--eval", program]);
    expect((await once(child, "close"))[0]).toBe(7);
    await expect(readFile(path)).rejects.toThrow(/ENOENT/);
  });
});
