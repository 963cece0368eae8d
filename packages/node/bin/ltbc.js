#!/usr/bin/env node
// Starts `ltbc`. In a source checkout the TypeScript is compiled first (incrementally, so it takes
// a fraction of a second when nothing changed); the published package holds only the result.

import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

const packageFolder = dirname(import.meta.dirname);
const isBuilt = () => existsSync(join(packageFolder, "dist/cli/main.js"));

if (existsSync(join(packageFolder, "src")) && !build()) process.exit(1);
const { main } = await import("../dist/cli/main.js");
process.exitCode = await main(process.argv.slice(2));

function build() {
  let compiler;
  try {
    const manifest = createRequire(import.meta.url).resolve("typescript/package.json");
    compiler = join(dirname(manifest), "bin/tsc");
  } catch {
    if (isBuilt()) return true;
    process.stderr.write(
      "error: TypeScript is not installed; run `npm install` in the checkout.\n",
    );
    return false;
  }
  if (!isBuilt()) process.stderr.write("Building…\n");
  const { status, error, stdout } = spawnSync(process.execPath, [compiler, "-b", packageFolder], {
    encoding: "utf8",
  });
  if (status === 0) return true;
  process.stderr.write(
    `error: The source does not compile:\n${error?.message ?? stdout}Mend it, or go back to a commit that builds.\n`,
  );
  return false;
}
