import { mkdir, readdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { UserError } from "@let-there-be-color/core/user-error";
import { describe, expect, it } from "vitest";
import { folderForTests } from "../testing/temporary-folder.js";
import { assertWritable, writeWhole } from "./output-file.js";

describe("writing", async () => {
  const folder = await folderForTests();

  it("writes whole files, makes folders, leaves nothing behind", async () => {
    const path = join(folder, "a", "b", "c.png");
    await writeWhole(path, Buffer.from("new"));
    expect(await readFile(path, "utf8")).toBe("new");
    expect(await readdir(join(folder, "a", "b"))).toEqual(["c.png"]);
  });

  it("replaces a file only when told to", async () => {
    const path = join(folder, "taken.png");
    await writeFile(path, "old");
    await expect(writeWhole(path, Buffer.from("new"))).rejects.toThrow(UserError);
    expect(await readFile(path, "utf8")).toBe("old");
    await writeWhole(path, Buffer.from("new"), { overwrite: true });
    expect(await readFile(path, "utf8")).toBe("new");
  });

  it("knows the input under any name", async () => {
    const input = join(folder, "input.png");
    await writeFile(input, "x");
    await mkdir(join(folder, "sub"));
    await symlink(input, join(folder, "sub", "link.png"));
    for (const path of [
      input,
      join(folder, "sub", "..", "input.png"),
      join(folder, "sub", "link.png"),
    ]) {
      await expect(assertWritable(path, { input, overwrite: true })).rejects.toThrow(
        /input itself/,
      );
    }
  });

  it("says which path cannot be written", async () => {
    const error = await writeWhole(join(folder, "taken.png", "x.png"), Buffer.from("x")).catch(
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(UserError);
    expect((error as Error).message).toContain("taken.png");
  });

  it("leaves a folder of that name alone", async () => {
    const path = join(folder, "folder.png");
    await mkdir(join(path, "sub"), { recursive: true });
    await expect(writeWhole(path, Buffer.from("x"), { overwrite: true })).rejects.toThrow(
      /folder.png cannot be written/,
    );
    await expect(writeWhole(path, Buffer.from("x"))).rejects.toThrow(/exists already/);
    expect((await readdir(folder)).filter((name) => name.endsWith(".tmp"))).toEqual([]);
  });
});
