// The safetensors format: an 8-byte little-endian header length, a JSON header that names every
// tensor's type, shape and byte range, then the raw little-endian data.
// https://github.com/huggingface/safetensors#format

import { createHash } from "node:crypto";
import { type FileHandle, open } from "node:fs/promises";
import { UserError } from "@let-there-be-color/core/user-error";
import { writeFileAtomically } from "../files/atomic-file.js";

/** A tensor in the file; F16 is kept as its raw 16 bits. */
export type SafeTensor =
  | { readonly dtype: "F32"; readonly shape: readonly number[]; readonly data: Float32Array }
  | { readonly dtype: "F16"; readonly shape: readonly number[]; readonly data: Uint16Array }
  | { readonly dtype: "I64"; readonly shape: readonly number[]; readonly data: BigInt64Array };

export interface SafetensorsContent {
  readonly tensors: Map<string, SafeTensor>;
  readonly metadata: Readonly<Record<string, string>>;
  /** Length of the whole file. */
  readonly bytes: number;
  /** SHA-256 of the whole file, in hexadecimal. */
  readonly sha256: string;
}

/** The reference implementation refuses longer headers, and so do we. */
const longestHeader = 100_000_000;
const bytesPerElement = { F32: 4, F16: 2, I64: 8 } as const;

/**
 * Writes tensors and optional text metadata. The file appears under its name only when complete
 * and flushed. Tensors with the widest elements come first, so that all data is aligned.
 * @returns length and SHA-256 of the file.
 */
export async function writeSafetensors(
  path: string,
  tensors: ReadonlyMap<string, SafeTensor>,
  metadata: Readonly<Record<string, string>> = {},
): Promise<{ bytes: number; sha256: string }> {
  const ordered = [...tensors].sort(
    ([, one], [, other]) => bytesPerElement[other.dtype] - bytesPerElement[one.dtype],
  );
  const header: Record<string, unknown> = {};
  if (Object.keys(metadata).length > 0) header.__metadata__ = metadata;
  let offset = 0;
  for (const [name, { dtype, shape, data }] of ordered) {
    if (name === "__metadata__") throw new RangeError("A tensor cannot be named __metadata__");
    if (elementCount(shape) !== data.length) {
      throw new RangeError(`${name}: shape [${shape}] does not hold ${data.length} values`);
    }
    const end = offset + data.byteLength;
    header[name] = { dtype, shape, data_offsets: [offset, end] };
    offset = end;
  }
  const text = Buffer.from(JSON.stringify(header), "utf8");
  const padded = Buffer.alloc(Math.ceil(text.length / 8) * 8, " ");
  text.copy(padded);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(padded.length));
  const contents = ordered.map(([, { data }]) => asBytes(data));
  return writeFileAtomically(path, [length, padded, ...contents]);
}

/**
 * Reads a whole file into freshly allocated arrays.
 * @throws UserError if the file is truncated, or its header is not what the format demands.
 */
export async function readSafetensors(path: string): Promise<SafetensorsContent> {
  const file = await open(path, "r");
  try {
    return await readFrom(file, (problem) => {
      throw new UserError(
        "checkpoint-invalid",
        `${path} is not a readable safetensors file: ${problem}.`,
      );
    });
  } finally {
    await file.close();
  }
}

type Refuse = (problem: string) => never;

