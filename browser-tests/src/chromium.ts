// Opens a page in Chromium, without a window.

import { type ChildProcess, spawn } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";

const NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/** The path of Chromium or of Chrome, if it is among the programs of this machine. */
export function findChromium(): string | undefined {
  const folders = (process.env.PATH ?? "").split(delimiter);
  return folders.flatMap((folder) => NAMES.map((name) => join(folder, name))).find(isProgram);
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** A running Chromium with a page of its own profile. */
export class Chromium {
  /** Rejects when the browser ends by itself. */
  readonly ended: Promise<never>;
  readonly #process: ChildProcess;
  readonly #profile: string;
  readonly #exit: Promise<void>;

  private constructor(browser: ChildProcess, profile: string) {
    this.#process = browser;
    this.#profile = profile;
    let complaints = "";
    browser.stderr?.on("data", (text) => {
      complaints = (complaints + text).slice(-2000);
    });
    this.#exit = new Promise((done) => {
      browser.once("close", () => done());
      browser.once("error", () => done());
    });
    this.ended = new Promise((_, fail) => {
      browser.once("error", fail);
      browser.once("close", (code) => fail(new Error(`Chromium ended (${code}): ${complaints}`)));
    });
    this.ended.catch(() => undefined); // of interest to those who wait for the page
  }

  /** @param path of the program */
  static async open(path: string, url: string): Promise<Chromium> {
    const profile = await mkdtemp(join(tmpdir(), "ltbc-chromium-"));
    const browser = spawn(
      path,
      [
        "--headless",
        "--no-sandbox", // which root, as in CI, cannot have
        "--disable-gpu",
        "--disable-quic",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--no-first-run",
        `--user-data-dir=${profile}`,
        url,
      ],
      { stdio: ["ignore", "ignore", "pipe"] },
    );
    return new Chromium(browser, profile);
  }

  async close(): Promise<void> {
    this.#process.kill();
    await this.#exit;
    await rm(this.#profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }
}
