import { describe, expect, it } from "vitest";
import { isOwnOutput, withProvenance } from "../provenance.js";
import { correctedXmp } from "./correct.js";
import { extendedGuid, joinXmp, splitXmp } from "./extended.js";
import { XmpPacket } from "./packet.js";

const PREFIXES = `xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:tiff="http://ns.adobe.com/tiff/1.0/" xmlns:exif="http://ns.adobe.com/exif/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:xmpMM="http://ns.adobe.com/xap/1.0/mm/" xmlns:stRef="http://ns.adobe.com/xap/1.0/sType/ResourceRef#" xmlns:crs="http://ns.adobe.com/camera-raw-settings/1.0/" xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"`;

function packet(attributes: string, elements = ""): string {
  return `<?xpacket begin="\uFEFF" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF ${PREFIXES}><rdf:Description rdf:about="" ${attributes}>${elements}</rdf:Description></rdf:RDF></x:xmpmeta>${" ".repeat(2048)}<?xpacket end="w"?>`;
}

/** Both forms that a property may have. */
const forms = (name: string, value: string) => [
  packet(`${name}="${value}"`),
  packet("", `<${name}>${value}</${name}>`),
];

const SOURCE = "Iptc4xmpExt:DigitalSourceType";
const NEGATIVE = "http://cv.iptc.org/newscodes/digitalsourcetype/negativeFilm";
const COMPOSITE =
  "http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia";
const provenance = { systemVersion: "1.2.3, model m" };

describe("a corrected packet", () => {
  it.each(forms("tiff:Orientation", "6"))("is upright, %#", (xmp) => {
    const corrected = new XmpPacket(correctedXmp(xmp, { width: 40, height: 30 }));
    expect(corrected.text("tiff:Orientation")).toBe("1");
  });

  it("is true of the output in all that it states", () => {
    const xmp = packet(
      'exif:PixelXDimension="30" exif:ColorSpace="65535"',
      "<exif:PixelYDimension>40</exif:PixelYDimension>",
    );
    const corrected = new XmpPacket(correctedXmp(xmp, { width: 40, height: 30 }));
    expect(corrected.text("exif:PixelXDimension")).toBe("40");
    expect(corrected.text("exif:PixelYDimension")).toBe("30");
    expect(corrected.text("exif:ColorSpace")).toBe("1");
    expect(corrected.has("tiff:ImageWidth")).toBe(false);
  });

  it("is the same text if all is true already", () => {
    const xmp = packet('tiff:Orientation="1" crs:Exposure2012="+0.35"', "<!-- kept -->");
    expect(correctedXmp(xmp, { width: 40, height: 30 })).toBe(xmp);
  });
});

