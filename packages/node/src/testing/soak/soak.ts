// Colourises an archive with a program that is killed again and again, and looks whether all is well.

import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { readdir, readFile, stat } from "node:fs/promises";
import { relative } from "node:path";
import { createInterface } from "node:readline";
import sharp from "sharp";
import type { ReportEntry } from "../../archive/report.js";
import { isBytePath, nativePath } from "../../files/byte-path.js";
import { startLtbc } from "../ltbc-process.js";
import type { MixedArchive } from "./mixed-archive.js";

/** How one start of the program ended. */
export interface SoakRun {
  /** Pictures that it told to be done. */
  readonly done: number;
  readonly seconds: number;
  /** Exit code, or the signal that ended it. */
  readonly end: number | string;
  /** Resident memory every half second, MB; empty where it cannot be told. */
  readonly memory: readonly number[];
  readonly stderr: string;
}

const SAMPLING_MILLISECONDS = 500;

/**
 * Runs `ltbc colorize`, killed without warning when a share of the pictures is done, as often as told,
 * and then to its end.
 */
export async function runKilled(
  words: readonly string[],
  { pictures, kills }: { readonly pictures: number; readonly kills: number },
): Promise<SoakRun[]> {
  const runs: SoakRun[] = [];
  for (let run = 0; run <= kills; run++) {
    const share = Math.ceil(pictures / (kills + 1));
    runs.push(await runOnce(words, run < kills ? share : undefined));
  }
  return runs;
}

async function runOnce(words: readonly string[], killAfter: number | undefined): Promise<SoakRun> {
  const start = performance.now();
  const child = startLtbc(["colorize", ...words, "--json"]);
  const memory: number[] = [];
  const sampling = setInterval(() => void sample(child.pid!, memory), SAMPLING_MILLISECONDS);
  let [done, stderr] = [0, ""];
  child.stderr!.on("data", (part) => (stderr += part));
  const closed = once(child, "close") as Promise<[number | null, string | null]>;
  for await (const line of createInterface({ input: child.stdout! })) {
    const { output, skipped } = JSON.parse(line) as { output?: string; skipped?: string };
    if (output === undefined || skipped !== undefined) continue;
    done++;
    if (done === killAfter) child.kill("SIGKILL");
  }
  const [code, signal] = await closed;
  clearInterval(sampling);
  const seconds = (performance.now() - start) / 1000;
  return { done, seconds, end: code ?? signal ?? "", memory, stderr };
}

async function sample(id: number, memory: number[]): Promise<void> {
  const status = await readFile(`/proc/${id}/status`, "utf8").catch(() => "");
  const resident = /^VmRSS:\s+(\d+) kB/m.exec(status)?.[1];
  if (resident) memory.push(Number(resident) / 1024);
}

/**
 * Compares what came out with what went in.
 *
 * @param report path of the report of the last run, as JSON
 * @returns what is wrong, a line for each
 */
