// Tables of text, in Markdown: readable in a terminal and on a page.

/** @param columns `[heading, row => text]`; the first is aligned left, the others right */
export function table(columns, rows) {
  const cells = [
    columns.map(([heading]) => heading),
    ...rows.map((row) => columns.map(([, cell]) => String(cell(row) ?? ""))),
  ];
  const widths = columns.map((_, column) => Math.max(3, ...cells.map((row) => row[column].length)));
  const line = (row) =>
    `| ${row.map((text, i) => (i === 0 ? text.padEnd(widths[i]) : text.padStart(widths[i]))).join(" | ")} |`;
  const rule = `|${widths.map((width, i) => (i === 0 ? "-".repeat(width + 2) : `${"-".repeat(width + 1)}:`)).join("|")}|`;
  return [line(cells[0]), rule, ...cells.slice(1).map(line)].join("\n");
}

/** Seconds in the unit that suits them: `17.3 s`, `840 ms`, `3.21 ms`. */
export function duration(seconds) {
  if (seconds === undefined) return "";
  if (seconds >= 1) return `${figures(seconds)} s`;
  return `${figures(seconds * 1000)} ms`;
}

/** `17.2 .. 17.9 s` */
export function range({ min, max }) {
  const unit = max >= 1 ? 1 : 1000;
  return `${figures(min * unit)} .. ${figures(max * unit)} ${unit === 1 ? "s" : "ms"}`;
}

export function ratio(value) {
  return value === undefined ? "" : `${value.toFixed(2)}x`;
}

export function percent(share) {
  return share === undefined ? "" : `${Math.round(share * 100)} %`;
}

/** Three figures: 1234, 123, 12.3, 1.23. */
export function figures(value) {
  if (value >= 100) return value.toFixed(0);
  return value >= 10 ? value.toFixed(1) : value.toFixed(2);
}
