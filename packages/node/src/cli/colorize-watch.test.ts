// `ltbc colorize --watch`, in a process of its own.

import { once } from "node:events";
import { appendFile, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import sharp from "sharp";
import { beforeAll, expect, it } from "vitest";
import { startLtbc } from "../testing/ltbc-process.js";
import { grayNoisePicture } from "../testing/pictures.js";
import { runCommand } from "../testing/run-command.js";
import { folderForTests } from "../testing/temporary-folder.js";
import { tinyColorModel } from "../testing/tiny-color-model.js";

const root = await folderForTests();
const [input, output] = [join(root, "in"), join(root, "out")];
const [model, report] = [join(root, "tiny.onnx"), join(root, "report.json")];

beforeAll(async () => {
  await mkdir(input);
  await writeFile(model, tinyColorModel());
});

it.skipIf(process.platform === "win32")(
  "colourises what comes when it is complete, and ends with a summary at Ctrl-C",
  async () => {
    const words = [input, "-o", output, "--model", model, "--threads", "1", "--watch", "--json"];
    const child = startLtbc(["colorize", ...words, "--report", report]);
    const closed = once(child, "close");
    const told: { input: string; error?: string }[] = [];
    let [rest, stderr] = ["", ""];
    let tell = () => {};
    child.stdout!.on("data", (part) => {
      const lines = `${rest}${part}`.split("\n");
      rest = lines.pop()!;
      told.push(...lines.map((line) => JSON.parse(line)));
      tell();
    });
    child.stderr!.on("data", (part) => {
      stderr += part;
      tell();
    });
    const until = async (isSo: () => boolean) => {
      while (!isSo()) {
        await new Promise<void>((done) => {
          tell = done;
        });
      }
    };
    await until(() => stderr.includes("as they come"));
    const picture = await grayNoisePicture(1, 40, 40);
    // A scanner that writes slowly: each part comes before the file has been still for long enough.
    const slow = join(input, "slow.png");
    await writeFile(slow, picture.subarray(0, 100));
    for (let at = 100; at < picture.length; at += 500) {
      await new Promise((done) => setTimeout(done, 700));
      await appendFile(slow, picture.subarray(at, at + 500));
    }
    await until(() => told.length >= 1);
    await mkdir(join(input, "new"));
    await writeFile(join(input, "new", "broken.png"), "no picture");
    await writeFile(join(input, "new", "b.png"), picture);
    await until(() => told.length >= 3);
    child.kill("SIGINT");
    expect(await closed).toEqual([1, null]);
    expect(
      told
        .map(
          ({ input: path, error }) =>
            `${path.slice(input.length + 1)} ${error ? "failed" : "done"}`,
        )
        .sort(),
    ).toEqual(["new/b.png done", "new/broken.png failed", "slow.png done"]);
    expect((await sharp(join(output, "slow.png")).metadata()).width).toBe(40);
    expect(stderr).toContain("2 of 3 pictures are done, 1 failed:");
    const { pictures } = JSON.parse(await readFile(report, "utf8"));
    const states = pictures.map(({ state }: { state: string }) => state);
    expect(states.sort()).toEqual(["done", "done", "failed"]);
  },
  60_000,
);

it("needs a folder", async () => {
  const { code, stderr } = await runCommand([join(input, "slow.png"), "--watch", "--model", model]);
  expect(code).toBe(2);
  expect(stderr).toMatch(/Expected a folder to --watch/);
});
