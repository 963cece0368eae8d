// The one list of picture files: which are read, and which are written.

import { extname } from "node:path";

/** Picture formats that can be written. */
export const OUTPUT_FORMATS = ["jpeg", "png", "webp", "tiff", "avif"] as const;

export type OutputFormat = (typeof OUTPUT_FORMATS)[number];

/** Extensions of files that are read, with the format that is written under them, if any. */
const FORMAT_OF_EXTENSION: Readonly<Record<string, OutputFormat | null>> = {
  ".jpg": "jpeg",
  ".jpeg": "jpeg",
  ".jpe": "jpeg",
  ".jfif": "jpeg",
  ".png": "png",
  ".webp": "webp",
  ".tif": "tiff",
  ".tiff": "tiff",
  ".avif": "avif",
  ".gif": null,
  ".bmp": null,
  ".dib": null,
};

/** The usual extension of a format is its first one. */
const WRITTEN_EXTENSIONS = OUTPUT_FORMATS.map(
  (format) => Object.entries(FORMAT_OF_EXTENSION).find(([, other]) => other === format)![0],
);

/** Formats of photographs that are read, as sharp names them; AVIF is a kind of HEIF. */
export const READ_FORMATS: ReadonlySet<string> = new Set([...OUTPUT_FORMATS, "gif", "heif"]);

/** Extensions of what may hold a picture, but is neither read nor written. */
const OTHER_PICTURES = new Set(
  ".heic .heif .hif .jxl .jp2 .j2k .jpx .jpf .jxr .wdp .svg .svgz .pdf .psd .psb .xcf .exr .hdr .ico .djvu .dng .cr2 .cr3 .crw .nef .nrw .arw .srf .sr2 .orf .rw2 .raf .pef .srw .x3f .mrw .kdc .dcr .erf .mef .mos .iiq .3fr .pbm .pgm .ppm .pnm .tga .pcx".split(
    " ",
  ),
);

/** The usual extensions of what is written and of what is read, for messages. */
export const WRITTEN_IN_WORDS = `${WRITTEN_EXTENSIONS.slice(0, -1).join(", ")} or ${WRITTEN_EXTENSIONS.at(-1)}`;
export const READ_IN_WORDS = `${WRITTEN_EXTENSIONS.join(", ")}, .gif or .bmp`;

/** The format a file name asks for, or undefined if its extension is of none that can be written. */
export function formatOfFileName(path: string): OutputFormat | undefined {
  return FORMAT_OF_EXTENSION[extname(path).toLowerCase()] ?? undefined;
}

/** The usual extension of a format, with its dot. */
export function extensionOf(format: OutputFormat): string {
  return WRITTEN_EXTENSIONS[OUTPUT_FORMATS.indexOf(format)]!;
}

/** Whether a file name ends like a picture that is read from a folder or zip. */
export function isPictureFileName(path: string): boolean {
  return Object.hasOwn(FORMAT_OF_EXTENSION, extname(path).toLowerCase());
}

/** Whether a file name ends like a picture of any kind, also of kinds that cannot be written. */
export function looksLikePicture(path: string): boolean {
  return isPictureFileName(path) || OTHER_PICTURES.has(extname(path).toLowerCase());
}
