// What an archive keeps of a run: every input, what it became, and how; or why not.

import { type FileHandle, open, rename, rm } from "node:fs/promises";
import { dirname, extname, join } from "node:path";
import type { Notice } from "@let-there-be-color/core/notice";
import { UserError } from "@let-there-be-color/core/user-error";
import { nativePath } from "../files/byte-path.js";
import type { WrittenFile } from "../files/output-file.js";
import { makeFolder } from "../files/output-folder.js";
import { removeAbandoned, unfinishedName } from "../files/unfinished-file.js";
import { escapeControls } from "../printing/escape-controls.js";
import type { DoneEntry, ModelIdentity } from "./journal.js";

/**
 * What became of an input. `done` in this run or, unchanged since, in an `earlier` one; `failed`;
 * `skipped`: a picture that is left as it is; `left-out`: found, but nothing to colourise;
 * `not-reached`: the run was interrupted.
 */
export type ReportState = "done" | "earlier" | "failed" | "skipped" | "left-out" | "not-reached";

/** One input in the report. What is not known is left out. */
export interface ReportEntry {
  readonly state: ReportState;
  readonly input: string;
  readonly inputBytes?: number;
  readonly inputSha256?: string;
  /** The picture first, then further colourings and the map of the uncertainty. */
  readonly outputs?: readonly WrittenFile[];
  readonly width?: number;
  readonly height?: number;
  /** As `key: value` pairs. */
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly model?: ModelIdentity;
  /** Of this package. */
  readonly version?: string;
  /** ISO 8601. */
  readonly finished?: string;
  readonly seconds?: number;
  readonly notices?: readonly Notice[];
  /** Of a failure: stable, for programs. */
  readonly code?: string;
  /** Why it failed or was left out. */
  readonly reason?: string;
}

/** What is known of a picture that is done. */
export function reportEntryOf(entry: DoneEntry, state: "done" | "earlier"): ReportEntry {
  const { input, outputs, width, height, settings, model, version, finished, seconds } = entry;
  return {
    state,
    input: input.path,
    inputBytes: input.size,
    inputSha256: input.sha256,
    outputs,
    width,
    height,
    settings: JSON.parse(settings) as Record<string, unknown>,
    model,
    version,
    finished,
    seconds,
    notices: entry.notices,
  };
}

/** The columns of a report as CSV; a row for each output, and one for each input without. */
const COLUMNS = [
  ...["state", "input", "input_bytes", "input_sha256", "output", "output_bytes", "output_sha256"],
  ...["width", "height", "options", "model", "model_sha256", "version", "finished", "seconds"],
  ...["notices", "code", "reason"],
];

/** How a report as JSON begins. */
const JSON_START = '{"begun":';

/** Writes a report entry by entry into a hidden neighbour, which takes the name when it is whole. */
export class ReportFile {
  readonly #path: string;
  readonly #unfinished: string;
  readonly #file: FileHandle;
  readonly #isJson: boolean;
  readonly #begun: string;
  #text = "";
  #entries = 0;

  private constructor(path: string, unfinished: string, file: FileHandle) {
    this.#path = path;
    this.#unfinished = unfinished;
    this.#file = file;
    this.#isJson = extname(path).toLowerCase() === ".json";
    this.#begun = new Date().toISOString();
  }

  /**
   * @param path ends in .csv or .json; an earlier report is replaced when this one is whole
   * @param options `overwrite`: whether any other file is replaced, too
   * @throws UserError if it ends otherwise, is another file, or cannot be written
   */
  static async create(
    path: string,
    { overwrite = false }: { overwrite?: boolean | undefined } = {},
  ): Promise<ReportFile> {
    assertReportName(path);
    if (!overwrite && (await isOtherFile(path))) {
      throw new UserError(
        "output-exists",
        `${path} exists and is no report; name another \`report\`, or set \`overwrite\`.`,
      );
    }
    const unfinished = join(dirname(path), unfinishedName());
    try {
      await makeFolder(dirname(path));
      await removeAbandoned(dirname(path));
      const file = await open(nativePath(unfinished), "wx");
      return new ReportFile(path, unfinished, file);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      throw new UserError("output-unwritable", `The report ${path} cannot be written (${code}).`, {
        cause: error,
      });
    }
  }

  async add(entry: ReportEntry): Promise<void> {
    if (this.#isJson) {
      this.#text += `${this.#entries === 0 ? this.#head() : ",\n"}${JSON.stringify(entry)}`;
    } else {
      if (this.#entries === 0) this.#text += csvRow(COLUMNS);
      for (const row of csvRows(entry)) this.#text += csvRow(row);
    }
    this.#entries++;
    if (this.#text.length > 1 << 16) await this.#flush();
  }

  /** Puts the report, whole, under its name. */
  async finish(): Promise<void> {
    try {
      if (this.#isJson) {
        this.#text += `${this.#entries === 0 ? this.#head() : ""}\n],\n"ended":"${new Date().toISOString()}"}\n`;
      } else if (this.#entries === 0) this.#text += csvRow(COLUMNS);
      await this.#flush();
      await this.#file.sync();
      await this.#file.close();
      await rename(nativePath(this.#unfinished), nativePath(this.#path));
    } catch (error) {
      await this.discard();
      const { code } = error as NodeJS.ErrnoException;
      throw new UserError(
        "output-unwritable",
        `The report ${this.#path} cannot be written (${code}).`,
        {
          cause: error,
        },
      );
    }
  }

  /** Leaves nothing behind. */
  async discard(): Promise<void> {
    await this.#file.close().catch(() => undefined);
    await rm(nativePath(this.#unfinished), { force: true });
  }

  #head(): string {
    return `${JSON_START}"${this.#begun}",\n"pictures":[\n`;
  }

  async #flush(): Promise<void> {
    const text = this.#text;
    this.#text = "";
    await this.#file.writeFile(text);
  }
}

/** @throws UserError if the name does not say which kind of report is wanted */
export function assertReportName(path: string): void {
  if ([".csv", ".json"].includes(extname(path).toLowerCase())) return;
  throw new UserError(
    "option-invalid",
    `Expected the name of a \`report\` to end in .csv or .json but received ${path}.`,
  );
}

/** Whether a file is there that is no report. */
async function isOtherFile(path: string): Promise<boolean> {
  try {
    const file = await open(nativePath(path), "r");
    const { buffer, bytesRead } = await file.read(Buffer.alloc(64)).finally(() => file.close());
    const start = buffer.toString("utf8", 0, bytesRead);
    return !start.startsWith(JSON_START) && !csvRow(COLUMNS).startsWith(start);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== "ENOENT";
  }
}

function csvRows(entry: ReportEntry): (string | number | undefined)[][] {
  const { state, input, inputBytes, inputSha256, outputs = [], width, height, settings } = entry;
  const { model, version, finished, seconds, notices = [], code, reason } = entry;
  const files = outputs.length > 0 ? outputs : [undefined];
  return files.map((file) => [
    ...[state, input, inputBytes, inputSha256, file?.path, file?.size, file?.sha256],
    ...[width, height, settings && JSON.stringify(settings), model?.name, model?.sha256],
    ...[version, finished, seconds, notices.map(({ message }) => message).join("; "), code, reason],
  ]);
}

/** A row after RFC 4180. Names with control characters stay on their line. */
function csvRow(values: readonly (string | number | undefined)[]): string {
  const fields = values.map((value = "") => {
    const text = escapeControls(String(value));
    return /[",]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  });
  return `${fields.join(",")}\r\n`;
}
