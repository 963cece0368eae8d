import { createHash } from "node:crypto";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { temporaryFolder } from "../testing/pictures.js";
import { readSafetensors, type SafeTensor, writeSafetensors } from "./safetensors.js";

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
beforeAll(async () => {
  folder = await temporaryFolder();
});
afterAll(() => folder.remove());

/** A file put together by hand from the format's description. */
function handMade(header: string, data: readonly number[]): Buffer {
  const text = Buffer.from(header);
  const length = Buffer.from([text.length & 255, text.length >> 8, 0, 0, 0, 0, 0, 0]);
  return Buffer.concat([length, text, Buffer.from(data)]);
}

async function readBytes(bytes: Uint8Array) {
  const path = join(folder.path, "hand-made.safetensors");
  await writeFile(path, bytes);
  return readSafetensors(path);
}

describe("reading", () => {
  it("reads hand-made bytes of every type, in any order and alignment", async () => {
    const header =
      '{"h":{"dtype":"F16","shape":[1],"data_offsets":[0,2]},"__metadata__":{"by":"hand"},' +
      '"n":{"dtype":"I64","shape":[],"data_offsets":[10,18]},' +
      '"f":{"dtype":"F32","shape":[2,1],"data_offsets":[2,10]}} ';
    const data = [0, 0x3c, 0, 0, 0x80, 0x3f, 0, 0, 0x20, 0xc0, 254, ...Array(7).fill(255)];
    const bytes = handMade(header, data);
    const { tensors, metadata, sha256, bytes: length } = await readBytes(bytes);
    expect(tensors.get("h")).toEqual({ dtype: "F16", shape: [1], data: Uint16Array.of(0x3c00) });
    expect(tensors.get("f")).toEqual({
      dtype: "F32",
      shape: [2, 1],
      data: Float32Array.of(1, -2.5),
    });
    expect(tensors.get("n")).toEqual({ dtype: "I64", shape: [], data: BigInt64Array.of(-2n) });
    expect(metadata).toEqual({ by: "hand" });
    expect(length).toBe(bytes.length);
    expect(sha256).toBe(createHash("sha256").update(bytes).digest("hex"));
  });

  const one = (dtype: string, shape: string, offsets: string, name = "a") =>
    `"${name}":{"dtype":"${dtype}","shape":${shape},"data_offsets":${offsets}}`;
  it.each([
    ["an empty file", Buffer.alloc(0), /0 bytes are too few/],
    ["an impossible header length", Buffer.alloc(16, 255), /header length \d+ is impossible/],
    ["a header cut short", handMade("{}", []).subarray(0, 9), /header should end at byte 10/],
    ["a header that is not JSON", handMade("{]", []), /not JSON/],
    ["a header that is no object", handMade("[]", []), /not a JSON object/],
    ["a type it does not know", handMade(`{${one("BF16", "[1]", "[0,2]")}}`, [0, 0]), /BF16/],
    ["a negative size", handMade(`{${one("F32", "[-1]", "[0,4]")}}`, [0, 0, 0, 0]), /valid shape/],
    ["offsets backwards", handMade(`{${one("F32", "[0]", "[4,0]")}}`, []), /ends before it begins/],
    [
      "overlapping tensors",
      handMade(`{${one("F32", "[1]", "[0,4]")},${one("F16", "[1]", "[2,4]", "b")}}`, [0, 0, 0, 0]),
      /b overlaps another/,
    ],
    [
      "a hole between tensors",
      handMade(`{${one("F16", "[1]", "[2,4]")}}`, [0, 0, 0, 0]),
      /bytes 0 to 2 belong to no tensor/,
    ],
    [
      "a shape that does not fit the bytes",
      handMade(`{${one("F32", "[2]", "[0,4]")}}`, [0, 0, 0, 0]),
      /shape \[2\] cannot have 4 bytes/,
    ],
    ["truncated data", handMade(`{${one("F32", "[1]", "[0,4]")}}`, [0, 0]), /truncated/],
    ["bytes after the data", handMade(`{${one("F16", "[1]", "[0,2]")}}`, [0, 0, 9]), /1 bytes fol/],
  ])("refuses %s", async (_, bytes, message) => {
    await expect(readBytes(bytes)).rejects.toThrow(message);
    await expect(readBytes(bytes)).rejects.toMatchObject({ name: "UserError" });
  });
});

describe("writing", () => {
  const tensors = new Map<string, SafeTensor>([
    ["small", { dtype: "F16", shape: [1], data: Uint16Array.of(0x3c00) }],
    ["count", { dtype: "I64", shape: [1], data: BigInt64Array.of(7n) }],
    ["empty", { dtype: "F32", shape: [0, 3], data: new Float32Array(0) }],
    ["weights", { dtype: "F32", shape: [2], data: Float32Array.of(1, Math.fround(0.1)) }],
  ]);

  it("lays out the file as the format says, with aligned data", async () => {
    const path = join(folder.path, "written.safetensors");
    const { bytes, sha256 } = await writeSafetensors(path, tensors, { note: "a" });
    const file = await readFile(path);
    expect(file.length).toBe(bytes);
    expect(createHash("sha256").update(file).digest("hex")).toBe(sha256);
    const headerLength = Number(file.readBigUInt64LE());
    expect(headerLength % 8).toBe(0);
    const header = JSON.parse(file.subarray(8, 8 + headerLength).toString());
    expect(header.__metadata__).toEqual({ note: "a" });
    expect(header.weights.dtype).toBe("F32");
    const [begin, end] = header.weights.data_offsets;
    expect((8 + headerLength + begin) % 4).toBe(0);
    expect(end - begin).toBe(8);
    expect(file.readFloatLE(8 + headerLength + begin + 4)).toBe(Math.fround(0.1));
    expect((await readSafetensors(path)).tensors).toEqual(tensors);
    expect((await readdir(folder.path)).filter((name) => name.endsWith(".tmp"))).toEqual([]);
  });

  it("writes only the part of a buffer that a view shows", async () => {
    const path = join(folder.path, "view.safetensors");
    const data = Float32Array.of(1, 2, 3, 4).subarray(1, 3);
    await writeSafetensors(path, new Map([["v", { dtype: "F32", shape: [2], data }]]));
    expect((await readSafetensors(path)).tensors.get("v")?.data).toEqual(Float32Array.of(2, 3));
  });

  it("refuses a shape that does not fit the data", async () => {
    const wrong = new Map<string, SafeTensor>([
      ["a", { dtype: "F32", shape: [3], data: new Float32Array(2) }],
    ]);
    await expect(writeSafetensors(join(folder.path, "x"), wrong)).rejects.toThrow(/does not hold/);
  });
});