async function readFrom(file: FileHandle, refuse: Refuse): Promise<SafetensorsContent> {
  const { size } = await file.stat();
  const hash = createHash("sha256");
  if (size < 8) refuse(`${size} bytes are too few`);
  const lengthBytes = Buffer.alloc(8);
  await readFully(file, lengthBytes, 0, refuse);
  const headerLength = lengthBytes.readBigUInt64LE();
  if (headerLength > BigInt(longestHeader)) refuse(`header length ${headerLength} is impossible`);
  const dataStart = 8 + Number(headerLength);
  if (dataStart > size) refuse(`the header should end at byte ${dataStart}, the file at ${size}`);
  const headerBytes = Buffer.alloc(Number(headerLength));
  await readFully(file, headerBytes, 8, refuse);
  hash.update(lengthBytes).update(headerBytes);

  const { entries, metadata } = parseHeader(headerBytes, refuse);
  entries.sort((one, other) => one.begin - other.begin || one.end - other.end);
  const tensors = new Map<string, SafeTensor>();
  let position = 0;
  for (const { name, dtype, shape, begin, end } of entries) {
    if (begin < position) refuse(`${name} overlaps another tensor`);
    if (begin > position) refuse(`bytes ${position} to ${begin} belong to no tensor`);
    if (dataStart + end > size) refuse(`it is truncated: ${name} should end at ${dataStart + end}`);
    const count = elementCount(shape);
    if (end - begin !== count * bytesPerElement[dtype]) {
      refuse(`${name} of type ${dtype} and shape [${shape}] cannot have ${end - begin} bytes`);
    }
    const tensor = allocate(dtype, shape, count);
    const bytes = asBytes(tensor.data);
    await readFully(file, bytes, dataStart + begin, refuse);
    hash.update(bytes);
    tensors.set(name, tensor);
    position = end;
  }
  if (dataStart + position !== size) {
    refuse(`${size - dataStart - position} bytes follow the last tensor`);
  }
  return { tensors, metadata, bytes: size, sha256: hash.digest("hex") };
}

interface Entry {
  readonly name: string;
  readonly dtype: keyof typeof bytesPerElement;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

function parseHeader(
  bytes: Uint8Array,
  refuse: Refuse,
): { entries: Entry[]; metadata: Record<string, string> } {
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    refuse("its header is not JSON");
  }
  if (!isRecord(header)) refuse("its header is not a JSON object");
  const metadata: Record<string, string> = {};
  const entries: Entry[] = [];
  for (const [name, value] of Object.entries(header)) {
    if (!isRecord(value)) refuse(`the entry ${name} is not an object`);
    if (name === "__metadata__") {
      for (const [key, text] of Object.entries(value)) {
        if (typeof text !== "string") refuse(`metadata ${key} is not text`);
        metadata[key] = text;
      }
    } else {
      entries.push(parseEntry(name, value, refuse));
    }
  }
  return { entries, metadata };
}

function parseEntry(name: string, value: Record<string, unknown>, refuse: Refuse): Entry {
  const { dtype, shape, data_offsets: offsets } = value;
  if (dtype !== "F32" && dtype !== "F16" && dtype !== "I64") {
    refuse(`${name} has type ${String(dtype)}; F32, F16 and I64 are supported`);
  }
  if (!isSizeList(shape)) refuse(`${name} has no valid shape`);
  if (!isSizeList(offsets) || offsets.length !== 2) refuse(`${name} has no valid data_offsets`);
  const [begin, end] = offsets as [number, number];
  if (end < begin) refuse(`${name} ends before it begins`);
  return { name, dtype, shape, begin, end };
}

function allocate(dtype: Entry["dtype"], shape: readonly number[], count: number): SafeTensor {
  if (dtype === "F32") return { dtype, shape, data: new Float32Array(count) };
  if (dtype === "F16") return { dtype, shape, data: new Uint16Array(count) };
  return { dtype, shape, data: new BigInt64Array(count) };
}

async function readFully(
  file: FileHandle,
  target: Uint8Array,
  position: number,
  refuse: Refuse,
): Promise<void> {
  for (let done = 0; done < target.byteLength; ) {
    const { bytesRead } = await file.read(target, done, target.byteLength - done, position + done);
    if (bytesRead === 0) refuse(`it is truncated at byte ${position + done}`);
    done += bytesRead;
  }
}

function asBytes(data: ArrayBufferView): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

function elementCount(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isSizeList(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && size >= 0);
}
