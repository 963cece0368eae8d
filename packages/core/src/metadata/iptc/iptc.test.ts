import { describe, expect, it } from "vitest";
import { XmpPacket } from "../xmp/packet.js";
import { photoshopResources, readPhotoshopResources } from "./photoshop-resources.js";
import { readDataSets } from "./records.js";
import { addIptcToXmp } from "./to-xmp.js";

function dataSet(record: number, number: number, value: string | Buffer): Buffer {
  const bytes = Buffer.from(value);
  const header = Buffer.from([0x1c, record, number, bytes.length >> 8, bytes.length & 0xff]);
  return Buffer.concat([header, bytes]);
}

describe("IPTC as XMP", () => {
  it("follows the IPTC Photo Metadata Standard", () => {
    const iptc = Buffer.concat([
      dataSet(1, 90, "\x1b%G"),
      dataSet(2, 0, "\0\x04"),
      dataSet(2, 5, "Title"),
      dataSet(2, 12, "IPTC:15054000:sport:soccer"),
      dataSet(2, 25, "Fußball"),
      dataSet(2, 25, "1931"),
      dataSet(2, 55, "19310405"),
      dataSet(2, 60, "143000+0100"),
      dataSet(2, 80, "A. Photographer"),
      dataSet(2, 90, "Wien"),
      dataSet(2, 92, "Prater"),
      dataSet(2, 100, "AUT"),
      dataSet(2, 105, "Headline"),
      dataSet(2, 110, "Credit"),
      dataSet(2, 116, "Rights"),
      dataSet(2, 120, "Caption"),
      dataSet(2, 7, "an edit status"),
    ]);
    const packet = new XmpPacket();
    expect(addIptcToXmp(iptc, packet)).toEqual([7]);
    const read = new XmpPacket(packet.toString());
    const texts = {
      "dc:title": "Title",
      "Iptc4xmpCore:SubjectCode": "15054000",
      "dc:subject": "Fußball1931", // two items, without anything between them
      "photoshop:DateCreated": "1931-04-05T14:30:00+01:00",
      "dc:creator": "A. Photographer",
      "photoshop:City": "Wien",
      "Iptc4xmpCore:Location": "Prater",
      "Iptc4xmpCore:CountryCode": "AUT",
      "photoshop:Headline": "Headline",
      "photoshop:Credit": "Credit",
      "dc:rights": "Rights",
      "dc:description": "Caption",
    } as const;
    for (const [name, text] of Object.entries(texts)) {
      expect(read.text(name as keyof typeof texts)).toBe(text);
    }
  });

  it("is not put over what XMP says", () => {
    const packet = new XmpPacket();
    packet.setText("photoshop:City", "Vienna");
    addIptcToXmp(Buffer.concat([dataSet(2, 90, "Wien"), dataSet(2, 101, "Austria")]), packet);
    expect(packet.text("photoshop:City")).toBe("Vienna");
    expect(packet.text("photoshop:Country")).toBe("Austria");
  });

  it("is read as Latin-1 where it is no UTF-8", () => {
    const packet = new XmpPacket();
    addIptcToXmp(dataSet(2, 90, Buffer.from("M\xfcnchen", "latin1")), packet);
    expect(packet.text("photoshop:City")).toBe("München");
  });

  it.each([
    ["19310400", undefined, "1931-04"],
    ["19310000", undefined, "1931"],
    ["19310405", "143000", "1931-04-05T14:30:00"],
    ["00000000", undefined, undefined],
  ])("knows partial dates: %s %s", (date, time, expected) => {
    const packet = new XmpPacket();
    const sets = [dataSet(2, 55, date), ...(time ? [dataSet(2, 60, time)] : [])];
    addIptcToXmp(Buffer.concat(sets), packet);
    expect(packet.text("photoshop:DateCreated")).toBe(expected);
  });
});

describe("data sets", () => {
  it("may be longer than 32 KB", () => {
    const header = Buffer.from([0x1c, 2, 202, 0x80, 4, 0, 1, 0, 0]);
    const [set] = readDataSets(Buffer.concat([header, Buffer.alloc(65536, "x")]));
    expect(set!.value).toHaveLength(65536);
  });

  it.each([
    ["cut short", dataSet(2, 120, "Caption").subarray(0, 9)],
    ["something else", Buffer.from("8BIM")],
    ["empty", Buffer.alloc(0)],
  ])("are damaged: %s", (_, bytes) => {
    expect(() => readDataSets(bytes)).toThrow(expect.objectContaining({ name: "DamagedMetadata" }));
  });
});

describe("Photoshop's image resources", () => {
  const resource = (id: number, value: string, name = "") => {
    const pascal = Buffer.from([name.length, ...Buffer.from(name)]);
    const head = Buffer.alloc(6 + pascal.length + (pascal.length % 2) + 4);
    head.write("8BIM", "latin1");
    head.writeUInt16BE(id, 4);
    pascal.copy(head, 6);
    head.writeUInt32BE(value.length, head.length - 4);
    return Buffer.concat([head, Buffer.from(value), Buffer.alloc(value.length % 2)]);
  };
  const path = resource(0x07d0, "a path", "Outline");
  const iptc = dataSet(2, 90, "Wien");

  it("go along, but for what is grey or kept elsewhere", () => {
    const bytes = Buffer.concat([
      resource(0x0404, iptc.toString("latin1")),
      resource(0x040c, "a thumbnail"),
      resource(0x0424, "<x:xmpmeta/>"),
      path,
    ]);
    const found = readPhotoshopResources(bytes);
    expect(Buffer.from(found.iptc!).equals(iptc)).toBe(true);
    expect(Buffer.from(found.others!).equals(path)).toBe(true);
    expect(found.isWhole).toBe(true);
    const written = readPhotoshopResources(photoshopResources(found.iptc, found.others));
    expect(Buffer.from(written.iptc!).equals(iptc)).toBe(true);
    expect(Buffer.from(written.others!).equals(path)).toBe(true);
  });

  it("say if they are cut short", () => {
    const { others, isWhole } = readPhotoshopResources(Buffer.concat([path, path.subarray(0, 20)]));
    expect(Buffer.from(others!).equals(path)).toBe(true);
    expect(isWhole).toBe(false);
  });
});
