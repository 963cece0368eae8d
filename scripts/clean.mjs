// Removes compiled output, so that a deleted source file leaves no test or module behind.
import { rmSync } from "node:fs";

for (const name of ["core", "node"]) {
  const folder = new URL(`../packages/${name}/`, import.meta.url);
  rmSync(new URL("dist", folder), { recursive: true, force: true });
  rmSync(new URL("tsconfig.tsbuildinfo", folder), { force: true });
}
