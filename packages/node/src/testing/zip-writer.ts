import { crc32, deflateRawSync } from "node:zlib";

/** An entry to write. */
export interface ZipContent {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly deflate?: boolean;
  /** Bytes of padding in the extra field of the local header. */
  readonly localPadding?: number;
  /** Compression method to claim, whatever the bytes are. */
  readonly method?: number;
  /** Damages the last byte after the checksum was taken. */
  readonly damaged?: boolean;
}

/** Writes a zip (APPNOTE 6.3), with all sizes and offsets in zip64 fields if `zip64`. */
export function writeZip(contents: readonly ZipContent[], zip64 = false): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const content of contents) {
    const name = Buffer.from(content.name);
    const packed = Buffer.from(content.deflate ? deflateRawSync(content.bytes) : content.bytes);
    const padding = paddingField(content.localPadding ?? 0);
    const common = Buffer.alloc(26);
    common.writeUInt16LE(zip64 ? 45 : 20, 0);
    common.writeUInt16LE(0x0800, 2); // names in UTF-8
    common.writeUInt16LE(content.method ?? (content.deflate ? 8 : 0), 4);
    common.writeUInt32LE(crc32(content.bytes), 10);
    common.writeUInt32LE(packed.length, 14);
    common.writeUInt32LE(content.bytes.length, 18);
    common.writeUInt16LE(name.length, 22);
    common.writeUInt16LE(padding.length, 24);
    if (content.damaged) packed[packed.length - 1]! ^= 0xff;
    const local = Buffer.concat([uint32(0x04034b50), common, name, padding, packed]);
    const extra = zip64
      ? zip64Field([content.bytes.length, packed.length, offset])
      : Buffer.alloc(0);
    if (zip64) common.fill(0xff, 14, 22);
    common.writeUInt16LE(extra.length, 24);
    const rest = Buffer.alloc(14);
    rest.writeUInt32LE(zip64 ? 0xffffffff : offset, 10);
    const version = Buffer.from([zip64 ? 45 : 20, 0]);
    directory.push(uint32(0x02014b50), version, common, rest, name, extra);
    parts.push(local);
    offset += local.length;
  }
  const central = Buffer.concat(directory);
  return Buffer.concat([
    ...parts,
    central,
    endOfDirectory(contents.length, central.length, offset, zip64),
  ]);
}

function endOfDirectory(count: number, size: number, offset: number, zip64: boolean): Buffer {
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(zip64 ? 0xffff : count, 8);
  end.writeUInt16LE(zip64 ? 0xffff : count, 10);
  end.writeUInt32LE(zip64 ? 0xffffffff : size, 12);
  end.writeUInt32LE(zip64 ? 0xffffffff : offset, 16);
  if (!zip64) return end;
  const record = Buffer.alloc(56);
  record.writeUInt32LE(0x06064b50, 0);
  record.writeBigUInt64LE(44n, 4);
  record.writeUInt16LE(45, 12);
  record.writeUInt16LE(45, 14);
  for (const [index, value] of [count, count, size, offset].entries()) {
    record.writeBigUInt64LE(BigInt(value), 24 + 8 * index);
  }
  const locator = Buffer.alloc(20);
  locator.writeUInt32LE(0x07064b50, 0);
  locator.writeBigUInt64LE(BigInt(offset + size), 8);
  locator.writeUInt32LE(1, 16);
  return Buffer.concat([record, locator, end]);
}

function zip64Field(values: readonly number[]): Buffer {
  const field = Buffer.alloc(4 + 8 * values.length);
  field.writeUInt16LE(1, 0);
  field.writeUInt16LE(8 * values.length, 2);
  for (const [index, value] of values.entries())
    field.writeBigUInt64LE(BigInt(value), 4 + 8 * index);
  return field;
}

function paddingField(length: number): Buffer {
  if (length === 0) return Buffer.alloc(0);
  const field = Buffer.alloc(4 + length);
  field.writeUInt16LE(0xd935, 0); // "Android zip alignment": padding that readers skip
  field.writeUInt16LE(length, 2);
  return field;
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}
