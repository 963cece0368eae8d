import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { folderForTests } from "../testing/temporary-folder.js";
import { describeHolder, isLock, LOCK_FILE, lockFolder, tryLockFolder } from "./folder-lock.js";

const root = await folderForTests();
const newFolder = () => mkdtemp(join(root, "case-"));

async function endedProcess(): Promise<number> {
  const child = spawn(process.execPath, ["-e", ""]);
  await once(child, "exit");
  return child.pid!;
}

const lockOf = (process: number, machine = hostname()) =>
  JSON.stringify({ machine, process, since: "2001-02-03T04:05:06.000Z" });

describe("a folder's lock", () => {
  it("is one process's alone, and leaves nothing behind", async () => {
    const folder = await newFolder();
    const results = await Promise.all(Array.from({ length: 8 }, () => tryLockFolder(folder)));
    const locks = results.filter(isLock);
    expect(locks).toHaveLength(1);
    expect(results.find((result) => !isLock(result))).toMatchObject({ process: process.pid });
    expect(await readdir(folder)).toEqual([LOCK_FILE]);
    await locks[0]!.release();
    expect(await readdir(folder)).toEqual([]);
  });

  it.each([
    ["has ended", async () => lockOf(await endedProcess())],
    ["was cut off while it wrote", async () => '{"machine":'],
  ])("is taken over from a process that %s", async (_, content) => {
    const folder = await newFolder();
    await writeFile(join(folder, LOCK_FILE), await content());
    expect(isLock(await tryLockFolder(folder))).toBe(true);
    expect(await readFile(join(folder, LOCK_FILE), "utf8")).toContain(`"process":${process.pid}`);
    expect(await readdir(folder)).toEqual([LOCK_FILE]);
  });

  it.skipIf(process.platform !== "linux")(
    "is taken over from an earlier process of the same number",
    async () => {
      const folder = await newFolder();
      const held = await tryLockFolder(folder);
      const lock = JSON.parse(await readFile(join(folder, LOCK_FILE), "utf8"));
      expect(isLock(held)).toBe(true);
      expect(isLock(await tryLockFolder(folder))).toBe(false);
      const earlier = { ...lock, birth: lock.birth.replace(/\d+$/, "1") };
      await writeFile(join(folder, LOCK_FILE), JSON.stringify(earlier));
      expect(isLock(await tryLockFolder(folder))).toBe(true);
    },
  );

  it("of another machine is left alone", async () => {
    const folder = await newFolder();
    await writeFile(join(folder, LOCK_FILE), lockOf(await endedProcess(), "elsewhere"));
    const result = await tryLockFolder(folder);
    expect(isLock(result)).toBe(false);
    if (isLock(result)) return;
    expect(describeHolder(result)).toMatch(
      /^process \d+ of elsewhere, since 2001-02-03 04:05:06 UTC/,
    );
  });

  it("can be waited for, or not any longer", async () => {
    const folder = await newFolder();
    const first = await lockFolder(folder);
    const waited: number[] = [];
    const second = lockFolder(folder, { onWait: (holder) => waited.push(holder.process) });
    const stop = new AbortController();
    const third = lockFolder(folder, { signal: stop.signal, onWait: () => stop.abort() });
    await expect(third).rejects.toThrow(/aborted/);
    await first.release();
    await (await second).release();
    expect(waited).toEqual([process.pid]);
    expect(await readdir(folder)).toEqual([]);
  });
});
