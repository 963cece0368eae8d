import { join } from "node:path";
import { UserError } from "@let-there-be-color/core/user-error";
import { exists } from "../files/atomic-file.js";
import { writeWhole } from "../files/output-file.js";
import type { Evaluation } from "./evaluate.js";
import type { ShownPicture } from "./picture-task.js";
import { type ReportContent, reportPage, reportSections } from "./report/report.js";
import { picturesCsv } from "./tables.js";

/** Files of a report, in its folder. */
export const REPORT_FILES = ["report.html", "summary.json", "pictures.csv"] as const;

/**
 * Checks that a report may be written to a folder.
 *
 * @throws UserError if one is there already
 */
export async function assertReportFolderFree(folder: string, overwrite: boolean): Promise<void> {
  for (const name of REPORT_FILES) {
    if (!overwrite && (await exists(join(folder, name)))) {
      throw new UserError(
        "output-exists",
        `${join(folder, name)} exists already; name another folder, or set \`overwrite\`.`,
      );
    }
  }
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
