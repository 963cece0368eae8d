// A box of photographs as archives have them: formats, depths, profiles, orientations, names of all
// kinds, and some files that are broken.

import { mkdir, readdir, readFile, symlink, writeFile } from "node:fs/promises";
import { dirname, extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { writeMetadata } from "@let-there-be-color/core/metadata";
import { randomUint32 } from "@let-there-be-color/core/random";
import sharp from "sharp";
import { nativePath, pathOfBytes } from "../../files/byte-path.js";
import { OUTPUT_FORMATS } from "../../image/format.js";
import { pngClaiming } from "../pictures.js";

/** A good picture. */
export interface GoodPicture {
  /** Path in the archive, with `/`. */
  readonly path: string;
  /** Size of the upright picture; undefined where the file tells it itself. */
  readonly size: { readonly width: number; readonly height: number } | undefined;
  /** Who took it, by its EXIF. */
  readonly artist: string | undefined;
}

/** What an archive holds. */
export interface MixedArchive {
  readonly good: readonly GoodPicture[];
  /** Paths of files that no program can read. */
  readonly broken: readonly string[];
  /** Paths of what is no picture. */
  readonly others: readonly string[];
}

const kindsFolder = fileURLToPath(new URL("../../../src/testing/picture-kinds/", import.meta.url));

const isLinux = process.platform === "linux";

/** Names as people and cameras give them; `%` stands for a number. */
const NAMES = [
  ...["IMG_%", "scan (%)", "Grüße aus Köln %", "Tür %", "日本 %", "a 'quoted' %", "100%25 #%"],
  ...["-dash %", "two  spaces % ", "dots.in.name.%", "UPPER_%"],
  ...(isLinux ? ["line\nbreak %", `bytes ${pathOfBytes(Buffer.of(0xe9, 0xff))} %`, 'a "b" %'] : []),
];

/** Makes an archive of so many pictures, of which some are broken; the same every time. */
export async function makeMixedArchive(
  folder: string,
  { pictures, broken }: { readonly pictures: number; readonly broken: number },
): Promise<MixedArchive> {
  const good: GoodPicture[] = [];
  const others = ["1900/letter.pdf", "1900/phone.HEIC", "1901/notes.txt"];
  const kinds = (await readdir(kindsFolder)).filter((name) => /\.(?!json|py)/.test(extname(name)));
  const put = async (path: string, bytes: Uint8Array | string) => {
    await mkdir(nativePath(dirname(join(folder, path))), { recursive: true });
    await writeFile(nativePath(join(folder, path)), bytes);
  };
  const nameOf = (i: number, extension: string) => {
    const year = `${1900 + (i % 13)}`;
    const below = i % 5 === 0 ? `/${["roll a", "Ordner Ü", "x"][i % 3]}` : "";
    return `${year}${below}/${NAMES[i % NAMES.length]!.replace("%", String(i))}${extension}`;
  };
  for (let i = 0; i < pictures - broken; i++) {
    if (i % 4 === 0) {
      const kind = kinds[(i / 4) % kinds.length]!;
      const path = nameOf(i, extname(kind));
      await put(path, await readFile(join(kindsFolder, kind)));
      good.push({ path, size: undefined, artist: undefined });
    } else {
      const { bytes, extension, ...about } = await photograph(i);
      const path = nameOf(i, extension);
      await put(path, bytes);
      good.push({ path, ...about });
    }
  }
  const brokenPaths: string[] = [];
  for (let i = 0; i < broken; i++) {
    const [extension, bytes] = await brokenFile(i);
    const path = `${1900 + (i % 13)}/broken ${i}${extension}`;
    await put(path, bytes);
    brokenPaths.push(path);
  }
  for (const path of others) await put(path, "no picture");
  if (process.platform !== "win32") {
    await symlink("gone.jpg", join(folder, "1900", "dangling.jpg"));
    await symlink("..", join(folder, "1900", "circle"));
    others.push("1900/dangling.jpg", "1900/circle");
  }
  return { good, broken: brokenPaths, others };
}

/** A picture of clouds, grey or coloured, in one of the formats, with what cameras write into it. */
async function photograph(i: number) {
  const format = OUTPUT_FORMATS[i % OUTPUT_FORMATS.length]!;
  const orientation = 1 + (i % 8);
  const [width, height] = [120 + (randomUint32(1, i) % 200), 100 + (randomUint32(2, i) % 150)];
  const artist = `Photographer ${i}`;
  const isGray = i % 3 !== 0;
  const channels = isGray ? 1 : 3;
  const small = Uint8Array.from({ length: 8 * 6 * channels }, (_, at) => randomUint32(i, at) & 255);
  let image = sharp(small, { raw: { width: 8, height: 6, channels } }).resize(width, height, {
    fit: "fill",
    kernel: "cubic",
  });
  if (isGray) image = image.toColourspace("b-w");
  const isDeep = i % 7 === 0 && (format === "png" || format === "tiff");
  if (isDeep) image = image.toColourspace(isGray ? "grey16" : "rgb16");
  if (!isGray && i % 2 === 0) image = image.withIccProfile("p3");
  if (i % 11 === 0 && format !== "jpeg") image = image.ensureAlpha(0.5);
  const exif = (
    await sharp(small, { raw: { width: 8, height: 6, channels } })
      .withMetadata({ orientation })
      .withExifMerge({ IFD0: { Artist: artist } })
      .jpeg()
      .toBuffer()
      .then((file) => sharp(file).metadata())
  ).exif!.subarray(6);
  const file = await image
    .toFormat(format, format === "jpeg" ? { progressive: i % 2 === 0 } : {})
    .toBuffer();
  const { bytes } = writeMetadata(file, format, {
    exif,
    resolution: { x: 300, y: 300, unit: "inch" },
  });
  const extensions = { jpeg: [".jpg", ".JPG", ".jpeg", ".jfif"], tiff: [".tif", ".tiff"] } as const;
  const choice =
    format === "jpeg" || format === "tiff" ? extensions[format] : ([`.${format}`] as const);
  // In AVIF and TIFF orientation belongs to the pixels; it is not put there with EXIF.
  const isTurned = orientation > 4 && format !== "avif" && format !== "tiff";
  const size = isTurned ? { width: height, height: width } : { width, height };
  return { bytes, extension: choice[i % choice.length]!, size, artist };
}

/** A file with a picture's name that holds none, or a part of one. */
async function brokenFile(i: number): Promise<[extension: string, bytes: Uint8Array]> {
  const { bytes } = await photograph(5 * i + 1);
  const jpeg = await sharp(Buffer.from(bytes)).rotate().jpeg().toBuffer();
  const png = await sharp(jpeg).png().toBuffer();
  const tiff = await sharp(jpeg).tiff({ compression: "lzw" }).toBuffer();
  const kinds: [string, Uint8Array][] = [
    [".jpg", new Uint8Array()],
    [".jpg", jpeg.subarray(0, jpeg.length / 2)],
    [".png", png.subarray(0, png.length / 3)],
    [".tif", tiff.subarray(0, tiff.length / 2)],
    [".jpeg", Buffer.from("<html>404 Not Found</html>")],
    [".webp", Buffer.from(Array.from({ length: 500 }, (_, at) => randomUint32(i, at) & 255))],
    [".png", await pngClaiming(100_000, 100_000)],
    [".gif", Buffer.from("GIF89a")],
  ];
  return kinds[i % kinds.length]!;
}
