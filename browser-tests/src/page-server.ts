// Serves the page to the browser and takes its report.

import { readFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join, normalize } from "node:path";
import { paths, type Report } from "./page/report.js";

/** Reports for the page if it cannot even start. */
const HTML = `<!doctype html><meta charset="utf-8"><title>Browser test</title>
<script>
  addEventListener("error", ({ message, target }) => {
    const failure = message ?? "cannot load " + target.src;
    fetch("${paths.report}", { method: "POST", body: JSON.stringify({ failure }) });
  }, true);
</script>
<script type="module" src="/page.js"></script>`;

const MIME_TYPES: Readonly<Record<string, string>> = {
  ".js": "text/javascript",
  ".mjs": "text/javascript",
  ".wasm": "application/wasm",
  ".json": "application/json",
};

/** Cross-origin isolation, without which browsers give WebAssembly no threads. */
const ISOLATION = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
};

export class PageServer {
  /** Arrives when the page is done. */
  readonly report: Promise<Report>;
  readonly #server = createServer((request, response) => void this.#answer(request, response));
  readonly #folder: string;
  readonly #files: Readonly<Record<string, Uint8Array | string>>;
  #receive: (report: Report) => void = () => undefined;

  /**
   * @param folder of the bundled page
   * @param files served beside it, by path
   */
  constructor(folder: string, files: Readonly<Record<string, Uint8Array | string>>) {
    this.#folder = folder;
    this.#files = files;
    this.report = new Promise((receive) => {
      this.#receive = receive;
    });
  }

  /** Starts on a free port of this machine alone and returns the address of the page. */
  async listen(): Promise<string> {
    await new Promise<void>((done) => this.#server.listen(0, "127.0.0.1", done));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((done) => this.#server.close(done));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname } = new URL(request.url ?? "/", "http://127.0.0.1");
    if (request.method === "POST" && pathname === paths.report) {
      this.#receive(JSON.parse(Buffer.concat(await request.toArray()).toString()));
      response.writeHead(204).end();
      return;
    }
    try {
      const content =
        pathname === "/"
          ? HTML
          : (this.#files[pathname] ?? (await readFile(join(this.#folder, normalize(pathname)))));
      const type = pathname === "/" ? "text/html" : MIME_TYPES[extname(pathname)];
      response.writeHead(200, {
        ...ISOLATION,
        "Content-Type": type ?? "application/octet-stream",
      });
      response.end(content);
    } catch {
      response.writeHead(404).end();
    }
  }
}
