import { createReadStream, openAsBlob } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pathToFileURL } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { Colorizer, type PictureInput } from "../index.js";
import { grayNoisePicture } from "../testing/pictures.js";
import { folderForTests } from "../testing/temporary-folder.js";
import { tinyColorModel } from "../testing/tiny-color-model.js";

const folder = await folderForTests();
const colorizer = await Colorizer.load({ model: tinyColorModel(), threads: 1 });
afterAll(() => colorizer.close());

const path = join(folder, "grey one #1.png");
const png = await grayNoisePicture(1, 90, 60);
await writeFile(path, png);
const expected = (await colorizer.colorize(path)).pixels;

async function* pieces(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let from = 0; from < bytes.length; from += 1000) yield bytes.subarray(from, from + 1000);
}

describe("a picture may be", () => {
  const inputs: Record<string, () => PictureInput | Promise<PictureInput>> = {
    "a URL of a file": () => pathToFileURL(path),
    "the text of such a URL": () => pathToFileURL(path).href,
    "a Uint8Array in the midst of another": () =>
      new Uint8Array([0, 0, ...png, 0]).subarray(2, 2 + png.length),
    "an ArrayBuffer": () => new Uint8Array(png).buffer,
    "shared memory": () => {
      const shared = new Uint8Array(new SharedArrayBuffer(png.length));
      shared.set(png);
      return shared;
    },
    "a Blob": () =>
      new Blob([new Uint8Array(png.subarray(0, 100)), new Uint8Array(png.subarray(100))]),
    "a File": () => new File([new Uint8Array(png)], "photo.png"),
    "a Blob of a file": () => openAsBlob(path),
    "a stream of a file": () => createReadStream(path, { highWaterMark: 700 }),
    "a stream of the web": () =>
      Readable.toWeb(createReadStream(path)) as unknown as ReadableStream<Uint8Array>,
    "the body of a response": () => new Response(new Uint8Array(png)).body!,
    "an asynchronous generator": () => pieces(png),
  };
  it.each(Object.entries(inputs))("%s", async (_, input) => {
    expect((await colorizer.colorize(await input())).pixels).toEqual(expected);
  });

  it("bytes and pixels that stay the caller's", async () => {
    const bytes = new Uint8Array(png);
    await colorizer.colorize(bytes);
    expect(Buffer.compare(bytes, png)).toBe(0);
    const data = new Uint8Array(12).fill(100);
    await colorizer.colorize({ data, width: 4, height: 3, channels: 1 });
    expect(data).toEqual(new Uint8Array(12).fill(100));
  });
});

describe("what is no picture", () => {
  it.each([
    [
      () => "https://example.org/a.jpg",
      "input-missing",
      /address https:.*nothing is fetched.*\.body/,
    ],
    [() => new URL("http://example.org/"), "input-missing", /address http:/],
    [() => 5, "input-broken", /path, file URL, bytes, Blob, stream.* but received 5/],
    [() => null, "input-broken", /received null/],
    [() => ({}), "input-broken", /an object of another kind/],
    [() => new Response("x"), "input-broken", /of a Response pass the body/],
    [() => Readable.from(["text"]), "input-broken", /stream of bytes but received a string/],
    [() => Readable.from([]), "input-broken", /the input is empty/],
    [
      () => createReadStream(join(folder, "none.png")),
      "input-missing",
      /stream .* has failed .*ENOENT/,
    ],
    [() => Readable.from(pieces(png.subarray(0, 900))), "input-broken", /broken or cut short/],
  ])("is refused with what to do: %s", async (input, code, message) => {
    const error = await colorizer.colorize(input() as PictureInput).catch((reason) => reason);
    expect(error).toMatchObject({ name: "UserError", code });
    expect(error.message).toMatch(message);
  });

  it("a body that somebody has read already", async () => {
    const response = new Response(new Uint8Array(png));
    response.body!.getReader();
    const error = await colorizer.colorize(response.body!).catch((reason) => reason);
    expect(error).toMatchObject({ code: "input-missing" });
    expect(error.message).toMatch(/nobody else has read it/);
  });
});

it("a stream that gives nothing any more is left and destroyed when the call is aborted", async () => {
  const stuck = new Readable({ read: () => undefined });
  stuck.push(png.subarray(0, 50));
  const stop = new AbortController();
  const call = colorizer.colorize(stuck, {}, { signal: stop.signal });
  setImmediate(() => stop.abort(new Error("too slow")));
  await expect(call).rejects.toThrow("too slow");
  expect(stuck.destroyed).toBe(true);
});