export async function findFaults(
  archive: MixedArchive,
  {
    input,
    output,
    report,
  }: { readonly input: string; readonly output: string; readonly report: string },
): Promise<string[]> {
  const faults: string[] = [];
  const fault = (path: string, what: string) => faults.push(`${JSON.stringify(path)}: ${what}`);
  const { pictures } = JSON.parse(await readFile(report, "utf8")) as { pictures: ReportEntry[] };
  const entries = new Map<string, ReportEntry[]>();
  for (const entry of pictures) {
    const path = relative(input, entry.input);
    entries.set(path, [...(entries.get(path) ?? []), entry]);
  }
  const outputs = new Map<string, string>();
  for (const { path, size } of archive.good) {
    const [entry, ...more] = entries.get(path) ?? [];
    if (!entry || more.length > 0 || !["done", "earlier"].includes(entry.state)) {
      fault(path, `expected once in the report, done, but found ${JSON.stringify(entry)}`);
      continue;
    }
    const [file, ...others] = entry.outputs ?? [];
    if (!file || others.length > 0) fault(path, "expected one output");
    else if (outputs.has(file.path)) fault(path, `has the output of ${outputs.get(file.path)}`);
    else {
      outputs.set(file.path, path);
      const wrong = await wrongOf(file.path, size, entry).catch((error) => `unreadable: ${error}`);
      if (wrong !== undefined) fault(path, wrong);
    }
  }
  for (const path of archive.broken) {
    const [entry, ...more] = entries.get(path) ?? [];
    const isTold = entry?.state === "failed" && entry.code === "input-broken" && more.length === 0;
    if (!isTold) fault(path, `expected to have failed, but found ${JSON.stringify(entry)}`);
  }
  for (const path of archive.others) {
    if (entries.get(path)?.[0]?.state !== "left-out") fault(path, "expected to be left out");
  }
  const known = archive.good.length + archive.broken.length + archive.others.length;
  if (pictures.length !== known) faults.push(`${pictures.length} report entries, not ${known}`);
  for (const entry of await readdir(nativePath(output), { recursive: true, withFileTypes: true })) {
    if (entry.isFile() && /\.tmp$|^\.ltbc-lock$/.test(entry.name)) fault(entry.name, "left behind");
  }
  return faults;
}

async function wrongOf(
  path: string,
  size: { width: number; height: number } | undefined,
  entry: ReportEntry,
): Promise<string | undefined> {
  const bytes = await readFile(nativePath(path));
  const { data, info } = await sharp(bytes).raw().toBuffer({ resolveWithObject: true });
  const { width, height } = size ?? { width: entry.width, height: entry.height };
  if (info.width !== width || info.height !== height) {
    return `expected ${width} x ${height} but found ${info.width} x ${info.height}`;
  }
  if (info.channels < 3 || data.length === 0) return "is not in colour";
  const [before, after] = await Promise.all(
    [entry.input, path].map((each) => stat(nativePath(each))),
  );
  const difference = Math.abs(before!.mtimeMs - after!.mtimeMs);
  return difference < 2000 ? undefined : "has another modification time";
}

/** What exiftool says of the outputs; undefined if there is no exiftool. */
export function findFaultsByExiftool(archive: MixedArchive, output: string): string[] | undefined {
  let printed: string;
  try {
    const tags = ["-ImageWidth", "-ImageHeight", "-Orientation", "-Artist", "-DigitalSourceType"];
    printed = execFileSync(
      "exiftool",
      ["-j", "-n", "-r", "-ext+", "jfif", "-q", "-m", ...tags, output],
      {
        encoding: "utf8",
        maxBuffer: 1 << 28,
        stdio: ["ignore", "pipe", "ignore"],
      },
    );
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    printed = String((error as { stdout?: string }).stdout ?? "");
  }
  const found = new Map<string, Record<string, unknown>>();
  for (const tags of JSON.parse(printed) as Record<string, unknown>[]) {
    found.set(relative(output, String(tags.SourceFile)), tags);
  }
  const faults: string[] = [];
  for (const { path, size, artist } of archive.good) {
    if (!size || isBytePath(path)) continue; // exiftool cannot name such files in JSON
    const tags = found.get(path);
    const fault = (what: string) => faults.push(`${JSON.stringify(path)}: ${what}`);
    if (!tags) fault("exiftool finds no such output");
    else {
      if (tags.ImageWidth !== size.width || tags.ImageHeight !== size.height) {
        fault(`exiftool finds ${tags.ImageWidth} x ${tags.ImageHeight}`);
      }
      if (tags.Artist !== artist) fault(`exiftool finds the artist ${tags.Artist}`);
      if (![undefined, 1].includes(tags.Orientation as number)) fault("is not marked as upright");
      if (!String(tags.DigitalSourceType).endsWith("compositeWithTrainedAlgorithmicMedia")) {
        fault(`exiftool finds the source type ${tags.DigitalSourceType}`);
      }
    }
  }
  return faults;
}
