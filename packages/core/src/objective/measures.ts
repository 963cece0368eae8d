// What training and validation report: named numbers, each a mean over some of the pictures.

/** A number that is reported about pictures. */
export interface Measure {
  /** Key in journals, checkpoints and graphs; stays the same for ever. */
  readonly name: string;
  /** As in "Colour loss": over curves, and in messages. */
  readonly title: string;
  /** As in "colour": in front of the number in a line of progress. */
  readonly label: string;
  /** As in "nats"; left out where there is none. */
  readonly unit?: string;
  /** Shown as a number with so many digits after the point, or as a percentage with so many. */
  readonly digits: number;
  readonly percentage?: boolean;
  /** What the mean is taken over: `pictures` (all), or a name of the objective's own weights. */
  readonly averagedOver: string;
  /** Whether the root of the mean is reported, as for squared errors. Default false. */
  readonly root?: boolean;
  /** Whether training steps do not compute it. Default false. */
  readonly validationOnly?: boolean;
}

/** The measure that tells which of two models is better. */
export interface Selection {
  readonly measure: string;
  readonly better: "lower" | "higher";
}

/** Measures in the order in which they are shown, and which of them chooses the best model. */
export interface MeasureSet {
  readonly measures: readonly Measure[];
  readonly selection: Selection;
}

/** Weight 1 for every picture. */
export const allPictures = "pictures";

/** Sums over pictures, for means over more of them. Plain numbers: they go into checkpoints. */
export interface MeasureSums {
  /** By measure: the sum over the pictures that it is averaged over. Those not measured are missing. */
  readonly sums: Readonly<Record<string, number>>;
  /** By what measures are averaged over: how many pictures; `pictures` counts all. */
  readonly weights: Readonly<Record<string, number>>;
}

export const nothingMeasured: MeasureSums = { sums: {}, weights: {} };

export function addMeasures(one: MeasureSums, other: MeasureSums): MeasureSums {
  return {
    sums: addByName(one.sums, other.sums),
    weights: addByName(one.weights, other.weights),
  };
}

function addByName(
  one: Readonly<Record<string, number>>,
  other: Readonly<Record<string, number>>,
): Record<string, number> {
  const total: Record<string, number> = { ...one };
  for (const [name, value] of Object.entries(other)) total[name] = (total[name] ?? 0) + value;
  return total;
}

/** Means by the name of the measure; null if no picture counted for it. */
export type Averages = Readonly<Record<string, number | null>>;

/** Means of the sums. @param measures those wanted, which become the keys. */
export function averages(measures: readonly Measure[], { sums, weights }: MeasureSums): Averages {
  return Object.fromEntries(
    measures.map(({ name, averagedOver, root }) => {
      const weight = weights[averagedOver] ?? 0;
      if (weight <= 0) return [name, null];
      const mean = (sums[name] ?? 0) / weight;
      return [name, root ? Math.sqrt(mean) : mean];
    }),
  );
}

/** Measures that training steps report, too. */
export function trainingMeasures({ measures }: MeasureSet): Measure[] {
  return measures.filter(({ validationOnly }) => !validationOnly);
}

/** The measure that chooses the best model. */
export function selectingMeasure({ measures, selection }: MeasureSet): Measure {
  const found = measures.find(({ name }) => name === selection.measure);
  if (!found) throw new RangeError(`There is no measure ${selection.measure} to select by`);
  return found;
}

/** Whether `value` is better than `best`. */
export function isBetter({ better }: Selection, value: number, best: number): boolean {
  return better === "lower" ? value < best : value > best;
}

/** The number as it is shown, `0.01234` or `25.0 %`; `-` for null. */
export function measureText({ digits, percentage }: Measure, value: number | null): string {
  if (value === null) return "-";
  return percentage ? `${(100 * value).toFixed(digits)} %` : value.toFixed(digits);
}
