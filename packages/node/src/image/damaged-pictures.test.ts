import { readFileSync } from "node:fs";
import { randomUint32 } from "@let-there-be-color/core/random";
import { UserError } from "@let-there-be-color/core/user-error";
import sharp from "sharp";
import { beforeAll, describe, expect, it } from "vitest";
import { type DecodedPhoto, decodePhoto } from "./decode.js";

const folder = new URL("../../src/testing/picture-kinds/", import.meta.url);
const kindFile = (name: string) => readFileSync(new URL(name, folder));

/** A picture whose last row is as full of detail as the first. */
function noise(seed: number, width = 24, height = 20) {
  const pixels = Uint8Array.from(
    { length: width * height * 3 },
    (_, i) => randomUint32(seed, Math.floor(i / 12)) >>> 24,
  );
  return sharp(pixels, { raw: { width, height, channels: 3 } });
}

const files: Record<string, Buffer> = {};

beforeAll(async () => {
  const made = {
    "baseline.jpg": noise(1).jpeg({ quality: 70 }),
    "progressive.jpg": noise(2).jpeg({ quality: 70, progressive: true }),
    "gray-progressive.jpg": noise(3).greyscale().jpeg({ progressive: true }),
    "plain.png": noise(4).png(),
    "interlaced.png": noise(5).png({ progressive: true }),
    "lossy.webp": noise(6).webp({ quality: 50 }),
    "lossless.webp": noise(7).webp({ lossless: true }),
    "x.avif": noise(8).avif({ quality: 40 }),
    "x.gif": noise(9).gif(),
    "lzw.tif": noise(10).tiff({ compression: "lzw" }),
    "jpeg.tif": noise(11).tiff({ compression: "jpeg" }),
    "tiled.tif": noise(12).tiff({ tile: true, tileWidth: 16, tileHeight: 16 }),
  };
  for (const [name, image] of Object.entries(made)) files[name] = await image.toBuffer();
  const kinds = [
    "rgb-12-bit.tif",
    "gray-float32.tif",
    "rgb-zstd.tif",
    "group4.tif",
    "rgb-packbits.tif",
  ];
  for (const name of [...kinds, "rgb.bmp", "run-lengths.bmp", "lab-8-bit.tif"]) {
    files[name] = kindFile(name);
  }
});

const names = [
  ...["baseline.jpg", "progressive.jpg", "gray-progressive.jpg", "plain.png", "interlaced.png"],
  ...["lossy.webp", "lossless.webp", "x.avif", "x.gif", "lzw.tif", "jpeg.tif", "tiled.tif"],
  ...["rgb-12-bit.tif", "gray-float32.tif", "rgb-zstd.tif", "group4.tif", "rgb-packbits.tif"],
  ...["rgb.bmp", "run-lengths.bmp", "lab-8-bit.tif"],
];

/** Everything that a picture looks like. */
function looks({ gray, alpha }: DecodedPhoto): string {
  const { width, height, codes } = gray;
  const hash = (plane: Uint8Array | Uint16Array = new Uint8Array()) => {
    let sum = plane.length;
    for (const code of plane) sum = (Math.imul(sum, 31) + code) | 0;
    return sum;
  };
  return `${width} x ${height}: ${hash(codes)} ${hash(alpha)}`;
}

/** The picture, or undefined if it is refused as it should be. */
async function decoded(file: Uint8Array, name: string): Promise<DecodedPhoto | undefined> {
  try {
    return await decodePhoto(file, name);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    expect(error.message).toContain(name);
    expect(error.message).not.toContain("\n");
    return undefined;
  }
}

describe("a picture that is cut short", () => {
  it.each(names)("is whole or refused, wherever it is cut: %s", async (name) => {
    const file = files[name]!;
    const whole = looks((await decoded(file, name))!);
    const shown = new Set<string>();
    const step = Math.max(1, Math.floor(file.length / 200));
    for (let end = 0; end < file.length; end += end < file.length - 60 ? step : 1) {
      const photo = await decoded(file.subarray(0, end), name);
      if (photo) shown.add(looks(photo));
    }
    shown.delete(whole);
    expect([...shown]).toEqual([]);
  });
});

