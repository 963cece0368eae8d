import { join } from "node:path";
import { assertWritable, writeWhole } from "../files/output-file.js";
import { prepareOutputFolder } from "../files/output-folder.js";
import type { Evaluation } from "./evaluate.js";
import type { ShownPicture } from "./picture-task.js";
import { type ReportContent, reportPage, reportSections } from "./report/report.js";
import { picturesCsv } from "./tables.js";

/** Files of a report, in its folder. */
export const REPORT_FILES = ["report.html", "summary.json", "pictures.csv"] as const;

/**
 * Checks that a report may be written to a folder.
 *
 * @param inputs files that the evaluation is read from
 * @throws UserError if one is there already, would replace an input, or cannot be written
 */
export async function assertReportFolderFree(
  folder: string,
  { overwrite, inputs }: { readonly overwrite: boolean; readonly inputs: readonly string[] },
): Promise<void> {
  for (const name of REPORT_FILES) {
    const path = join(folder, name);
    for (const input of inputs) await assertWritable(path, { input, overwrite: true });
    await assertWritable(path, { overwrite });
  }
  await prepareOutputFolder(folder);
}

/** Writes page, JSON and CSV. The pictures of the page are made now, by running the systems again. */
export async function writeReport(
  folder: string,
  content: ReportContent,
  evaluation: Evaluation,
): Promise<void> {
  const { rows, candidateNames, result } = content;
  const { gallery, failures } = reportSections(rows, candidateNames);
  const shown = new Map<number, ShownPicture>();
  for (const { item } of [...gallery, ...failures].flatMap((section) => section.rows)) {
    if (!shown.has(item)) shown.set(item, await evaluation.show(item));
  }
  const files: Record<(typeof REPORT_FILES)[number], string> = {
    "report.html": reportPage(content, shown),
    "summary.json": `${JSON.stringify(result, null, 1)}\n`,
    "pictures.csv": picturesCsv(rows, evaluation.systemNames, candidateNames.length),
  };
  for (const name of REPORT_FILES) {
    await writeWhole(join(folder, name), Buffer.from(files[name]), { overwrite: true });
  }
}
