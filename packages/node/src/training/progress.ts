import {
  type Averages,
  type Measure,
  type MeasureSet,
  measureText,
  selectingMeasure,
  trainingMeasures,
} from "@let-there-be-color/core/objective";
import { escapeControls } from "../printing/escape-controls.js";
import type { StepEvent, TrainingEvent } from "./events.js";
import type { ValidationRecord } from "./journal.js";

/** Where progress is shown: `process.stdout`, `process.stderr`, or a test's own. */
export interface ProgressStream {
  readonly isTTY?: boolean;
  readonly columns?: number | undefined;
  write(text: string): unknown;
}

/** Seconds between plain progress lines, and between redraws of the bar. */
const lineInterval = 30;
const barInterval = 0.1;

/**
 * Shows training events: on a terminal a bar that is redrawn in place, elsewhere a line about
 * every 30 seconds; a line for every phase and epoch on both.
 */
export class ProgressReporter {
  readonly #stream: ProgressStream;
  readonly #now: () => number;
  #objective: MeasureSet | undefined;
  #lastShown = Number.NEGATIVE_INFINITY;
  #barShown = false;

  /** @param now current time in seconds. */
  constructor(stream: ProgressStream, now: () => number = () => performance.now() / 1000) {
    this.#stream = stream;
    this.#now = now;
  }

  show(event: TrainingEvent): void {
    if (event.type === "start") this.#objective = event.objective;
    const objective = this.#objective;
    if (!objective) throw new TypeError("Expected the event `start` first");
    if (event.type === "step") this.#showStep(event, objective);
    else if (event.type === "phase" && event.phases > 1) {
      const { phase, phases, epochs, crop, batchSize } = event;
      this.line(`Phase ${phase} of ${phases}: crop ${crop}, batch ${batchSize}, epochs ${epochs}`);
    } else if (event.type === "validation") {
      this.line(`Epoch ${event.epoch}/${event.epochs}  ${validationText(event, objective)}`);
    } else if (event.type === "early-stop") {
      const { epoch, best } = event;
      const title = selectingMeasure(objective).title.toLowerCase();
      this.line(`Phase ends after epoch ${epoch}: no better ${title} since epoch ${best.epoch}`);
    }
  }

  /** Writes a whole line, above the bar. */
  line(text: string): void {
    if (this.#barShown) this.#stream.write("\r\x1b[K");
    this.#barShown = false;
    this.#stream.write(`${escapeControls(text)}\n`);
  }

  #showStep(event: StepEvent, objective: MeasureSet): void {
    const interval = this.#stream.isTTY ? barInterval : lineInterval;
    if (this.#now() - this.#lastShown < interval) return;
    this.#lastShown = this.#now();
    if (!this.#stream.isTTY) {
      this.line(stepLine(event, objective));
      return;
    }
    this.#stream.write(`\r\x1b[K${stepBar(event, objective, this.#stream.columns ?? 80)}`);
    this.#barShown = true;
  }
}

/** One line without a bar, such as `epoch 2/6  step 130/390 …`. */
export function stepLine(event: StepEvent, objective: MeasureSet): string {
  return `epoch ${event.epoch}/${event.epochs}  step ${event.step}/${event.totalSteps}  ${measures(event, objective)}`;
}

/** The same with a bar for the epoch where there is room, at most `columns - 1` characters wide. */
export function stepBar(event: StepEvent, objective: MeasureSet, columns: number): string {
  const width = 12;
  const filled = Math.round((event.batch / event.batchesPerEpoch) * width);
  const bar = `${"█".repeat(filled)}${"░".repeat(width - filled)} `;
  const text = (picture: string) =>
    `epoch ${event.epoch}/${event.epochs} ${picture}${event.batch}/${event.batchesPerEpoch}  ${measures(event, objective)}`;
  const whole = text(bar);
  return whole.length < columns ? whole : text("").slice(0, columns - 1);
}

/** Seconds as `45 s`, `3 min 20 s` or `2 h 05 min`. */
export function duration(seconds: number): string {
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${pad(whole % 60)} s`;
  return `${Math.floor(whole / 3600)} h ${pad(Math.floor((whole % 3600) / 60))} min`;
}

/**
 * The validations of a run as a table: the measure that chooses the best model in training and
 * validation, then the others. The best epoch is marked with `*`.
 */
export function validationTable(
  validations: readonly ValidationRecord[],
  objective: MeasureSet,
  bestEpoch: number | null,
): string[] {
  const chosenBy = selectingMeasure(objective);
  const others = otherMeasures(objective);
  const rows = validations.map((record) => [
    `${record.epoch === bestEpoch ? "* " : ""}${record.epoch}`,
    String(record.crop),
    textOf(chosenBy, record.training),
    textOf(chosenBy, record.measures),
    ...others.map((measure) => textOf(measure, record.measures)),
  ]);
  const titles = others.map(({ title }) => title.toLowerCase());
  const head = ["epoch", "crop", "training", "validation", ...titles];
  const widths = head.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  return [head, ...rows].map((row) =>
    row.map((cell, column) => cell.padStart(widths[column] ?? 0)).join("  "),
  );
}

function validationText(
  event: Extract<TrainingEvent, { type: "validation" }>,
  objective: MeasureSet,
): string {
  const { measures: means, training, improved, best } = event;
  const chosenBy = selectingMeasure(objective);
  const { label, validationOnly } = chosenBy;
  const compared = validationOnly ? "" : ` (training ${textOf(chosenBy, training)})`;
  return [
    `validation: ${label} ${textOf(chosenBy, means)}${compared}`,
    ...labelled(otherMeasures(objective), means),
    improved ? "best so far" : `best: epoch ${best.epoch}`,
  ].join(", ");
}

/** Speed, time left, and means over the epoch so far: single steps jump about too much to read. */
function measures(event: StepEvent, objective: MeasureSet): string {
  return [
    `${event.imagesPerSecond.toPrecision(3)} images/s`,
    event.secondsLeft === null ? "ETA …" : `ETA ${duration(event.secondsLeft)}`,
    ...labelled(trainingMeasures(objective), event.epochMeans),
  ].join("  ");
}

/** `colour 0.01234` for each measure that has a value. */
function labelled(list: readonly Measure[], means: Averages): string[] {
  return list
    .filter(({ name }) => (means[name] ?? null) !== null)
    .map((measure) => `${measure.label} ${textOf(measure, means)}`);
}

function textOf(measure: Measure, means: Averages): string {
  return measureText(measure, means[measure.name] ?? null);
}

function otherMeasures({ measures: all, selection }: MeasureSet): Measure[] {
  return all.filter(({ name }) => name !== selection.measure);
}

function pad(value: number): string {
  return String(value).padStart(2, "0");
}
