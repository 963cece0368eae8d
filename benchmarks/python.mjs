// The Python that has PyTorch, if there is one.

import { execFileSync } from "node:child_process";
import process from "node:process";
import { fileURLToPath } from "node:url";

export const howToInstallPyTorch =
  "PyTorch is missing. On Debian: apt-get install python3-torch libopenblas0-pthread; elsewhere set LTBC_PYTHON to a Python that has it.";

/** `{ python, version }`, or undefined if no Python here has PyTorch. */
export function findPyTorch() {
  const candidates = [process.env.LTBC_PYTHON, "/usr/bin/python3", "python3"].filter(Boolean);
  for (const python of candidates) {
    try {
      const version = execFileSync(python, ["-c", "import torch; print(torch.__version__)"], {
        encoding: "utf8",
        stdio: ["ignore", "pipe", "ignore"],
      });
      return { python, version: version.trim() };
    } catch {
      // Not there, or without PyTorch: try the next.
    }
  }
  return undefined;
}

/** The command of a script in `pytorch/`. */
export function pytorchScript(python, name) {
  return [python, fileURLToPath(new URL(`pytorch/${name}`, import.meta.url))];
}

/**
 * PyTorch takes large tensors from the system and gives them back at once, so that their pages are
 * cleared anew in each step. With these settings of glibc the process keeps them.
 */
export const keptMemory = {
  MALLOC_MMAP_THRESHOLD_: "4294967296",
  MALLOC_TRIM_THRESHOLD_: "4294967296",
  MALLOC_TOP_PAD_: "268435456",
};
