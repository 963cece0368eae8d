import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { crc32 } from "node:zlib";
import { randomUint32 } from "@let-there-be-color/core/random";
import sharp from "sharp";

export type PictureFormat = "jpeg" | "png" | "webp";

/** A picture of one sRGB colour, encoded. */
export function flatPicture(
  color: readonly [red: number, green: number, blue: number],
  width = 32,
  height = 32,
  format: PictureFormat = "png",
): Promise<Buffer> {
  const [r, g, b] = color;
  return sharp({ create: { width, height, channels: 3, background: { r, g, b } } })
    .toFormat(format, { lossless: true })
    .toBuffer();
}

/** A colourful picture of noise: another one for every seed. */
export function noisePicture(
  seed: number,
  width = 32,
  height = 32,
  format: PictureFormat = "png",
): Promise<Buffer> {
  const rgb = Uint8Array.from(
    { length: 3 * width * height },
    (_, i) => randomUint32(seed, i) & 255,
  );
  return sharp(rgb, { raw: { width, height, channels: 3 } })
    .toFormat(format)
    .toBuffer();
}

/** A grey picture of noise, as PNG: another one for every seed. */
export function grayNoisePicture(seed: number, width = 32, height = 32): Promise<Buffer> {
  const codes = Uint8Array.from({ length: width * height }, (_, i) => randomUint32(seed, i) & 255);
  return sharp(codes, { raw: { width, height, channels: 1 } })
    .png()
    .toBuffer();
}

/** The header of a PNG that claims a size, with no picture data behind it. */
export async function pngClaiming(width: number, height: number): Promise<Buffer> {
  const png = Buffer.from(await flatPicture([1, 2, 3]));
  png.writeUInt32BE(width, 16);
  png.writeUInt32BE(height, 20);
  png.writeUInt32BE(crc32(png.subarray(12, 29)), 29);
  return png;
}

/** A temporary folder with files in it; `remove` deletes it. */
export async function temporaryFolder(
  files: Readonly<Record<string, Uint8Array | string>> = {},
): Promise<{ path: string; remove: () => Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), "color-dataset-"));
  for (const [name, content] of Object.entries(files)) {
    const file = join(path, name);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, content);
  }
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
}
