// Bundles the page and, each by itself, all parts of core.

import { readFile } from "node:fs/promises";
import { isBuiltin } from "node:module";
import { fileURLToPath } from "node:url";
import { build, type Plugin } from "vite";

const CORE = "@let-there-be-color/core";

/** Names of the entry points of core, such as `color`. */
export async function partsOfCore(): Promise<string[]> {
  const manifest = new URL("../../packages/core/package.json", import.meta.url);
  const { exports } = JSON.parse(await readFile(manifest, "utf8"));
  return Object.keys(exports).map((path) => path.replace("./", ""));
}

/**
 * Writes `page.js` and `core/<part>.js` into a folder.
 *
 * @throws if something other than ONNX Runtime imports a module of Node
 */
export async function bundle(parts: readonly string[], folder: string): Promise<void> {
  const entries = parts.map((part) => [`core/${part}`, `${CORE}/${part}`]);
  await build({
    configFile: false,
    root: import.meta.dirname,
    logLevel: "error",
    plugins: [withoutNode],
    build: {
      outDir: folder,
      emptyOutDir: true,
      target: "es2023",
      minify: false,
      rolldownOptions: {
        input: {
          page: fileURLToPath(new URL("page/page.js", import.meta.url)),
          ...Object.fromEntries(entries),
        },
        preserveEntrySignatures: "strict",
        output: {
          entryFileNames: "[name].js",
          // ONNX Runtime starts its threads with the script that it is in itself, where nothing
          // else may be that would run in them, too.
          codeSplitting: { groups: [{ name: "onnxruntime", test: "/onnxruntime-web/" }] },
        },
      },
    },
  });
}

/** ONNX Runtime's own code asks where it runs before it imports anything of Node. */
const withoutNode: Plugin = {
  name: "without-node",
  enforce: "pre",
  resolveId(source, importer) {
    if (isBuiltin(source) && !importer?.includes("/onnxruntime-web/")) {
      this.error(`${importer} imports ${source}, which browsers do not have`);
    }
  },
};
