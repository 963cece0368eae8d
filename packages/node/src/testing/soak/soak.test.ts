// The small form of scripts/soak.mjs.

import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { folderForTests } from "../temporary-folder.js";
import { tinyColorModel } from "../tiny-color-model.js";
import { makeMixedArchive } from "./mixed-archive.js";
import { findFaults, findFaultsByExiftool, runKilled } from "./soak.js";

const root = await folderForTests();

it("a mixed archive comes out complete and correct, whenever the program is killed", async () => {
  const [input, output] = [join(root, "in"), join(root, "out")];
  const [model, report] = [join(root, "tiny.onnx"), join(root, "report.json")];
  await mkdir(input);
  await writeFile(model, tinyColorModel());
  const pictures = 44;
  const archive = await makeMixedArchive(input, { pictures, broken: 8 });
  const words = [input, "-o", output, "--model", model, "--threads", "1", "--report", report];
  const runs = await runKilled(words, { pictures: archive.good.length, kills: 1 });
  expect(runs.map(({ end }) => end)).toEqual(["SIGKILL", 1]);
  expect(await findFaults(archive, { input, output, report })).toEqual([]);
  expect(findFaultsByExiftool(archive, output) ?? []).toEqual([]);
  // Every good file once; those under way when it was killed may be done again.
  const done = runs.reduce((sum, run) => sum + run.done, 0);
  expect(done).toBeGreaterThanOrEqual(archive.good.length - 4);
  expect(done).toBeLessThanOrEqual(archive.good.length + 4);
  expect(runs[1]!.stderr).toContain("8 failed");
}, 120_000);
