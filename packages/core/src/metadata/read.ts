import { ByteReader, DamagedMetadata } from "./byte-reader.js";
import { readAvif } from "./containers/avif.js";
import { readGif } from "./containers/gif.js";
import { readJpeg } from "./containers/jpeg.js";
import { readPng } from "./containers/png.js";
import { readTiff } from "./containers/tiff.js";
import { readWebp } from "./containers/webp.js";
import { correctedExif, quarterTurnedExif } from "./exif/correct.js";
import { readExifFields } from "./exif/fields.js";
import { resolutionOfExif } from "./exif/resolution.js";
import { readDataSets } from "./iptc/records.js";
import type { ContainerMetadata, FoundMetadata, PictureMetadata } from "./picture-metadata.js";
import { XmpPacket } from "./xmp/packet.js";

/**
 * Reads what a picture file says about itself: JPEG, PNG, WebP, TIFF, AVIF and HEIF, GIF. Nothing is
 * found in files of other kinds. What is damaged is left out, and a notice says so.
 *
 * @param page which of the pictures in a TIFF file, from 0
 */
export function readMetadata(file: Uint8Array, { page = 0 } = {}): FoundMetadata {
  const { damaged = [], foreign = [], ...found } = readContainer(file, page);
  const broken = [...damaged];
  const intact = { ...found };
  const check = (key: keyof PictureMetadata, name: string, read: () => unknown) => {
    if (found[key] === undefined || succeeds(read)) return;
    delete intact[key];
    broken.push(name);
  };
  // What a correction damages is damaged already: its parts lie over each other.
  check("exif", "EXIF", () => {
    readExifFields(correctedExif(quarterTurnedExif(found.exif!), { width: 1, height: 1 }));
  });
  check("xmp", "XMP", () => new XmpPacket(found.xmp));
  check("iptc", "IPTC", () => readDataSets(found.iptc!));
  const resolution = intact.resolution ?? (intact.exif && resolutionOfExif(intact.exif));
  return {
    metadata: { ...intact, ...(resolution ? { resolution } : {}) },
    notices: [
      ...unique(broken).map((name) => ({
        code: "metadata-damaged" as const,
        message: `${name} of the input is damaged and left out.`,
      })),
      ...unique(foreign).map((name) => ({
        code: "not-kept" as const,
        message: `Not kept: ${name}.`,
      })),
    ],
  };
}

function readContainer(file: Uint8Array, page: number): ContainerMetadata {
  const reader = new ByteReader(file);
  try {
    if (reader.startsWith("\xff\xd8")) return readJpeg(file);
    if (reader.startsWith("\x89PNG\r\n\x1a\n")) return readPng(file);
    if (reader.startsWith("RIFF") && reader.startsWith("WEBP", 8)) return readWebp(file);
    if (reader.startsWith("GIF8")) return readGif(file);
    if (reader.startsWith("ftyp", 4)) return readAvif(file);
    if (reader.startsWith("II") || reader.startsWith("MM")) return readTiff(file, page);
  } catch (error) {
    if (!(error instanceof DamagedMetadata)) throw error;
    return { damaged: ["Metadata"] };
  }
  return {};
}

function succeeds(read: () => unknown): boolean {
  try {
    read();
    return true;
  } catch (error) {
    if (error instanceof DamagedMetadata) return false;
    throw error;
  }
}

function unique(names: readonly string[]): string[] {
  return [...new Set(names)];
}