describe("provenance", () => {
  it("makes a packet where there is none", () => {
    const made = new XmpPacket(withProvenance(undefined, provenance));
    expect(made.text(SOURCE)).toBe(COMPOSITE);
    expect(made.text("Iptc4xmpExt:AISystemUsed")).toBe("let-there-be-color");
    expect(made.text("Iptc4xmpExt:AISystemVersionUsed")).toBe("1.2.3, model m");
    expect(made.has("xmpMM:DerivedFrom")).toBe(false);
  });

  it("loses nothing of a packet that is there", () => {
    const history =
      '<xmpMM:History><rdf:Seq><rdf:li rdf:parseType="Resource"><stRef:part>a &amp; b &lt; c</stRef:part></rdf:li></rdf:Seq></xmpMM:History>';
    const titles =
      '<dc:title><rdf:Alt><rdf:li xml:lang="de">Straße</rdf:li><rdf:li xml:lang="x-default">Street</rdf:li></rdf:Alt></dc:title>';
    const xmp = packet('crs:Exposure2012="+0.35" dc:format="image/jpeg"', titles + history);
    const made = withProvenance(xmp, provenance);
    expect(made).toContain(titles);
    expect(made).toContain(history);
    expect(made).toContain('crs:Exposure2012="+0.35"');
    expect(made).toContain('dc:format="image/jpeg"');
  });

  it.each(forms(SOURCE, NEGATIVE))("keeps the source type of the original, %#", (xmp) => {
    const made = withProvenance(
      xmp.replace('rdf:about=""', 'rdf:about="" xmpMM:DocumentID="d1"'),
      provenance,
    );
    const read = new XmpPacket(made);
    expect(read.text(SOURCE)).toBe(COMPOSITE);
    expect(made.split(NEGATIVE)).toHaveLength(2);
    const [, derived] = /<xmpMM:DerivedFrom[^>]*>(.*?)<\/xmpMM:DerivedFrom>/s.exec(made)!;
    expect(derived).toContain(NEGATIVE);
    expect(derived).toMatch(/<stRef:documentID[^>]*>d1</);
    expect(read.text("xmpMM:DocumentID")).toBe("d1");
  });

  it("adds an ingredient where the original derives from something", () => {
    const elements =
      '<xmpMM:DerivedFrom stRef:documentID="grandparent"/><xmpMM:Ingredients><rdf:Bag><rdf:li stRef:documentID="first"/></rdf:Bag></xmpMM:Ingredients>';
    const made = withProvenance(packet(`${SOURCE}="${NEGATIVE}"`, elements), provenance);
    expect(made).toContain('<xmpMM:DerivedFrom stRef:documentID="grandparent"/>');
    const [, items] = /<xmpMM:Ingredients><rdf:Bag>(.*)<\/rdf:Bag>/s.exec(made)!;
    expect(items).toContain('<rdf:li stRef:documentID="first"/>');
    expect(items).toContain(NEGATIVE);
  });

  it("tells own outputs, by all of the note", () => {
    const own = withProvenance(packet(`${SOURCE}="${NEGATIVE}"`), provenance);
    expect(isOwnOutput({ xmp: own })).toBe(true);
    const again = withProvenance(own, { systemVersion: "2.0.0" });
    expect(again.match(/<Iptc4xmpExt:AISystemUsed[\s>]/g)).toHaveLength(1);
    expect(again.split(NEGATIVE)).toHaveLength(2);
    expect(isOwnOutput({ xmp: packet(`${SOURCE}="${COMPOSITE}"`) })).toBe(false);
    expect(isOwnOutput({ xmp: packet('dc:source="let-there-be-color"') })).toBe(false);
    expect(isOwnOutput({ xmp: "let-there-be-color" })).toBe(false);
    expect(isOwnOutput({})).toBe(false);
  });
});

describe("long packets", () => {
  const long = packet(
    'crs:Exposure2012="+0.35"',
    `<dc:description>${"ä".repeat(40_000)}</dc:description><dc:source>short</dc:source>`,
  );

  it("are split, the largest properties aside, and joined again", () => {
    const { standard, extended } = splitXmp(long, 65_000);
    expect(Buffer.byteLength(standard)).toBeLessThan(65_000);
    expect(standard).toContain("short");
    expect(standard).not.toContain("ää");
    expect(extendedGuid(standard)).toBe(extended!.guid);
    const joined = new XmpPacket(joinXmp(standard, Buffer.from(extended!.bytes).toString()));
    expect(joined.text("dc:description")).toBe("ä".repeat(40_000));
    expect(joined.text("dc:source")).toBe("short");
    expect(joined.has("xmpNote:HasExtendedXMP")).toBe(false);
  });

  it("are not split for their padding", () => {
    const { standard, extended } = splitXmp(packet('dc:source="short"'), 2000);
    expect(extended).toBeUndefined();
    expect(new XmpPacket(standard).text("dc:source")).toBe("short");
  });

  it("are named by the MD5 of the second part", () => {
    // RFC 1321, appendix A.5, of no bytes at all: the digest's form, as the property states it.
    expect(extendedGuid('xmpNote:HasExtendedXMP="D41D8CD98F00B204E9800998ECF8427E"')).toBe(
      "D41D8CD98F00B204E9800998ECF8427E",
    );
    expect(extendedGuid("<xmpNote:HasExtendedXMP>d41d8cd98f00b204e9800998ecf8427e<")).toBe(
      "D41D8CD98F00B204E9800998ECF8427E",
    );
  });
});

it.each([
  ["no XML", "a text"],
  ["not closed", packet("").replace("</rdf:RDF>", "")],
  ["an unknown prefix", packet("", "<unknown:a/>")],
  [
    "entities",
    `<!DOCTYPE a [<!ENTITY b "c">]>${packet("", "<dc:source>&b;</dc:source>")}`.slice(0, -20),
  ],
  [
    "too many namespaces",
    packet(Array.from({ length: 10_001 }, (_, i) => `xmlns:n${i}="u"`).join(" ")),
  ],
])("is damaged: %s", (_, xmp) => {
  expect(() => new XmpPacket(xmp)).toThrow(expect.objectContaining({ name: "DamagedMetadata" }));
});
