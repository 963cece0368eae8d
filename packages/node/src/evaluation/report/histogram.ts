// Distributions over the pictures as outlines in one SVG.

import { quantile } from "@let-there-be-color/core/evaluation";
import { escapeHtml } from "./html.js";

export interface Distribution {
  readonly name: string;
  readonly color: string;
  readonly values: Float64Array;
}

const WIDTH = 520;
const HEIGHT = 200;
const LEFT = 8;
const BOTTOM = 24;
const BINS = 40;

/** A chart of all distributions over their common range, outliers beyond 99.5 % gathered in. */
export function histogram(title: string, distributions: readonly Distribution[]): string {
  const sorted = distributions.map(({ values }) => values.slice().sort());
  const low = Math.min(...sorted.map((values) => quantile(values, 0.005)));
  const high = Math.max(...sorted.map((values) => quantile(values, 0.995)), low + 1e-6);
  const ticks = niceTicks(low, high);
  const binOf = (value: number) =>
    Math.min(Math.max(Math.floor(((value - low) / (high - low)) * BINS), 0), BINS - 1);
  const counted = distributions.map(({ values }) => {
    const bins = new Float64Array(BINS);
    for (const value of values) bins[binOf(value)]! += 1 / values.length;
    return bins;
  });
  const highest = Math.max(...counted.map((bins) => Math.max(...bins)));
  const x = (share: number) => LEFT + share * (WIDTH - 2 * LEFT);
  const y = (share: number) => HEIGHT - BOTTOM - (share / highest) * (HEIGHT - BOTTOM - 10);
  const outlines = distributions.map(({ color }, d) => {
    const steps = Array.from(counted[d]!, (share, bin) => {
      const top = y(share).toFixed(1);
      return `L${x(bin / BINS).toFixed(1)} ${top}L${x((bin + 1) / BINS).toFixed(1)} ${top}`;
    });
    const path = `M${x(0)} ${y(0)}${steps.join("")}L${x(1)} ${y(0)}Z`;
    return `<path d="${path}" fill="${color}" fill-opacity="0.13" stroke="${color}" stroke-width="1.8" stroke-linejoin="round"/>`;
  });
  // The first system is drawn last, on top.
  outlines.reverse();
  const axis = ticks.map((tick) => {
    const at = x((tick - low) / (high - low)).toFixed(1);
    return `<line x1="${at}" x2="${at}" y1="${HEIGHT - BOTTOM}" y2="${HEIGHT - BOTTOM + 4}" stroke="currentColor"/><text x="${at}" y="${HEIGHT - 6}" text-anchor="middle">${tick}</text>`;
  });
  const means = distributions
    .map(({ name, values }) => `${name} median ${quantile(values.slice().sort(), 0.5).toFixed(2)}`)
    .join(", ");
  return `<figure class="chart"><figcaption>${escapeHtml(title)}</figcaption><svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${escapeHtml(`${title}: ${means}`)}"><line x1="${LEFT}" x2="${WIDTH - LEFT}" y1="${HEIGHT - BOTTOM}" y2="${HEIGHT - BOTTOM}" stroke="currentColor" stroke-opacity="0.5"/>${outlines.join("")}${axis.join("")}</svg></figure>`;
}

function niceTicks(low: number, high: number): number[] {
  const rough = (high - low) / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((size) => size >= rough)!;
  const ticks: number[] = [];
  for (let i = Math.ceil(low / step); i * step <= high; i++) {
    ticks.push(Number((i * step).toPrecision(6)));
  }
  return ticks;
}
