import { extname } from "node:path";

/** Picture formats that can be written. */
export const OUTPUT_FORMATS = ["jpeg", "png", "webp", "tiff", "avif"] as const;

export type OutputFormat = (typeof OUTPUT_FORMATS)[number];

const FORMAT_OF_EXTENSION: Readonly<Record<string, OutputFormat>> = {
  ".jpg": "jpeg",
  ".jpeg": "jpeg",
  ".jpe": "jpeg",
  ".png": "png",
  ".webp": "webp",
  ".tif": "tiff",
  ".tiff": "tiff",
  ".avif": "avif",
};

const EXTENSION_OF_FORMAT: Readonly<Record<OutputFormat, string>> = {
  jpeg: ".jpg",
  png: ".png",
  webp: ".webp",
  tiff: ".tif",
  avif: ".avif",
};

/** Further extensions of pictures that can be read but not written. */
const READ_ONLY_EXTENSIONS = new Set([".gif", ".svg", ".heic", ".heif", ".jxl", ".bmp"]);

/** The format a file name asks for, or undefined if its extension is of none that can be written. */
export function formatOfFileName(path: string): OutputFormat | undefined {
  return FORMAT_OF_EXTENSION[extname(path).toLowerCase()];
}

/** The usual extension of a format, with its dot. */
export function extensionOf(format: OutputFormat): string {
  return EXTENSION_OF_FORMAT[format];
}

/** Whether a file name ends like a picture that a folder walk should take in. */
export function isPictureFileName(path: string): boolean {
  const extension = extname(path).toLowerCase();
  return extension in FORMAT_OF_EXTENSION || extension === ".gif";
}

/** Whether a file name ends like a picture of any kind, also of kinds that cannot be written. */
export function looksLikePicture(path: string): boolean {
  return isPictureFileName(path) || READ_ONLY_EXTENSIONS.has(extname(path).toLowerCase());
}
