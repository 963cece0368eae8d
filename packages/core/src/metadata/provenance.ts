import { DamagedMetadata } from "./byte-reader.js";
import type { PictureMetadata } from "./picture-metadata.js";
import type { PropertyName } from "./xmp/namespaces.js";
import { XmpPacket } from "./xmp/packet.js";

/** IPTC NewsCodes: a picture of which a trained network made a part, here the colours. */
export const COMPOSITE_WITH_TRAINED_ALGORITHMIC_MEDIA =
  "http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia";

/** What stands under AI System Used; its version, and the model, under AI System Version Used. */
export const AI_SYSTEM = "let-there-be-color";

const SOURCE_TYPE = "Iptc4xmpExt:DigitalSourceType";
const SYSTEM = "Iptc4xmpExt:AISystemUsed";
const SYSTEM_VERSION = "Iptc4xmpExt:AISystemVersionUsed";

/** What made the colours of a picture. */
export interface Provenance {
  /** Version of this software and name of the model: "0.1.0, model color". */
  readonly systemVersion: string;
}

/** What an original says that is about itself, with the field it gets in what derives from it. */
const ABOUT_ORIGINAL: readonly [property: PropertyName, field: PropertyName][] = [
  ["xmpMM:DocumentID", "stRef:documentID"],
  ["xmpMM:InstanceID", "stRef:instanceID"],
  ["xmpMM:OriginalDocumentID", "stRef:originalDocumentID"],
  [SOURCE_TYPE, SOURCE_TYPE],
  [SYSTEM, SYSTEM],
  [SYSTEM_VERSION, SYSTEM_VERSION],
];

/**
 * Says in an XMP packet that a network made the colours (IPTC Photo Metadata Standard 2025.1:
 * Digital Source Type, AI System Used, AI System Version Used). The original's own source type, if it
 * states one, becomes a field of what the picture derives from: of `xmpMM:DerivedFrom`, or of one
 * more item of `xmpMM:Ingredients` where the original derives from something itself.
 *
 * @param xmp the packet of the original, if it has one
 * @throws DamagedMetadata if that is no well-formed RDF in XML
 */
export function withProvenance(xmp: string | undefined, { systemVersion }: Provenance): string {
  const packet = new XmpPacket(xmp);
  if (packet.has(SOURCE_TYPE) && !isOwnPacket(packet)) {
    const original = new Map<PropertyName, string>();
    for (const [property, field] of ABOUT_ORIGINAL) {
      const value = packet.text(property);
      if (value) original.set(field, value);
    }
    if (!packet.has("xmpMM:DerivedFrom")) packet.setStructure("xmpMM:DerivedFrom", original);
    else packet.addStructure("xmpMM:Ingredients", "Bag", original);
  }
  packet.setText(SOURCE_TYPE, COMPOSITE_WITH_TRAINED_ALGORITHMIC_MEDIA);
  packet.setText(SYSTEM, AI_SYSTEM);
  packet.setText(SYSTEM_VERSION, systemVersion);
  return packet.toString();
}

/** Whether a picture says that its colours were made by this software, in its note of provenance. */
export function isOwnOutput({ xmp }: PictureMetadata): boolean {
  if (!xmp?.includes(AI_SYSTEM)) return false;
  try {
    return isOwnPacket(new XmpPacket(xmp));
  } catch (error) {
    if (error instanceof DamagedMetadata) return false;
    throw error;
  }
}

function isOwnPacket(packet: XmpPacket): boolean {
  return (
    packet.text(SOURCE_TYPE) === COMPOSITE_WITH_TRAINED_ALGORITHMIC_MEDIA &&
    packet.text(SYSTEM) === AI_SYSTEM
  );
}
