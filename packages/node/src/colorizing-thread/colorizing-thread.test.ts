import { execFile } from "node:child_process";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { Worker } from "node:worker_threads";
import { describe, expect, it } from "vitest";
import { Colorizer } from "../index.js";
import { folderForTests } from "../testing/temporary-folder.js";
import { tinyColorModel, tinyDistributionModel } from "../testing/tiny-color-model.js";

const folder = await folderForTests();
const model = join(folder, "tiny.onnx");
await writeFile(model, tinyDistributionModel());
const library = new URL("../index.js", import.meta.url).href;

/** Large enough for threads that help to compose. */
const [width, height] = [1000, 700];
const picture = {
  data: new Uint8Array(width * height).map((_, i) => i % 251),
  ...{ width, height, channels: 1 as const },
};

/** Starts of programs that load a Colorizer and have a picture. */
const prelude = `
  const { Colorizer } = await import(${JSON.stringify(library)});
  const [width, height] = [${width}, ${height}];
  const picture = { data: new Uint8Array(width * height), width, height, channels: 1 };
  const colorizer = await Colorizer.load({ model: ${JSON.stringify(model)} });`;

async function program(text: string, ...flags: string[]) {
  const words = [...flags, "--input-type=module", "--eval", text];
  const run = promisify(execFile)(process.execPath, words, { timeout: 50_000 });
  const ended = await run.catch((error) => error);
  return { code: ended.code ?? 0, stdout: ended.stdout.trim(), stderr: ended.stderr.trim() };
}

/** A Colorizer and its thread. */
async function withThread(): Promise<{ colorizer: Colorizer; thread: Worker }> {
  const started = once(process, "worker");
  const colorizer = await Colorizer.load({ model: tinyColorModel(), threads: 1 });
  return { colorizer, thread: (await started)[0] };
}

describe("a process whose close() was forgotten", () => {
  it("ends by itself, ten times of ten", async () => {
    const text = `${prelude}
      const photo = await colorizer.colorize(picture);
      console.log((await photo.render({ warmth: 1 })).pixels.length);`;
    for (let i = 0; i < 5; i++) {
      const expected = { code: 0, stdout: `${3 * width * height}`, stderr: "" };
      expect(await Promise.all([program(text), program(text)])).toEqual([expected, expected]);
    }
  });

  it("does what it has begun first", async () => {
    const { stdout } = await program(
      `${prelude} colorizer.colorize(picture).then(({ width }) => console.log(width));`,
    );
    expect(stdout).toBe(`${width}`);
  });

  it("ends with its own code while the network runs", async () => {
    const { code, stderr } = await program(`${prelude}
      const exit = ({ type }) => type === "decoded" && setTimeout(() => process.exit(7), 200);
      await colorizer.colorize(picture, { workingSize: 2048 }, { onProgress: exit });`);
    expect([code, stderr]).toEqual([7, ""]);
  });
});

describe("close", () => {
  it("waits for all pictures under way, and may be called twice", async () => {
    const { colorizer, thread } = await withThread();
    let isEnded = false;
    thread.on("exit", () => {
      isEnded = true;
    });
    const photos = Promise.all([1, 2, 3, 4].map(() => colorizer.colorize(picture)));
    await Promise.all([colorizer.close(), colorizer.close()]);
    expect(isEnded).toBe(true);
    expect((await photos).map((photo) => photo.width)).toEqual([width, width, width, width]);
    await expect(colorizer.colorize(picture)).rejects.toThrow("This Colorizer is closed");
  });
});

it("a Colorizer whose thread has died says so, and can be closed", async () => {
  const { colorizer, thread } = await withThread();
  const photo = await colorizer.colorize(picture);
  const underWay = colorizer.colorize(picture);
  await thread.terminate();
  const calls = [underWay, colorizer.colorize(picture), photo.render(), photo.encode()];
  for (const end of await Promise.allSettled(calls)) {
    const message = "A thread of the Colorizer has died: it ended with code 1.";
    expect(end).toMatchObject({ status: "rejected", reason: { message } });
  }
  photo.release();
  await colorizer.close();
});

it("pictures that wait for the network are left out when they are aborted", async () => {
  const { colorizer } = await withThread();
  const stop = new AbortController();
  const others = [1, 2].map(() => colorizer.colorize(picture));
  const { signal } = stop;
  const waiting = colorizer.colorize(picture, {}, { signal });
  setImmediate(() => stop.abort(new Error("not any more")));
  await expect(waiting).rejects.toThrow("not any more");
  expect((await Promise.all(others)).length).toBe(2);
  await colorizer.close();
});

it("several Colorizers live beside each other", async () => {
  const factors = [0.1, -0.2];
  const colorizers = await Promise.all(
    factors.map((aPerLightness) =>
      Colorizer.load({ model: tinyColorModel({ aPerLightness }), threads: 1 }),
    ),
  );
  const [red, green] = await Promise.all(colorizers.map((each) => each.colorize(picture)));
  expect(red!.pixels[600]).toBeGreaterThan(green!.pixels[600]!);
  await colorizers[0]!.close();
  expect((await green!.render({ saturation: 0 })).width).toBe(width);
  await colorizers[1]!.close();
});

it("a Colorizer may be made in a thread of the program", async () => {
  const text = `import("node:worker_threads").then(async ({ parentPort }) => {${prelude}
    const photo = await colorizer.colorize(picture);
    parentPort.postMessage((await photo.toBuffer("jpeg")).length);
  });`;
  const thread = new Worker(text, { eval: true });
  const ended = once(thread, "exit");
  const [length] = await once(thread, "message");
  expect(length).toBeGreaterThan(1000);
  expect(await ended).toEqual([0]); // without close()
});

describe("photographs", () => {
  it("that are released keep their pixels and nothing else", async () => {
    const colorizer = await Colorizer.load({ model, threads: 1 });
    const first = await colorizer.colorize(picture);
    const second = await first.render({ warmth: 1 });
    const rendering = first.render({ warmth: -1 });
    first.release();
    first.release();
    const cold = await rendering;
    const calls = [first.render(), first.toBuffer(), first.uncertainty()];
    for (const end of await Promise.allSettled(calls)) {
      expect(end).toMatchObject({ reason: { message: "This photograph has been released" } });
    }
    expect(first.pixels.length).toBe(3 * width * height);
    // What was rendered from the same analysis still has it, also after its memory was used again.
    second[Symbol.dispose]();
    await colorizer.colorize({ ...picture, data: picture.data.map((code) => 255 - code) });
    const again = await cold.render({ warmth: 1 });
    expect(Buffer.compare(Buffer.from(again.pixels), Buffer.from(second.pixels))).toBe(0);
    await colorizer.close();
  });

  it("do not pile up where nobody keeps them", async () => {
    const held = new URL("./held-photos.js", import.meta.url).href;
    const { stdout } = await program(`
      const { HeldPhotos } = await import(${JSON.stringify(held)});
      let [kept, most] = [0, 0];
      const photos = new HeldPhotos(() => kept--);
      for (let photo = 0; photo < 200; photo++) {
        photos.add({}, { photo, bytes: 2 ** 25 });
        most = Math.max(most, ++kept);
        await new Promise((turn) => setTimeout(turn));
      }
      console.log(most);`);
    expect(Number(stdout)).toBeLessThan(100);
  });
});
