// What a figure depends on: the machine, the versions, the commit.

import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { arch, availableParallelism, cpus, platform, totalmem } from "node:os";
import { dirname, join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import sharp from "sharp";

export const repository = fileURLToPath(new URL("..", import.meta.url));

/** Threads that every contender computes with. */
export const threads = availableParallelism();

/** The head of every result: machine, versions, commit and date. */
export function circumstances(versions = {}) {
  return {
    date: new Date().toISOString(),
    machine: {
      processor: cpus()[0].model.trim(),
      cores: threads,
      memoryGiB: Math.round(totalmem() / 2 ** 30),
      system: `${platform()} ${arch()}`,
    },
    versions: {
      node: process.version,
      "onnxruntime-node": packageVersion("onnxruntime-node"),
      sharp: packageVersion("sharp"),
      libvips: sharp.versions.vips,
      ...versions,
    },
    commit: commit(),
  };
}

/** Version of an installed package. */
export function packageVersion(name) {
  const entry = createRequire(import.meta.url).resolve(name);
  for (let folder = dirname(entry); folder !== dirname(folder); folder = dirname(folder)) {
    try {
      const description = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
      if (description.name === name) return description.version;
    } catch {
      // No package.json here: look further up.
    }
  }
  return "unknown";
}

/** Abbreviated hash, and whether the sources differ from it (results and documents apart). */
function commit() {
  try {
    const git = (...words) => execFileSync("git", words, { cwd: repository, encoding: "utf8" });
    const hash = git("rev-parse", "--short=12", "HEAD").trim();
    const changes = git("status", "--porcelain", "--", ".", ":!benchmarks/results", ":!docs");
    return { hash, dirty: changes.trim() !== "" };
  } catch {
    return { hash: "unknown", dirty: true };
  }
}
