// Removes compiled output, so that a deleted source file leaves no test or module behind.
import { readdirSync, rmSync } from "node:fs";

for (const name of ["packages/core", "packages/node", "browser-tests"]) {
  const folder = new URL(`../${name}/`, import.meta.url);
  rmSync(new URL("dist", folder), { recursive: true, force: true });
  for (const file of readdirSync(folder)) {
    if (file.endsWith(".tsbuildinfo")) rmSync(new URL(file, folder));
  }
}
