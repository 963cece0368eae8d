// Bins of the a*b* plane, after R. Zhang, P. Isola, A. Efros, "Colorful image colorization", ECCV
// 2016, section 2.1. Zhang et al. keep 313 bins of 10 units without saying how the gamut was drawn;
// here a bin is kept where the sRGB gamut of IEC 61966-2-1 reaches into its square at any lightness,
// so that a colour that a picture can have lies in the square of its own bin.

import { labToLinearRgb } from "../../color/lab.js";
import { UserError } from "../../user-error.js";

/** Distance of neighbouring bins, CIELAB units, when nothing else is asked for. */
export const DEFAULT_SPACING = 10;
const FINEST_SPACING = 5;
const COARSEST_SPACING = 40;

/** Cells of the fine grid along a bin: even, so that the borders of bins are borders of cells. */
const CELLS_A_BIN = 10;
/** |a*| and |b*| of every sRGB colour stay below this, CIELAB units. */
const GAMUT_REACH = 110;

/** A fine grid over the a*b* plane, whose cells are small beside a bin. */
export interface FineGrid {
  /** Side of a cell, CIELAB units. */
  readonly step: number;
  /** Cells a side; the grid is a square, centred on grey. */
  readonly side: number;
}

/** The cell that holds a colour, row by row of a*; the outermost ones hold all beyond them. */
export function cellOf({ step, side }: FineGrid, a: number, b: number): number {
  const row = Math.floor(a / step) + side / 2;
  const column = Math.floor(b / step) + side / 2;
  const last = side - 1;
  return (
    (row < 0 ? 0 : row > last ? last : row) * side +
    (column < 0 ? 0 : column > last ? last : column)
  );
}

/** (a*, b*) of the middle of a cell, CIELAB units. */
export function middleOf({ step, side }: FineGrid, cell: number): [a: number, b: number] {
  const row = Math.floor(cell / side);
  return [(row + 0.5 - side / 2) * step, ((cell % side) + 0.5 - side / 2) * step];
}

/**
 * The bins of one spacing. Their order is that of a*, then of b*, and depends on nothing but the
 * spacing: the arithmetic behind it is exact in every engine.
 */
export class ChromaBins {
  static readonly #made = new Map<number, ChromaBins>();

  /** The bins of a spacing, made once: it takes some milliseconds. */
  static of(spacing: number): ChromaBins {
    const bins = ChromaBins.#made.get(spacing) ?? new ChromaBins(spacing);
    ChromaBins.#made.set(spacing, bins);
    return bins;
  }

  /** Number of bins: 262 at a spacing of 10. */
  readonly count: number;
  /** Centres, multiples of the spacing, CIELAB units: `[count]`. */
  readonly a: Float32Array;
  readonly b: Float32Array;
  readonly fineGrid: FineGrid;
  /** Bin of each cell of the fine grid: `[side * side]`. */
  readonly #binOfCell: Uint16Array;

  /**
   * @param spacing distance of neighbouring centres along a* and b*, 5..40 CIELAB units
   * @throws UserError if it is another number
   */
  constructor(readonly spacing: number = DEFAULT_SPACING) {
    if (!(spacing >= FINEST_SPACING && spacing <= COARSEST_SPACING)) {
      throw new UserError(
        "option-invalid",
        `Expected a spacing of the colour bins from ${FINEST_SPACING} to ${COARSEST_SPACING} CIELAB units but received ${spacing}`,
      );
    }
    const reach = Math.ceil(GAMUT_REACH / spacing);
    const side = 2 * reach + 1;
    const binAt = new Int16Array(side * side).fill(-1);
    const centres: [a: number, b: number][] = [];
    for (let place = 0; place < binAt.length; place++) {
      const a = (Math.floor(place / side) - reach) * spacing;
      const b = ((place % side) - reach) * spacing;
      if (gamutReaches(a, b, spacing)) binAt[place] = centres.push([a, b]) - 1;
    }
    this.count = centres.length;
    this.a = Float32Array.from(centres, ([a]) => a);
    this.b = Float32Array.from(centres, ([, b]) => b);
    this.fineGrid = { step: spacing / CELLS_A_BIN, side: side * CELLS_A_BIN };
    this.#binOfCell = new Uint16Array(this.fineGrid.side ** 2);
    for (let cell = 0; cell < this.#binOfCell.length; cell++) {
      const row = Math.floor(cell / this.fineGrid.side / CELLS_A_BIN);
      const column = Math.floor((cell % this.fineGrid.side) / CELLS_A_BIN);
      const own = binAt[row * side + column]!;
      this.#binOfCell[cell] = own >= 0 ? own : this.#closest(...middleOf(this.fineGrid, cell));
    }
  }

  /** The nearest bin of a colour, by table. A colour out of gamut has one as well. */
  nearest(a: number, b: number): number {
    return this.#binOfCell[cellOf(this.fineGrid, a, b)]!;
  }

  #closest(a: number, b: number): number {
    let closest = 0;
    let least = Number.POSITIVE_INFINITY;
    for (let bin = 0; bin < this.count; bin++) {
      const distance = (this.a[bin]! - a) ** 2 + (this.b[bin]! - b) ** 2;
      if (distance < least) {
        least = distance;
        closest = bin;
      }
    }
    return closest;
  }
}

/**
 * Whether sRGB has a colour in the square around a centre: there, or on the square's border, which a
 * gamut in one piece has to cross. The border is tried at every tenth of a side.
 */
function gamutReaches(a: number, b: number, spacing: number): boolean {
  if (inGamut(a, b)) return true;
  for (let i = 0; i < CELLS_A_BIN; i++) {
    // Each side from corner to corner, the second corner left to the next side.
    const along = (i / CELLS_A_BIN - 0.5) * spacing;
    const half = spacing / 2;
    if (
      inGamut(a + along, b - half) ||
      inGamut(a + half, b + along) ||
      inGamut(a - along, b + half) ||
      inGamut(a - half, b - along)
    ) {
      return true;
    }
  }
  return false;
}

function inGamut(a: number, b: number): boolean {
  for (let lightness = 1; lightness < 100; lightness++) {
    const [red, green, blue] = labToLinearRgb(lightness, a, b);
    if (Math.min(red, green, blue) >= 0 && Math.max(red, green, blue) <= 1) return true;
  }
  return false;
}
