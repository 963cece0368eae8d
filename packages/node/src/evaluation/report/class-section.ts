import type { ClassSummary, Confusion } from "../summary.js";
import { escapeHtml } from "./html.js";

/** A row a class; a click on a heading sorts. */
export function classTable(classes: readonly ClassSummary[]): string {
  const number = (value: number | null, digits: number) =>
    value === null ? "" : value.toFixed(digits);
  const columns: { title: string; cell: (c: ClassSummary) => string }[] = [
    { title: "Class", cell: ({ name }) => name },
    { title: "Pictures", cell: ({ pictures }) => String(pictures) },
    { title: "CIEDE2000", cell: ({ ciede2000 }) => number(ciede2000, 2) },
    { title: "PSNR dB", cell: ({ psnr }) => number(psnr, 2) },
    { title: "ab error", cell: ({ abError }) => number(abError, 2) },
    { title: "Colour ratio", cell: ({ colorfulnessRatio }) => number(colorfulnessRatio, 2) },
    { title: "Sepia", cell: ({ sepia }) => number(sepia, 3) },
    { title: "Top-1 %", cell: ({ top1 }) => number(top1, 0) },
    { title: "Top-5 %", cell: ({ top5 }) => number(top5, 0) },
    { title: "ΔE of B − A", cell: ({ difference }) => number(difference, 2) },
  ];
  const used = columns.filter(({ cell }) => classes.some((entry) => cell(entry) !== ""));
  const heads = used.map(
    ({ title }) => `<th scope="col"><button type="button">${escapeHtml(title)}</button></th>`,
  );
  const sorted = [...classes].sort((a, b) => b.ciede2000 - a.ciede2000);
  const rows = sorted.map((entry) => {
    const [first, ...others] = used.map(({ cell }) => escapeHtml(cell(entry)));
    return `<tr><th scope="row">${first}</th>${others.map((cell) => `<td>${cell}</td>`).join("")}</tr>`;
  });
  return `<div class="scroll tall"><table class="sortable"><thead><tr>${heads.join("")}</tr></thead><tbody>${rows.join("")}</tbody></table></div>`;
}

const SIDE = 600;
/** Classes up to which the matrix has room for their names. */
const NAMED_CLASSES = 24;

/** The confusion matrix, rows true and columns predicted, and the most frequent mistakes. */
export function confusionSection(confusions: readonly Confusion[]): string {
  const truths = confusions.map(({ truth }) => truth);
  const names = [...new Set([...truths, ...confusions.map(({ predicted }) => predicted)])].sort();
  const indexOf = new Map(names.map((name, i) => [name, i]));
  const totals = new Map<string, number>();
  for (const { truth, pictures } of confusions) {
    totals.set(truth, (totals.get(truth) ?? 0) + pictures);
  }
  const named = names.length <= NAMED_CLASSES;
  const margin = named ? 130 : 4;
  const cell = (SIDE - margin) / names.length;
  const cells = confusions.map(({ truth, predicted, pictures }) => {
    const share = pictures / totals.get(truth)!;
    const x = (margin + indexOf.get(predicted)! * cell).toFixed(2);
    const y = (margin + indexOf.get(truth)! * cell).toFixed(2);
    const color = truth === predicted ? "var(--right)" : "var(--wrong)";
    const title = `${truth} taken for ${predicted}: ${pictures} of ${totals.get(truth)}`;
    return `<rect x="${x}" y="${y}" width="${cell.toFixed(2)}" height="${cell.toFixed(2)}" fill="${color}" fill-opacity="${(0.12 + 0.88 * share).toFixed(2)}"><title>${escapeHtml(title)}</title></rect>`;
  });
  const labels = named
    ? names.map((name, i) => {
        const at = margin + (i + 0.5) * cell;
        const text = escapeHtml(name);
        return `<text x="${margin - 6}" y="${at + 4}" text-anchor="end">${text}</text><text transform="translate(${at + 4} ${margin - 6}) rotate(-90)">${text}</text>`;
      })
    : [];
  const mistakes = confusions
    .filter(({ truth, predicted }) => truth !== predicted)
    .slice(0, 15)
    .map(
      ({ truth, predicted, pictures }) =>
        `<li><b>${escapeHtml(truth)}</b> → ${escapeHtml(predicted)} <span class="count">${pictures} of ${totals.get(truth)}</span></li>`,
    );
  return `<div class="confusion"><figure class="chart"><figcaption>Rows: true class. Columns: predicted. Point at a cell for its names.</figcaption><svg viewBox="0 0 ${SIDE} ${SIDE}" role="img" aria-label="Confusion matrix of ${names.length} classes"><rect x="${margin}" y="${margin}" width="${SIDE - margin}" height="${SIDE - margin}" fill="none" stroke="currentColor" stroke-opacity="0.3"/>${cells.join("")}${labels.join("")}</svg></figure><div><h4>Most frequent mistakes</h4><ol class="mistakes">${mistakes.join("")}</ol></div></div>`;
}
