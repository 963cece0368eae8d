// Writes docs/api from the docstrings of the public entry points; with --check, only says whether the
// committed pages are what it would write.

import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Application, ReflectionKind } from "typedoc";

const root = join(import.meta.dirname, "../..");
const committed = join(root, "docs/api");
const check = process.argv.includes("--check");
const folder = check ? mkdtempSync(join(tmpdir(), "ltbc-api-")) : committed;

/** Source files of what a package's `exports` name. */
function entryPoints(name) {
  const manifest = JSON.parse(readFileSync(join(root, name, "package.json"), "utf8"));
  return Object.values(manifest.exports)
    .filter((target) => typeof target === "object")
    .map(({ default: file }) =>
      join(root, name, file.replace("./dist/", "src/").replace(/\.js$/, ".ts")),
    );
}

/** What people import: `let-there-be-color/training` for the module `node/src/training`. */
function importName(moduleName) {
  return moduleName
    .replace(/^core\/src/, "@let-there-be-color/core")
    .replace(/^node\/src/, "let-there-be-color");
}

function pages(of) {
  return new Map(
    readdirSync(of, { recursive: true })
      .filter((name) => name.endsWith(".md"))
      .map((name) => [name, readFileSync(join(of, name), "utf8")]),
  );
}

try {
  const app = await Application.bootstrapWithPlugins({
    options: join(import.meta.dirname, "typedoc.json"),
    outputs: [{ name: "markdown", path: folder }],
    entryPoints: [...entryPoints("packages/node"), ...entryPoints("packages/core")],
  });
  const project = await app.convert();
  if (!project) throw new Error("The packages do not compile");
  for (const module of project.children ?? []) module.name = importName(module.name);
  for (const parameter of project.getReflectionsByKind(ReflectionKind.Parameter)) {
    if (parameter.name === "__namedParameters") parameter.name = "options";
  }
  app.validate(project);
  if (app.logger.hasWarnings()) throw new Error("Docstrings refer to what is not exported");
  await app.generateOutputs(project);
  if (check) {
    const [fresh, old] = [pages(folder), pages(committed)];
    const outdated = [...new Set([...fresh.keys(), ...old.keys()])].filter(
      (name) => fresh.get(name) !== old.get(name),
    );
    if (outdated.length > 0) {
      console.error(`docs/api is out of date (${outdated.join(", ")}): run npm run api-reference`);
      process.exitCode = 1;
    }
  }
} finally {
  if (check) rmSync(folder, { recursive: true, force: true });
}
