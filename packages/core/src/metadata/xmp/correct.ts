import type { OutputPixels } from "../exif/correct.js";
import type { PropertyName } from "./namespaces.js";
import { XmpPacket } from "./packet.js";

/**
 * A packet for an upright sRGB picture in colour: what it states about orientation, size and colour
 * space becomes true, the thumbnails go, which are grey. Otherwise it is returned as it is.
 *
 * @throws DamagedMetadata if it is no well-formed RDF in XML
 */
export function correctedXmp(xmp: string, { width, height }: OutputPixels): string {
  const packet = new XmpPacket(xmp);
  const truths: [PropertyName, string][] = [
    ["tiff:Orientation", "1"],
    ["tiff:ImageWidth", `${width}`],
    ["tiff:ImageLength", `${height}`],
    ["exif:PixelXDimension", `${width}`],
    ["exif:PixelYDimension", `${height}`],
    ["exif:ColorSpace", "1"],
    ["tiff:PhotometricInterpretation", "2"],
    ["photoshop:ICCProfile", "sRGB IEC61966-2.1"],
    ["photoshop:ColorMode", "3"],
  ];
  let isChanged = false;
  for (const [name, value] of truths) isChanged = packet.replaceText(name, value) || isChanged;
  const stale: PropertyName[] = [
    "xmp:Thumbnails",
    "exif:Gamma",
    "tiff:SamplesPerPixel",
    "tiff:BitsPerSample",
    "tiff:TransferFunction",
    "tiff:WhitePoint",
    "tiff:PrimaryChromaticities",
  ];
  for (const name of stale) {
    if (!packet.has(name)) continue;
    packet.remove(name);
    isChanged = true;
  }
  return isChanged ? packet.toString() : xmp;
}
