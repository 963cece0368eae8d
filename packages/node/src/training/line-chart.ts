// Line charts as SVG text: just what training curves need.

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Line {
  readonly name: string;
  readonly points: readonly Point[];
  /** Draws a dot at every point. */
  readonly marked: boolean;
}

/** A chart; its y axis covers the data, without the highest 2 % of each line. */
export interface Chart {
  readonly title: string;
  readonly lines: readonly Line[];
}

const columns = 2;
const chartWidth = 460;
const chartHeight = 270;
const margin = { left: 62, right: 26, top: 40, bottom: 40 };
const plotWidth = chartWidth - margin.left - margin.right;
const plotHeight = chartHeight - margin.top - margin.bottom;

const style = `
  text { font: 12px system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif; fill: #57606a }
  .title { font-size: 14px; font-weight: 600; fill: #1f2328 }
  .page { fill: #ffffff } .grid { stroke: #d8dee4 } .divider { stroke: #8c959f }
  .line { fill: none; stroke-width: 1.8; stroke-linejoin: round }
  .s0 { stroke: #0a66c2 } .s1 { stroke: #d1580a } .f0 { fill: #0a66c2 } .f1 { fill: #d1580a }
  @media (prefers-color-scheme: dark) {
    text { fill: #9198a1 } .title { fill: #e6edf3 } .page { fill: #0d1117 }
    .grid { stroke: #2a313a } .divider { stroke: #656c76 }
    .s0 { stroke: #58a6ff } .s1 { stroke: #f0883e } .f0 { fill: #58a6ff } .f1 { fill: #f0883e }
  }`;

/**
 * Draws charts that share an x axis from 0 to `lastX`, two in a row.
 * @param axis.dividers x values that get a dashed vertical line.
 */
export function drawCharts(
  charts: readonly Chart[],
  axis: { lastX: number; xLabel: string; dividers: readonly number[] },
): string {
  const width = columns * chartWidth;
  const height = Math.ceil(charts.length / columns) * chartHeight;
  const parts = charts.map((chart, index) => {
    const x = (index % columns) * chartWidth + margin.left;
    const y = Math.floor(index / columns) * chartHeight + margin.top;
    return `<g transform="translate(${x} ${y})">${drawChart(chart, axis)}</g>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}">
<style>${style}
</style>
<rect class="page" width="${width}" height="${height}"/>
${parts.join("\n")}
</svg>
`;
}

function drawChart(
  chart: Chart,
  axis: { lastX: number; xLabel: string; dividers: readonly number[] },
): string {
  const [low, high] = valueRange(chart.lines);
  const yTicks = ticks(low, high, 4);
  const bottom = Math.min(low, yTicks[0] ?? low);
  const top = Math.max(high, yTicks.at(-1) ?? high);
  const toX = (x: number) => round((x / axis.lastX) * plotWidth);
  const toY = (y: number) => {
    const clipped = Math.min(top, Math.max(bottom, y));
    return round(plotHeight - ((clipped - bottom) / (top - bottom)) * plotHeight);
  };
  const parts = [`<text class="title" y="-16">${escapeText(chart.title)}</text>`];
  for (const y of yTicks) {
    parts.push(
      `<path class="grid" d="M0 ${toY(y)}H${plotWidth}"/>`,
      `<text x="-8" y="${toY(y) + 4}" text-anchor="end">${label(y)}</text>`,
    );
  }
  for (const x of ticks(0, axis.lastX, 5)) {
    if (x > axis.lastX) continue;
    parts.push(
      `<text x="${toX(x)}" y="${plotHeight + 18}" text-anchor="middle">${label(x)}</text>`,
    );
  }
  parts.push(
    `<text x="${plotWidth}" y="${plotHeight + 33}" text-anchor="end">${escapeText(axis.xLabel)}</text>`,
  );
  for (const x of axis.dividers) {
    parts.push(`<path class="divider" stroke-dasharray="3 3" d="M${toX(x)} 0V${plotHeight}"/>`);
  }
  const shown = chart.lines.filter(({ points }) => points.length > 0);
  if (shown.length === 0) {
    parts.push(
      `<text x="${plotWidth / 2}" y="${plotHeight / 2}" text-anchor="middle">no data</text>`,
    );
  }
  for (const line of shown) {
    const color = chart.lines.indexOf(line);
    const places = line.points.map(({ x, y }) => `${toX(x)} ${toY(y)}`);
    if (places.length > 1) {
      parts.push(`<path class="line s${color}" d="M${places.join("L")}"/>`);
    }
    if (line.marked || places.length === 1) {
      const dots = line.points.map(
        ({ x, y }) =>
          `<circle cx="${toX(x)}" cy="${toY(y)}" r="${places.length > 60 ? 1.6 : 2.6}"/>`,
      );
      parts.push(`<g class="f${color}">${dots.join("")}</g>`);
    }
  }
  if (chart.lines.length > 1) parts.push(drawLegend(shown, chart.lines));
  return parts.join("\n");
}

function drawLegend(shown: readonly Line[], all: readonly Line[]): string {
  return shown
    .map((line, index) => {
      const x = plotWidth - 92 * (shown.length - index);
      return (
        `<path class="line s${all.indexOf(line)}" d="M${x} -20h16"/>` +
        `<text x="${x + 21}" y="-16">${escapeText(line.name)}</text>`
      );
    })
    .join("");
}

function valueRange(lines: readonly Line[]): [number, number] {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const { points } of lines) {
    const sorted = points.map(({ y }) => y).sort((one, other) => one - other);
    if (sorted.length === 0) continue;
    low = Math.min(low, sorted[0] as number);
    high = Math.max(high, sorted[Math.floor((sorted.length - 1) * 0.98)] as number);
  }
  if (low > high) return [0, 1];
  return low === high
    ? [low - (Math.abs(low) || 1) * 0.1, high + (Math.abs(high) || 1) * 0.1]
    : [low, high];
}

/** Round numbers that enclose low..high in about `count` intervals. */
function ticks(low: number, high: number, count: number): number[] {
  const rough = (high - low) / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const interval = power * ([1, 2, 2.5, 5, 10].find((factor) => factor * power >= rough) ?? 10);
  const values: number[] = [];
  for (let n = Math.floor(low / interval); n <= Math.ceil(high / interval - 1e-9); n++) {
    values.push(n * interval);
  }
  return values;
}

function label(value: number): string {
  if (value !== 0 && Math.abs(value) < 0.001) return value.toExponential(1).replace(".0e", "e");
  if (Math.abs(value) >= 10_000) return `${Number((value / 1000).toPrecision(4))}k`;
  return String(Number(value.toPrecision(4)));
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function escapeText(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
