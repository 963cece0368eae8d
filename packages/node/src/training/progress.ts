import type { StepEvent, TrainingEvent } from "./events.js";
import type { ValidationRecord } from "./journal.js";

/** Where progress is shown: `process.stdout`, `process.stderr`, or a test's own. */
export interface ProgressStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
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
  #lastShown = Number.NEGATIVE_INFINITY;
  #barShown = false;

  /** @param now current time in seconds. */
  constructor(stream: ProgressStream, now: () => number = () => performance.now() / 1000) {
    this.#stream = stream;
    this.#now = now;
  }

  show(event: TrainingEvent): void {
    if (event.type === "step") this.#showStep(event);
    else if (event.type === "phase" && event.phases > 1) {
      const { phase, phases, epochs, crop, batchSize } = event;
      this.line(`Phase ${phase} of ${phases}: crop ${crop}, batch ${batchSize}, epochs ${epochs}`);
    } else if (event.type === "validation") {
      this.line(`Epoch ${event.epoch}/${event.epochs}  ${validationText(event)}`);
    } else if (event.type === "early-stop") {
      const { epoch, best } = event;
      this.line(`Phase ends after epoch ${epoch}: no better colour loss since epoch ${best.epoch}`);
    }
  }

  /** Writes a whole line, above the bar. */
  line(text: string): void {
    if (this.#barShown) this.#stream.write("\r\x1b[K");
    this.#barShown = false;
    this.#stream.write(`${text}\n`);
  }

  #showStep(event: StepEvent): void {
    const interval = this.#stream.isTTY ? barInterval : lineInterval;
    if (this.#now() - this.#lastShown < interval) return;
    this.#lastShown = this.#now();
    if (!this.#stream.isTTY) {
      this.line(stepLine(event));
      return;
    }
    this.#stream.write(`\r\x1b[K${stepBar(event, this.#stream.columns ?? 80)}`);
    this.#barShown = true;
  }
}

/** One line without a bar, such as `epoch 2/6  step 130/390 …`. */
export function stepLine(event: StepEvent): string {
  return `epoch ${event.epoch}/${event.epochs}  step ${event.step}/${event.totalSteps}  ${measures(event)}`;
}

/** The same with a bar for the epoch where there is room, at most `columns - 1` characters wide. */
export function stepBar(event: StepEvent, columns: number): string {
  const width = 12;
  const filled = Math.round((event.batch / event.batchesPerEpoch) * width);
  const bar = `${"█".repeat(filled)}${"░".repeat(width - filled)} `;
  const text = (picture: string) =>
    `epoch ${event.epoch}/${event.epochs} ${picture}${event.batch}/${event.batchesPerEpoch}  ${measures(event)}`;
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

/** The validations of a run as a table; the best epoch is marked with `*`. */
export function validationTable(
  validations: readonly ValidationRecord[],
  bestEpoch: number | null,
): string[] {
  const rows = validations.map((record) => [
    `${record.epoch === bestEpoch ? "* " : ""}${record.epoch}`,
    String(record.crop),
    record.training.colorLoss.toFixed(5),
    record.colorLoss.toFixed(5),
    record.abError.toFixed(2),
    record.classLoss?.toFixed(3) ?? "-",
    record.accuracy === null ? "-" : percent(record.accuracy),
  ]);
  const head = ["epoch", "crop", "training", "validation", "ab error", "class loss", "accuracy"];
  const widths = head.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  return [head, ...rows].map((row) =>
    row.map((cell, column) => cell.padStart(widths[column] ?? 0)).join("  "),
  );
}

function validationText(event: Extract<TrainingEvent, { type: "validation" }>): string {
  const { colorLoss, training, abError, classLoss, accuracy, improved, best } = event;
  const parts = [
    `validation: colour ${colorLoss.toFixed(5)} (training ${training.colorLoss.toFixed(5)})`,
    `ab error ${abError.toFixed(2)}`,
  ];
  if (classLoss !== null) parts.push(`class ${classLoss.toFixed(3)}`);
  if (accuracy !== null) parts.push(`accuracy ${percent(accuracy)}`);
  parts.push(improved ? "best so far" : `best: epoch ${best.epoch}`);
  return parts.join(", ");
}

/** Speed, time left, and means over the epoch so far: single steps jump about too much to read. */
function measures(event: StepEvent): string {
  const { colorLoss, classLoss, accuracy } = event.epochMeans;
  const parts = [
    `${event.imagesPerSecond.toPrecision(3)} images/s`,
    event.secondsLeft === null ? "ETA …" : `ETA ${duration(event.secondsLeft)}`,
    `colour ${colorLoss.toFixed(5)}`,
  ];
  if (classLoss !== null) parts.push(`class ${classLoss.toFixed(3)}`);
  if (accuracy !== null) parts.push(`accuracy ${percent(accuracy)}`);
  return parts.join("  ");
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

function pad(value: number): string {
  return String(value).padStart(2, "0");
}
