// Whether the disks have room for what a run will write, as far as that can be told beforehand.

import { statfs } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { nativePath } from "../files/byte-path.js";
import { formatOfFileName, type OutputFormat } from "../image/format.js";
import { STANDARD_STREAM } from "./inputs.js";
import { outputsOf } from "./output-names.js";
import type { Job } from "./plan.js";
import { statOf } from "./walk.js";

/** The disk of one folder of outputs. */
export interface DiskSpace {
  /** A folder on the disk. */
  readonly folder: string;
  /** Bytes that the run will need there, roughly. */
  readonly needed: number;
  /** Bytes that are free there. */
  readonly free: number;
}

/** Bytes a sample of photographs in each format at the usual qualities, roughly: film grain, 8 bits. */
const BYTES_A_PIXEL: Readonly<Record<OutputFormat | "gif", number>> = {
  jpeg: 0.35,
  webp: 0.25,
  avif: 0.2,
  png: 0.75,
  tiff: 0.85,
  gif: 0.7,
};
/** How much larger a picture becomes when it gets colour. */
const GROWTH: Readonly<Record<OutputFormat, number>> = {
  jpeg: 1.5,
  webp: 1.3,
  avif: 1.3,
  png: 2.8,
  tiff: 2.8,
};

/**
 * How much the jobs will write on each disk, from the sizes of the inputs and how formats compare:
 * good for a warning, not to the megabyte.
 */
export async function spaceNeeded(
  jobs: readonly Job[],
  format: OutputFormat | undefined,
): Promise<DiskSpace[]> {
  const disks = new Map<bigint, { folder: string; needed: number }>();
  const diskOf = new Map<string, { needed: number } | undefined>();
  for (const job of jobs) {
    if (job.output === STANDARD_STREAM || !job.file) continue;
    const folder = dirname(resolve(job.output));
    if (!diskOf.has(folder)) {
      const existing = await existingFolder(folder);
      const disk = disks.get(existing.device) ?? { folder: existing.path, needed: 0 };
      disks.set(existing.device, disk);
      diskOf.set(folder, disk);
    }
    diskOf.get(folder)!.needed += estimatedBytes(job, format);
  }
  return Promise.all(
    [...disks.values()].map(async ({ folder, needed }) => {
      const { bavail, bsize } = await statfs(nativePath(folder));
      return { folder, needed, free: bavail * bsize };
    }),
  );
}

function estimatedBytes(job: Job, format: OutputFormat | undefined): number {
  const from = formatOfFileName(job.input) ?? "gif";
  const to = format ?? formatOfFileName(job.output) ?? "png";
  const each = (job.file!.size * GROWTH[to] * BYTES_A_PIXEL[to]) / BYTES_A_PIXEL[from];
  return each * outputsOf(job).length;
}

/** The folder, or the nearest one above it that exists. */
async function existingFolder(folder: string): Promise<{ path: string; device: bigint }> {
  for (let path = folder; ; path = dirname(path)) {
    const status = await statOf(path).catch(() => undefined);
    if (status || path === dirname(path)) return { path, device: status?.dev ?? 0n };
  }
}

/** `1.2 GB`. */
export function bytesInWords(bytes: number): string {
  const units = ["bytes", "kB", "MB", "GB", "TB"];
  const power = Math.min(Math.floor(Math.log10(Math.max(bytes, 1)) / 3), units.length - 1);
  const value = bytes / 1000 ** power;
  return `${power > 0 && value < 10 ? value.toFixed(1) : Math.round(value)} ${units[power]}`;
}
