import { type MeasureSet, trainingMeasures } from "@let-there-be-color/core/objective";
import { writeFileDurably } from "../files/atomic-file.js";
import type { JournalRecord, StepsRecord, ValidationRecord } from "./journal.js";
import { type Chart, drawCharts, type Point } from "./line-chart.js";

/** More points than this in a line are averaged in groups. */
const mostPoints = 400;

/** Draws the journal's curves and writes them as SVG; an older file is replaced atomically. */
export async function writeCurves(
  path: string,
  records: readonly JournalRecord[],
  objective: MeasureSet,
): Promise<void> {
  await writeFileDurably(path, drawCurves(records, objective));
}

/**
 * The measures of training, each beside its validation, and the learning rate, over the steps of a
 * run: one SVG with a chart for each, for light and dark pages. Vertical lines part the phases.
 */
export function drawCurves(records: readonly JournalRecord[], objective: MeasureSet): string {
  const steps = records.filter((record): record is StepsRecord => record.type === "steps");
  const validations = records.filter(
    (record): record is ValidationRecord => record.type === "validation",
  );
  const lastStep = Math.max(1, steps.at(-1)?.step ?? 0, validations.at(-1)?.step ?? 0);
  const phaseStarts = steps
    .filter((record, index) => index > 0 && record.phase !== steps[index - 1]?.phase)
    .map((record) => record.step);
  const pair = (
    title: string,
    value: (record: StepsRecord | ValidationRecord) => number | null,
  ) => ({
    title,
    lines: [
      { name: "training", points: thinned(pointsOf(steps, value)), marked: false },
      { name: "validation", points: pointsOf(validations, value), marked: true },
    ],
  });
  const charts: Chart[] = [
    ...trainingMeasures(objective).map(({ name, title, unit }) =>
      pair(unit ? `${title} (${unit})` : title, ({ measures }) => measures[name] ?? null),
    ),
    {
      title: "Learning rate",
      lines: [
        {
          name: "learning rate",
          points: thinned(pointsOf(steps, (record) => (record as StepsRecord).learningRate)),
          marked: false,
        },
      ],
    },
  ];
  return drawCharts(charts, { lastX: lastStep, xLabel: "step", dividers: phaseStarts });
}

function pointsOf<R extends { step: number }>(
  records: readonly R[],
  value: (record: R) => number | null,
): Point[] {
  const points: Point[] = [];
  for (const record of records) {
    const y = value(record);
    if (y !== null) points.push({ x: record.step, y });
  }
  return points;
}

function thinned(points: readonly Point[]): Point[] {
  const group = Math.ceil(points.length / mostPoints);
  if (group <= 1) return [...points];
  const means: Point[] = [];
  for (let start = 0; start < points.length; start += group) {
    const members = points.slice(start, start + group);
    const mean = (pick: (point: Point) => number) =>
      members.reduce((sum, point) => sum + pick(point), 0) / members.length;
    means.push({ x: mean((point) => point.x), y: mean((point) => point.y) });
  }
  return means;
}
