// Packs the three packages, installs them in an empty folder as their README says, and colourises
// from there by the library and by `ltbc`. Needs the npm registry (or a filled cache).

import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const root = join(import.meta.dirname, "..");
const folder = mkdtempSync(join(tmpdir(), "ltbc-packages-"));
const [tarballs, home] = [join(folder, "tarballs"), join(folder, "home")];
const run = (command, parameters, cwd, environment = {}) =>
  execFileSync(command, parameters, {
    cwd,
    encoding: "utf8",
    env: { ...process.env, ...environment },
    stdio: ["ignore", "pipe", "inherit"],
    shell: process.platform === "win32",
  });

try {
  mkdirSync(tarballs);
  mkdirSync(home);
  for (const name of ["packages/core", "models", "packages/node"]) {
    run("npm", ["pack", "--silent", "--pack-destination", tarballs], join(root, name));
  }
  const packed = readdirSync(tarballs).map((name) => join(tarballs, name));
  const manifest = { name: "somebody", private: true, type: "module" };
  writeFileSync(join(home, "package.json"), JSON.stringify(manifest));
  // With install scripts, as most people have them; the variable is what the README asks for.
  run("npm", ["install", "--no-audit", "--no-fund", "--prefer-offline", ...packed], home, {
    ONNXRUNTIME_NODE_INSTALL: "skip",
    npm_config_ignore_scripts: "false",
  });
  for (const name of [
    "@let-there-be-color/core",
    "@let-there-be-color/models",
    "let-there-be-color",
  ]) {
    const files = readdirSync(join(home, "node_modules", name));
    for (const file of ["README.md", "LICENSE"]) {
      if (!files.includes(file)) throw new Error(`The package ${name} has no ${file}`);
    }
  }

  copyFileSync(join(root, "samples/mountain-path.jpg"), join(home, "grey.jpg"));
  writeFileSync(
    join(home, "library.mjs"),
    `import { Colorizer, UserError } from "let-there-be-color";
     import { trainOnPictures } from "let-there-be-color/training";
     import { colorfulness } from "@let-there-be-color/core/evaluation";

     const colorizer = await Colorizer.load();
     const photo = await colorizer.colorize("grey.jpg");
     await photo.toFile("library.png");
     await colorizer.close();
     let spread = 0;
     for (let i = 0; i < photo.pixels.length; i += 3) {
       spread = Math.max(spread, Math.abs(photo.pixels[i] - photo.pixels[i + 2]));
     }
     if (spread < 20) throw new Error("The picture is grey: " + spread);
     const error = await trainOnPictures({ data: "nowhere" }).catch((reason) => reason);
     if (!(error instanceof UserError) || error.code !== "input-missing") throw error;
     if (typeof colorfulness !== "function") throw new Error("core is not whole");`,
  );
  run(process.execPath, ["library.mjs"], home);
  const line = run(
    "npx",
    ["--no-install", "ltbc", "grey.jpg", "-o", "command.png", "--json"],
    home,
  );
  const { width, height, scenes } = JSON.parse(line);
  const outputs = readdirSync(home).filter((name) => name.endsWith(".png"));
  if (!(width > 0 && height > 0 && scenes.length > 0) || outputs.length !== 2) {
    throw new Error(`Unexpected result of the installed ltbc: ${line}`);
  }
  console.log("The packed packages install and colourise, by the library and by ltbc.");
} finally {
  rmSync(folder, { recursive: true, force: true });
}
