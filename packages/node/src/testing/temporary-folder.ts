import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";

/** A new empty folder, deleted after the tests of the file. */
export async function folderForTests(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), "ltbc-test-"));
  afterAll(() => rm(path, { recursive: true, force: true }));
  return path;
}
