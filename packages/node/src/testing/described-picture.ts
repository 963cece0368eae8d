// Pictures that say a lot about themselves, for tests.

import { writeMetadata } from "@let-there-be-color/core/metadata";
import sharp from "sharp";
import type { OutputFormat } from "../image/format.js";

const xmp = `<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="" xmlns:tiff="http://ns.adobe.com/tiff/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/" tiff:Orientation="8"><dc:title><rdf:Alt><rdf:li xml:lang="x-default">Österreich</rdf:li></rdf:Alt></dc:title></rdf:Description></rdf:RDF></x:xmpmeta>`;

/** A caption and two keywords, as IIM and as image resources. */
const iptc = Buffer.from(
  "\x1c\x01\x5a\x00\x03\x1b%G\x1c\x02\x78\x00\x07A cap. \x1c\x02\x19\x00\x03one\x1c\x02\x19\x00\x03two",
  "latin1",
);

/** A picture lying on its side, in Adobe RGB by its marks, that says a lot. */
export async function describedPicture(format: OutputFormat): Promise<Buffer> {
  const pixels = {
    create: { width: 30, height: 40, channels: 3, background: "#777" },
  } as const;
  const exif = (
    await sharp(pixels)
      .withExif({
        IFD0: {
          Artist: "A. Photographer",
          ImageDescription: "A street",
          Orientation: "8",
        },
        IFD2: {
          LensModel: "Lens 50",
          ColorSpace: "2",
          PixelXDimension: "30",
          PixelYDimension: "40",
        },
        IFD3: { GPSLatitudeRef: "N" },
      })
      .withDensity(300)
      .jpeg()
      .toBuffer()
      .then((file) => sharp(file).metadata())
  ).exif!;
  const said = {
    exif: exif.subarray(6),
    xmp,
    ...(format === "jpeg" || format === "tiff" ? { iptc } : {}),
    ...(format === "jpeg" ? { comments: [Buffer.from("Kommentar")] } : {}),
    ...(format === "png" ? { texts: [{ keyword: "Warning", text: "not for children" }] } : {}),
    resolution: { x: 300, y: 300, unit: "inch" },
  } as const;
  const file = await sharp(pixels).toFormat(format).toBuffer();
  return Buffer.from(writeMetadata(file, format, said).bytes);
}