describe("a file with a mistake outside of its picture", () => {
  it.each(["baseline.jpg", "progressive.jpg"])("is taken without its end: %s", async (name) => {
    const file = files[name]!;
    const [whole, cut] = [
      await decodePhoto(file, "x"),
      await decodePhoto(file.subarray(0, -2), "x"),
    ];
    expect(looks(cut)).toBe(looks(whole));
    expect([whole.notices, cut.notices]).toMatchObject([[], [{ code: "repaired" }]]);
  });

  it("is refused if scans are missing, though a decoder would show something", async () => {
    const file = files["progressive.jpg"]!;
    const scans = [...file.keys()].filter((i) => file[i] === 0xff && file[i + 1] === 0xda);
    expect(scans.length).toBeGreaterThan(4);
    const coarse = Buffer.concat([file.subarray(0, scans[2]), Buffer.of(0xff, 0xd9)]);
    await expect(sharp(coarse, { failOn: "warning" }).raw().toBuffer()).resolves.toBeDefined();
    expect(await decoded(file.subarray(0, scans[2]), "coarse.jpg")).toBeUndefined();
  });

  it("is taken with bytes between the segments of a JPEG", async () => {
    const file = files["baseline.jpg"]!;
    const tables = file.indexOf(Buffer.of(0xff, 0xc4));
    const loose = Buffer.concat([
      file.subarray(0, tables),
      Buffer.of(1, 2, 3),
      file.subarray(tables),
    ]);
    const photo = await decodePhoto(loose, "x");
    expect(looks(photo)).toBe(looks(await decodePhoto(file, "x")));
  });

  it("is refused if pixels are missing, too", async () => {
    const file = kindFile("rgb-packbits.tif"); // pixels come last
    const odd = withEntries(file, ([first, second, ...others]) => [second!, first!, ...others]);
    expect((await decoded(odd, "odd.tif"))?.notices).toMatchObject([{ code: "repaired" }]);
    expect(await decoded(odd.subarray(0, -1), "cut.tif")).toBeUndefined();
  });

  it("is refused, and nothing worse, if its fields contradict each other", async () => {
    const file = kindFile("rgb-float32-zip.tif");
    const noSamples = withEntries(file, (entries) => {
      const entry = entries.find((candidate) => candidate.readUInt16LE(0) === 277)!;
      entry.writeUInt32LE(122, 4); // values of SamplesPerPixel
      return entries;
    });
    const atPixels = noSamples.readUInt32LE(8 + 2 + 12 * 5 + 8);
    noSamples[atPixels + 700]! ^= 0xff;
    // geotiff left a rejected promise alone, which ends the process.
    const rejected: unknown[] = [];
    const note = (reason: unknown) => rejected.push(reason);
    process.on("unhandledRejection", note);
    expect(await decoded(noSamples, "contradiction.tif")).toBeUndefined();
    await new Promise((done) => setTimeout(done, 50));
    process.off("unhandledRejection", note);
    expect(rejected).toEqual([]);
  });

  it.each<[what: string, change: (entries: Buffer[]) => Buffer[]]>([
    ["an impossible ResolutionUnit", (entries) => withValue(entries, 296, 9)],
    ["orientation 0", (entries) => withValue(entries, 274, 0)],
    ["tags in disorder", ([first, second, ...others]) => [second!, first!, ...others]],
  ])("is taken with %s in a TIFF", async (_, change) => {
    const file = await noise(13).withMetadata({ density: 300, orientation: 1 }).tiff().toBuffer();
    const odd = withEntries(file, change);
    expect(odd.equals(file)).toBe(false);
    const [whole, photo] = [await decodePhoto(file, "x"), await decodePhoto(odd, "x")];
    expect(looks(photo)).toBe(looks(whole));
    expect(photo.notices).toMatchObject([{ code: "repaired" }]);
  });
});

/** A TIFF with its first directory changed. */
function withEntries(file: Buffer, change: (entries: Buffer[]) => Buffer[]): Buffer {
  const copy = Buffer.from(file);
  const at = copy.readUInt32LE(4);
  const entries = Array.from({ length: copy.readUInt16LE(at) }, (_, i) =>
    Buffer.from(copy.subarray(at + 2 + 12 * i, at + 14 + 12 * i)),
  );
  change(entries).forEach((entry, i) => {
    entry.copy(copy, at + 2 + 12 * i);
  });
  return copy;
}

function withValue(entries: Buffer[], tag: number, value: number): Buffer[] {
  const entry = entries.find((candidate) => candidate.readUInt16LE(0) === tag)!;
  entry.writeUInt16LE(value, 8);
  return entries;
}

describe("a picture with changed bytes", () => {
  it.each(names)("is decoded or refused, never crashes: %s", async (name) => {
    const file = files[name]!;
    for (let round = 0; round < 12; round++) {
      const mutated = Buffer.from(file);
      for (let i = 0; i < 4; i++) {
        const random = randomUint32(names.indexOf(name) * 100 + round, i);
        mutated[random % mutated.length] = random >>> 24;
      }
      const photo = await decoded(mutated, name);
      if (photo) expect(photo.gray.codes.length).toBe(photo.gray.width * photo.gray.height);
    }
  });
});
