// The table on the terminal, and the files for other programs.

import type { Interval } from "@let-there-be-color/core/evaluation";
import { escapeControls } from "../printing/escape-controls.js";
import type { PictureRow } from "./evaluate.js";
import { METRICS, type Metric } from "./metrics.js";
import type { Summary } from "./summary.js";

/** A value with the half width of its interval, as in `22.31 ±0.14`. */
export function formatInterval(interval: Interval, digits: number): string {
  const { value, low, high } = interval;
  if (!Number.isFinite(value)) return "–";
  if (!Number.isFinite(low)) return value.toFixed(digits);
  return `${value.toFixed(digits)} ±${((high - low) / 2).toFixed(digits)}`;
}

/** A difference with its sign, as in `+0.31`, and a star if its interval leaves out 0. */
export function formatDifference(interval: Interval, digits: number): string {
  const { value, low, high } = interval;
  if (!Number.isFinite(value)) return "–";
  const sure = low > 0 || high < 0 ? "*" : "";
  return `${value > 0 ? "+" : ""}${value.toFixed(digits)} [${low.toFixed(digits)}, ${high.toFixed(digits)}]${sure}`;
}

function isShown({ key }: Metric, summary: Summary): boolean {
  return summary.systems.some(({ metrics }) => Number.isFinite(metrics[key]!.value));
}

const ARROWS = { high: "↑", low: "↓", one: "→1", truth: "→truth" } as const;

/** The metric's name with its unit and what is best, as in `PSNR dB ↑`. */
export function metricTitle({ label, unit, best }: Metric): string {
  return [label, unit, ARROWS[best]].filter(Boolean).join(" ");
}

/** Every metric of every system, one line a metric. */
export function summaryTable(summary: Summary): string {
  const { systems, truth, differences } = summary;
  const paired = differences[0]!;
  const compares = paired.minus === systems[1]?.name && systems.length > 3;
  const header = ["", ...systems.map(({ name }) => name), "truth"];
  if (compares) header.push(`${paired.of} - ${paired.minus}`);
  const lines = METRICS.filter((metric) => isShown(metric, summary)).map((metric) => {
    const { key, digits } = metric;
    const own = truth[key];
    const cells = [
      metricTitle(metric),
      ...systems.map(({ metrics }) => formatInterval(metrics[key]!, digits)),
      own ? own.value.toFixed(digits) : "",
    ];
    if (compares) cells.push(formatDifference(paired.metrics[key]!, digits));
    return cells;
  });
  const table = align([header, ...lines].map((cells) => cells.map(escapeControls)));
  const notes = [
    `${summary.pictures} pictures; ± is half a 95 % bootstrap interval over pictures.`,
    ...(compares ? ["Differences are paired; [95 % interval]; * where it leaves out 0."] : []),
  ];
  return `${table}\n${notes.join("\n")}\n`;
}

function align(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_, c) => Math.max(...rows.map((row) => row[c]!.length)));
  return rows
    .map((row) =>
      row
        .map((text, c) => (c === 0 ? text.padEnd(widths[c]!) : text.padStart(widths[c]!)))
        .join("   ")
        .trimEnd(),
    )
    .map((line) => `${line}\n`)
    .join("");
}

const CSV_MEASURES = [
  "psnr",
  "ssim",
  "ciede2000",
  "abError",
  "auc",
  "colorfulness",
  "colorfulnessAbsolute",
  "sepia",
  "bleeding",
  "flatChromaVariation",
  "lightnessDrift",
] as const;

/** One line a picture (RFC 4180): name, class, size, the truth's measures, then each system's. */
export function picturesCsv(
  rows: readonly PictureRow[],
  systemNames: readonly string[],
  candidates: number,
): string {
  const classified = Array.from({ length: candidates }, (_, c) => c);
  const header = [
    "name",
    "class",
    "width",
    "height",
    "truth.meanChroma",
    "truth.colorfulness",
    "truth.colorfulnessAbsolute",
    "truth.bleeding",
    "truth.flatChromaVariation",
    ...systemNames.flatMap((name) => CSV_MEASURES.map((measure) => `${name}.${measure}`)),
    ...classified.flatMap((c) =>
      ["scene", "sceneProbability", "rankOfClass"].map((column) => `${systemNames[c]}.${column}`),
    ),
  ];
  const lines = rows.map((row) => [
    row.name,
    row.className ?? "",
    row.width,
    row.height,
    row.meanChroma,
    row.truth.colorfulness,
    row.truth.colorfulnessAbsolute,
    row.truth.bleeding,
    row.truth.flatChromaVariation,
    ...row.systems.flatMap((system) => CSV_MEASURES.map((measure) => system[measure])),
    ...classified.flatMap((c) => {
      const scene = row.scenes[c];
      if (!scene) return ["", "", ""];
      return [scene.best, scene.probability, scene.rank < 0 ? "" : scene.rank + 1];
    }),
  ]);
  return [header, ...lines].map((line) => `${line.map(csvField).join(",")}\r\n`).join("");
}

function csvField(value: string | number): string {
  if (typeof value === "number") return String(Number(value.toPrecision(8)));
  return /[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
}

/** One line of JSON for a picture. */
export function pictureJson(row: PictureRow, systemNames: readonly string[]): string {
  const systems = Object.fromEntries(
    row.systems.map(({ credits: _, ...measures }, s) => [systemNames[s]!, measures]),
  );
  const { name, className, width, height, meanChroma, truth, scenes } = row;
  return JSON.stringify({
    name,
    class: className,
    width,
    height,
    truth: { meanChroma, ...truth },
    systems,
    scenes,
  });
}
