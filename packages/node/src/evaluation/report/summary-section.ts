import { METRICS } from "../metrics.js";
import type { Summary } from "../summary.js";
import { formatDifference, formatInterval, metricTitle } from "../tables.js";
import { escapeHtml, systemColor } from "./html.js";

/** Metrics that get a card of their own. */
const HEADLINES = ["ciede2000", "psnr", "aucRebalanced", "colorfulnessRatio", "sepia", "top1"];

/** Cards of the most telling metrics: the value, and bars of all systems. */
export function headlineCards(summary: Summary, candidates: number): string {
  const cards = METRICS.filter(({ key }) => HEADLINES.includes(key)).flatMap((metric) => {
    const { key, digits, explanation } = metric;
    const known = summary.systems
      .map(({ name, metrics }, s) => ({ name, s, interval: metrics[key]! }))
      .filter(({ interval }) => Number.isFinite(interval.value));
    if (known.length === 0) return [];
    const longest = Math.max(...known.map(({ interval }) => interval.value), 1e-9);
    const bars = known.map(
      ({ name, s, interval }) =>
        `<div class="bar"><span class="bar-name">${escapeHtml(name)}</span><span class="bar-track"><span style="width:${Math.max(0, (100 * interval.value) / longest).toFixed(1)}%;background:${systemColor(s, candidates)}"></span></span><span class="bar-value">${interval.value.toFixed(digits)}</span></div>`,
    );
    return [
      `<article class="headline"><h3>${escapeHtml(metricTitle(metric))}</h3><p class="figure">${formatInterval(known[0]!.interval, digits)}</p>${bars.join("")}<p class="explanation">${escapeHtml(explanation)}</p></article>`,
    ];
  });
  return `<div class="headlines">${cards.join("")}</div>`;
}

/** Every metric of every system; in a comparison with the paired differences. */
export function metricsTable(summary: Summary, candidates: number): string {
  const { systems, truth, differences } = summary;
  const compared = candidates > 1 ? differences[0]! : undefined;
  const header = [
    "Metric",
    ...systems.map(({ name }) => name),
    "truth",
    ...(compared ? [`${compared.of} − ${compared.minus}`] : []),
  ];
  const rows = METRICS.filter(({ key }) =>
    systems.some(({ metrics }) => Number.isFinite(metrics[key]!.value)),
  ).map((metric) => {
    const { key, digits } = metric;
    const cells = [
      ...systems.map(({ metrics }) => formatInterval(metrics[key]!, digits)),
      truth[key]?.value.toFixed(digits) ?? "",
      ...(compared ? [formatDifference(compared.metrics[key]!, digits)] : []),
    ];
    const title = `<th scope="row" title="${escapeHtml(metric.explanation)}">${escapeHtml(metricTitle(metric))}</th>`;
    return `<tr>${title}${cells.map((cell) => `<td>${escapeHtml(cell)}</td>`).join("")}</tr>`;
  });
  const heads = header.map((name) => `<th scope="col">${escapeHtml(name)}</th>`).join("");
  const note = compared
    ? " Differences are paired, with their 95 % interval; * marks those that leave out 0."
    : "";
  return `<div class="scroll"><table><thead><tr>${heads}</tr></thead><tbody>${rows.join("")}</tbody></table></div><p class="note">± is half a 95 % bootstrap interval over pictures.${note}</p>`;
}

/** What each metric means. */
export function glossary(): string {
  const entries = METRICS.map(
    (metric) =>
      `<dt>${escapeHtml(metricTitle(metric))}</dt><dd>${escapeHtml(metric.explanation)}</dd>`,
  );
  return `<dl class="glossary">${entries.join("")}</dl>`;
}
