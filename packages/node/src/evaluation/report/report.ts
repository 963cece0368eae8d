// The report: one HTML file with everything in it.

import type { PictureRow } from "../evaluate.js";
import {
  comparisonSections,
  failureSections,
  type GallerySection,
  gallerySections,
} from "../gallery.js";
import type { EvaluationResult } from "../summary.js";
import { classTable, confusionSection } from "./class-section.js";
import { gallerySection, type ShownPictures } from "./gallery-section.js";
import { type Distribution, histogram } from "./histogram.js";
import { escapeHtml, legend, systemColor } from "./html.js";
import { SCRIPT } from "./script.js";
import { STYLE } from "./style.js";
import { glossary, headlineCards, metricsTable } from "./summary-section.js";

export interface ReportContent {
  readonly result: EvaluationResult;
  readonly rows: readonly PictureRow[];
  readonly candidateNames: readonly string[];
  /** The data set as the user named it. */
  readonly dataset: string;
  /** The protocol in words. */
  readonly protocol: string;
  /** `YYYY-MM-DD`. */
  readonly date: string;
}

/** The sections of pictures that a report has. */
export function reportSections(
  rows: readonly PictureRow[],
  candidateNames: readonly string[],
): { gallery: GallerySection[]; failures: GallerySection[] } {
  const [first, second] = candidateNames;
  return second === undefined
    ? { gallery: gallerySections(rows), failures: failureSections(rows) }
    : { gallery: comparisonSections(rows, [first!, second]), failures: [] };
}

/** Most files that a list of failures names. */
const NAMED_FILES = 100;

/** Writes the page. `shown` holds the pictures of the rows in {@link reportSections}. */
export function reportPage(content: ReportContent, shown: ShownPictures): string {
  const { result, rows, candidateNames, dataset, protocol, date } = content;
  const { gallery, failures } = reportSections(rows, candidateNames);
  const title = candidateNames.join(" against ");
  const sectionOf = (section: GallerySection) => gallerySection(section, shown, candidateNames);
  const views = ["grey", ...(candidateNames.length > 1 ? candidateNames : ["predicted"]), "truth"];
  const viewButtons = views
    .map((name, i) => `<button type="button" data-to="${100 * i}">${escapeHtml(name)}</button>`)
    .join("");
  const parts: { id: string; title: string; html: string }[] = [
    {
      id: "summary",
      title: "Summary",
      html:
        headlineCards(result, candidateNames.length) + metricsTable(result, candidateNames.length),
    },
    { id: "distributions", title: "Distributions", html: distributions(content) },
    {
      id: "gallery",
      title: "Gallery",
      html: `<p class="all">Show all as ${viewButtons}</p>${gallery.map(sectionOf).join("")}`,
    },
  ];
  if (failures.length > 0) {
    parts.push({
      id: "failures",
      title: "Failure analysis",
      html: failures.map(sectionOf).join(""),
    });
  }
  if (result.classes.length > 0) {
    parts.push({ id: "classes", title: "Scene classes", html: classTable(result.classes) });
  }
  if (result.confusions.length > 0) {
    parts.push({
      id: "confusion",
      title: "Confusion of scene classes",
      html: confusionSection(result.confusions),
    });
  }
  parts.push({ id: "metrics", title: "What the metrics mean", html: glossary() });
  if (result.failures.length > 0 || result.grey.length > 0) {
    parts.push({ id: "files", title: "Pictures left out", html: leftOut(result) });
  }
  const links = parts.map(({ id, title: name }) => `<a href="#${id}">${escapeHtml(name)}</a>`);
  const sections = parts.map(
    ({ id, title: name, html }) =>
      `<section id="${id}"><h2>${escapeHtml(name)}</h2>${html}</section>`,
  );
  const fact = (name: string, value: string) => `<li>${name} <b>${escapeHtml(value)}</b></li>`;
  const facts = [
    fact("pictures", String(result.pictures)),
    fact("data set", dataset),
    fact("protocol", protocol),
    fact("date", date),
  ];
  const warning =
    result.failures.length > 0
      ? `<p class="warning"><b>${result.failures.length} pictures could not be judged</b> and are left out of every number. <a href="#files">Which and why</a></p>`
      : "";
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<title>${escapeHtml(title)}: colourisation report</title>
<style>${STYLE}</style>
<script>document.documentElement.classList.add("js")</script>
</head>
<body>
<header><h1>${escapeHtml(title)}</h1><p class="note">How close automatic colour comes to the truth, beside no colour and one average colour</p><ul class="facts">${facts.join("")}</ul><nav>${links.join("")}</nav>${warning}</header>
<main>${sections.join("\n")}</main>
<footer>Made by <code>ltbc evaluate</code> of let-there-be-color. Grey: a* = b* = 0. Average colour: the mean chroma of a training set everywhere. Both at the truth's lightness.</footer>
<script>${SCRIPT}</script>
</body>
</html>
`;
}

function distributions({ result, rows, candidateNames }: ReportContent): string {
  const { systems } = result;
  const candidates = candidateNames.length;
  const colors = systems.map((_, s) => systemColor(s, candidates));
  const chart = (
    title: string,
    value: (row: PictureRow, system: number) => number,
    truth?: (row: PictureRow) => number,
  ) => {
    const all: Distribution[] = systems.map(({ name }, s) => ({
      name,
      color: colors[s]!,
      values: Float64Array.from(rows, (row) => value(row, s)),
    }));
    // Grey has no colourfulness: its single bar would dwarf the others.
    if (truth) {
      all.splice(candidates);
      all.push({ name: "truth", color: "var(--true)", values: Float64Array.from(rows, truth) });
    }
    return histogram(title, all);
  };
  const key = legend([
    ...systems.map(({ name }, s) => ({ name, color: colors[s]! })),
    { name: "truth", color: "var(--true)" },
  ]);
  const charts = [
    chart("CIEDE2000 (lower is better)", ({ systems: of }, s) => of[s]!.ciede2000),
    chart("PSNR, dB (higher is better)", ({ systems: of }, s) => of[s]!.psnr),
    chart(
      "Colourfulness (should look like the truth's)",
      ({ systems: of }, s) => of[s]!.colorfulness,
      ({ truth }) => truth.colorfulness,
    ),
    chart("ab error (lower is better)", ({ systems: of }, s) => of[s]!.abError),
  ];
  return `${key}<div class="charts">${charts.join("")}</div>`;
}

function leftOut({ failures, grey }: EvaluationResult): string {
  const list = (names: readonly string[]) => {
    const items = names.slice(0, NAMED_FILES).map((name) => `<li>${escapeHtml(name)}</li>`);
    const more = names.length - items.length;
    return `<ul class="files">${items.join("")}${more > 0 ? `<li>and ${more} more, all named in summary.json</li>` : ""}</ul>`;
  };
  const parts: string[] = [];
  if (failures.length > 0) {
    const lines = failures.map(({ name, reason }) => `${name}: ${reason}`);
    parts.push(`<h3>${failures.length} could not be judged</h3>${list(lines)}`);
  }
  if (grey.length > 0) {
    parts.push(
      `<h3>${grey.length} are grey themselves</h3><p class="note">Their truth has less chroma than the minimum, so there is nothing to compare with.</p>${list(grey)}`,
    );
  }
  return parts.join("");
}
