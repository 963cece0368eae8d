// What a machine is and has.

import { readFile } from "node:fs/promises";
import { availableParallelism, cpus, freemem, loadavg, release, totalmem, type } from "node:os";

export interface Machine {
  /** Operating system and its version. */
  readonly system: string;
  /** As Node names it, such as "x64". */
  readonly architecture: string;
  readonly processor: string;
  /** Cores that this process may use. */
  readonly cores: number;
  /** How many cores' time a container may use, if that is limited. */
  readonly coreLimit: number | null;
  /** Those that ONNX Runtime makes much of; null where the system does not say. */
  readonly instructionSets: readonly string[] | null;
  /** Processes that wanted a core, mean of the last minute; 0 on Windows, which does not say. */
  readonly load: number;
  readonly memory: { readonly bytes: number; readonly availableBytes: number };
}

/** Names in Linux's /proc/cpuinfo, with those of their makers. */
const INSTRUCTION_SETS: Readonly<Record<string, string>> = {
  avx: "AVX",
  avx2: "AVX2",
  fma: "FMA",
  f16c: "F16C",
  avx512f: "AVX-512",
  avx512_vnni: "AVX-512 VNNI",
  avx_vnni: "AVX-VNNI",
  amx_int8: "AMX-INT8",
  asimd: "NEON",
  asimdhp: "FP16",
  asimddp: "DotProd",
  i8mm: "I8MM",
  sve: "SVE",
};

export async function describeMachine(): Promise<Machine> {
  const [processor] = cpus();
  const memoryLimit = process.constrainedMemory?.() ?? 0;
  const bytes = totalmem();
  return {
    system: `${type()} ${release()}`,
    architecture: process.arch,
    processor: processor?.model.trim() || "unknown",
    cores: availableParallelism(),
    coreLimit: await containerCores(),
    instructionSets: await instructionSets(),
    load: Number(loadavg()[0]!.toFixed(2)),
    memory: {
      bytes: memoryLimit > 0 ? Math.min(memoryLimit, bytes) : bytes,
      availableBytes: process.availableMemory?.() ?? freemem(),
    },
  };
}

async function instructionSets(): Promise<string[] | null> {
  const text = await readFile("/proc/cpuinfo", "utf8").catch(() => "");
  const line = /^(?:flags|Features)\s*:(.*)$/m.exec(text)?.[1];
  if (line === undefined) return null;
  const flags = new Set(line.trim().split(/\s+/));
  return Object.entries(INSTRUCTION_SETS).flatMap(([flag, name]) =>
    flags.has(flag) ? [name] : [],
  );
}

/** The quota of control groups, version 2: microseconds of time in each period, or "max". */
async function containerCores(): Promise<number | null> {
  const text = await readFile("/sys/fs/cgroup/cpu.max", "utf8").catch(() => "max");
  const [quota, period] = text.trim().split(" ").map(Number);
  return quota && period ? Number((quota / period).toFixed(2)) : null;
}
