// One side of a picture: a band of one lightness, ended by a straight edge.

/** A picture seen from one of its sides. */
export interface SideView {
  /** Pixels along the side. */
  readonly length: number;
  /** Pixels from this side to the opposite one. */
  readonly depth: number;
  /** L* at a place along the side, so many pixels away from it. */
  readonly at: (along: number, away: number) => number;
}

/** A band along one side. */
export interface BandEdge {
  /** Where the picture begins, pixels away from the side: at the first pixel along it, at the last. */
  readonly first: number;
  readonly last: number;
  /** L* of the band. */
  readonly tone: number;
  /** Share of the places along the side where the band ends at that line, 0..1. */
  readonly support: number;
}

/** Deepest band, share of the picture. */
const DEEPEST = 0.35;
/** L*: what differs by more from the band's tone is no longer the band. */
const TOLERANCE = 6;
/** Share of the side's outermost pixels that must have its tone. */
const UNIFORM = 0.75;
/** Pixels in a row that must differ for a band to have ended: a scratch or a letter is thinner. */
const RUN = 4;
/** L* that changes within a few pixels where a band ends: less is a shadow, not an edge. */
const STEP = 6;
/** Pixels before and after the end of a band between which it changes: scans are soft. */
const BLUR = 2;
/** Pixels beside the line within which an end counts as on it. */
const NEAR = 2;
/** Steepest line, pixels a pixel: 3 degrees. */
const STEEPEST = 0.05;
/** Share of the places where the band may end before the line: writing, perforations, dust. */
const MOST_EARLY = 0.3;

/** The band along a side; undefined if there is none that is uniform and ends in a straight line. */
export function findBandEdge(view: SideView): BandEdge | undefined {
  const tone = outermostTone(view);
  if (tone === undefined) return undefined;
  const deepest = Math.floor(view.depth * DEEPEST);
  const ends = Float64Array.from({ length: view.length }, (_, along) =>
    endOfBand(view, along, tone, deepest),
  );
  const line = mostSupportedLine(ends, deepest);
  if (!line) return undefined;
  const { first, last } = line;
  const slope = (last - first) / Math.max(1, view.length - 1);
  let on = 0;
  let early = 0;
  for (let along = 0; along < ends.length; along++) {
    const beyond = ends[along]! - (first + slope * along);
    if (Math.abs(beyond) <= NEAR) on++;
    else if (beyond < 0) early++;
  }
  if (early > MOST_EARLY * view.length) return undefined;
  return { first, last, tone, support: on / view.length };
}

/** Median L* of the outermost pixels, if nearly all of them have it. */
function outermostTone({ length, at }: SideView): number | undefined {
  const values = Float64Array.from({ length }, (_, along) => at(along, 0));
  const tone = values.slice().sort()[Math.floor(length / 2)]!;
  const alike = values.reduce((sum, value) => sum + Number(Math.abs(value - tone) < TOLERANCE), 0);
  return alike >= UNIFORM * length ? tone : undefined;
}

/** How many pixels deep the band is at one place; infinite if it does not end within reach, or softly. */
function endOfBand(view: SideView, along: number, tone: number, deepest: number): number {
  let run = 0;
  const reach = Math.min(view.depth, deepest + RUN);
  for (let away = 0; away < reach; away++) {
    if (Math.abs(view.at(along, away) - tone) < TOLERANCE) run = 0;
    else if (++run === RUN) {
      const end = away - RUN + 1;
      const before = view.at(along, Math.max(0, end - BLUR));
      const after = view.at(along, Math.min(view.depth - 1, end + BLUR));
      return Math.abs(after - before) >= STEP ? end : Number.POSITIVE_INFINITY;
    }
  }
  return Number.POSITIVE_INFINITY;
}

/** The line, of all gentle slopes, that most ends lie on; at least one pixel deep. */
function mostSupportedLine(
  ends: Float64Array,
  deepest: number,
): { first: number; last: number } | undefined {
  const length = ends.length;
  // Neighbouring slopes are two pixels apart at the far end.
  const steps = Math.max(1, Math.ceil((STEEPEST * length) / 2));
  let best = 0;
  let line: { first: number; last: number } | undefined;
  const margin = Math.ceil(STEEPEST * length) + 2;
  const votes = new Int32Array(deepest + 2 * margin + 3);
  // From level to steep, so that a level line wins where others are as good.
  for (let k = 0; k <= 2 * steps; k++) {
    const rise = (k % 2 === 0 ? -k / 2 : (k + 1) / 2) * 2;
    const slope = rise / Math.max(1, length - 1);
    votes.fill(0);
    for (let along = 0; along < length; along++) {
      const end = ends[along]!;
      if (end === Number.POSITIVE_INFINITY) continue;
      const bin = Math.round(end - slope * along) + margin;
      if (bin >= 0 && bin < votes.length) votes[bin]!++;
    }
    for (let bin = 1; bin < votes.length - 1; bin++) {
      const support = votes[bin]! + 0.5 * (votes[bin - 1]! + votes[bin + 1]!);
      const first = bin - margin;
      if (support > best && first + rise >= 1 && first >= 1) {
        best = support;
        line = { first, last: first + rise };
      }
    }
  }
  return line;
}
