import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { type ModelMetadata, readModelMetadata } from "@let-there-be-color/core/model";
import type { NetworkConfig } from "@let-there-be-color/core/network";

/** What the file of a model says. */
export interface ModelFile {
  readonly path: string;
  readonly bytes: number;
  /** Hexadecimal. */
  readonly sha256: string;
  /** Name of its network; null for models of other programs. */
  readonly network: string | null;
  /** How its predictions are read: "quantized" are distributions over colours. */
  readonly head: string | null;
  /** Bits that it computes with: 8 if it was quantised. */
  readonly bits: 8 | 32;
  readonly classes: number;
  /** Short side in pixels that it works best at. */
  readonly workingSize: number;
}

export async function describeModelFile(path: string): Promise<ModelFile> {
  const bytes = await readFile(path);
  const metadata = readModelMetadata(bytes);
  const network = networkOf(metadata);
  return {
    path,
    bytes: bytes.length,
    sha256: createHash("sha256").update(bytes).digest("hex"),
    network: network?.name ?? null,
    head: network?.head?.type ?? null,
    bits: metadata.properties["ltbc.quantization"] === undefined ? 32 : 8,
    classes: metadata.classes.length,
    workingSize: metadata.workingSize,
  };
}

function networkOf({ properties }: ModelMetadata): Partial<NetworkConfig> | null {
  try {
    return JSON.parse(properties["ltbc.network"] ?? "null") as Partial<NetworkConfig> | null;
  } catch {
    return null;
  }
}
