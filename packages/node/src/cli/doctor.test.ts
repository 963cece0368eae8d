import { createHash } from "node:crypto";
import { readFile, stat, writeFile } from "node:fs/promises";
import { availableParallelism, homedir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { reasonOf } from "../diagnosis/finding.js";
import { diagnose } from "../index.js";
import { runCommand } from "../testing/run-command.js";
import { folderForTests } from "../testing/temporary-folder.js";
import { tinyDistributionModel } from "../testing/tiny-color-model.js";

const root = await folderForTests();

describe("ltbc doctor", () => {
  it("tells what a bug report needs of the machine and the model that comes along", async () => {
    const { code, stdout, stderr } = await runCommand(["doctor", "--threads", "1"]);
    expect(stderr).toBe("");
    expect(code).toBe(0);
    const text = String(stdout);
    const path = fileURLToPath(import.meta.resolve("@let-there-be-color/models/color.onnx"));
    const sha256 = createHash("sha256")
      .update(await readFile(path))
      .digest("hex");
    for (const expected of [
      `Node ${process.versions.node}, ONNX Runtime 1.`,
      `libvips ${sharp.versions.vips}; reads jpeg, png, webp, tiff`,
      `${availableParallelism()} cores`,
      "Device     cpu: works\n",
      "Device     webgpu: ",
      "Device     cuda: ",
      `${path}, ${((await stat(path)).size / 1e6).toFixed(1)} MB, SHA-256 ${sha256}`,
      "read-outs: faithful, natural, vivid; takes: hints, reference",
    ]) {
      expect(text).toContain(expected);
    }
    expect(text).toMatch(
      /^Self-test +passed on cpu, 1 thread, 341 x 256 pixels: .*\d ms a picture$/m,
    );
    expect(text).toMatch(/^Advice +Loading takes the time of \d+ pictures/m);
    expect(text.replace(path, "")).not.toContain(homedir() === "/" ? "\0" : homedir());
  });

  it("says the same to programs, of any model", async () => {
    const model = join(root, "distributions.onnx");
    await writeFile(model, tinyDistributionModel());
    const words = ["doctor", "--json", "--model", model, "--threads", "1"];
    const { code, stdout } = await runCommand(words);
    expect(code).toBe(0);
    const diagnosis = JSON.parse(String(stdout));
    expect(diagnosis).toMatchObject({
      node: process.versions.node,
      devices: { cpu: { available: true } },
      threads: { usual: availableParallelism() },
      model: { path: model, bytes: (await stat(model)).size, head: "quantized", bits: 32 },
      testedOn: { device: "cpu", threads: 1 },
      selfTest: { guidance: [], readOuts: ["faithful", "natural", "vivid"] },
    });
    expect(diagnosis.selfTest.plain.pictureMilliseconds).toBeGreaterThan(0);
  });

  it("tells what fails, each on a line of its own, and exits with 1", async () => {
    const model = join(root, "broken.onnx");
    await writeFile(model, "no model");
    const { code, stdout, stderr } = await runCommand(["doctor", "--model", model]);
    expect(code).toBe(1);
    expect(stderr).toBe("");
    expect(String(stdout)).toMatch(/^Model +failed: Expected an ONNX model/m);
    expect(String(stdout)).toMatch(/^Self-test +failed: /m);
    expect(String(stdout)).toMatch(/^Advice +The model cannot be read/m);
    const { devices, selfTest } = await diagnose({ device: "cuda", threads: 1 });
    // Where there is no CUDA, that is no end of the diagnosis.
    if ("error" in devices.cuda)
      expect(selfTest).toEqual({ error: expect.stringContaining("cuda") });
  });
});

describe("a reason", () => {
  it("tells no folders", () => {
    const path = join(homedir(), "my pictures", "secret", "lib.so");
    expect(reasonOf(new Error(`cannot open ${path}: no such file\nat x`))).not.toContain("secret");
    expect(reasonOf(new Error("dlopen(/opt/a/b/libcuda.so.1, 9)"))).toBe(
      "dlopen(…/libcuda.so.1, 9)",
    );
  });
});
