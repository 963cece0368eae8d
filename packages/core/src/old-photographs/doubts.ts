// Where a colouring is doubtful, and what may help.

import type { ChromaPlanes } from "../color/guided-chroma.js";
import type { Notice } from "../notice.js";
import { isInside, type PictureArea, WHOLE_AREA } from "./picture-area.js";

/** Mean chroma, CIELAB units, below which a colouring looks grey. */
const NEARLY_GREY = 3.5;
/** Hue angles of brown and sepia, degrees. */
const BROWN = { from: 45, to: 82 };
/** Length of the mean (a*, b*) over the mean chroma from which on a picture has one hue. */
const ONE_HUE = 0.985;

/** What the colours of a picture are like as a whole. */
export interface ColorCast {
  /** Mean chroma, CIELAB units. */
  readonly chroma: number;
  /** Length of the mean (a*, b*) over the mean chroma: 0 hues of all kinds .. 1 a single one. */
  readonly concentration: number;
  /** Hue angle of the mean (a*, b*), degrees, -180..180. */
  readonly hue: number;
}

/** @param area of the photograph on its scan */
export function colorCast(
  { ab, width, height }: ChromaPlanes,
  area: PictureArea = WHOLE_AREA,
): ColorCast {
  const count = width * height;
  let [places, chroma, a, b] = [0, 0, 0, 0];
  for (let i = 0; i < count; i++) {
    const x = ((i % width) + 0.5) / width;
    const y = (Math.floor(i / width) + 0.5) / height;
    if (area !== WHOLE_AREA && !isInside(area, x, y)) continue;
    places++;
    a += ab[i]!;
    b += ab[count + i]!;
    chroma += Math.hypot(ab[i]!, ab[count + i]!);
  }
  return {
    chroma: chroma / Math.max(1, places),
    concentration: Math.hypot(a, b) / Math.max(chroma, 1e-6),
    hue: (Math.atan2(b, a) * 180) / Math.PI,
  };
}

/** What a colouring was made with. */
export interface ColoringChoices {
  /** Where the photograph lies on its scan, if that has borders. */
  readonly area?: PictureArea | undefined;
  /** Factor on the chroma that was asked for, 0..2. */
  readonly saturation?: number | undefined;
  /** Whether the model has more decided colours than these. */
  readonly couldBeVivid?: boolean | undefined;
}

/** Notices of what a person would want to look at before keeping a colouring. */
export function doubtsOf(chroma: ChromaPlanes, choices: ColoringChoices): Notice[] {
  const { area, saturation = 1, couldBeVivid = false } = choices;
  if (saturation === 0) return []; // grey as it was wanted
  const cast = colorCast(chroma, area);
  const vivid = couldBeVivid ? "`colors` vivid, " : "";
  if (cast.chroma < NEARLY_GREY * Math.min(1, saturation)) {
    const message = `The colours are nearly grey: the network does not know what it sees; try ${vivid}a higher \`saturation\`, or \`hints\`.`;
    return [{ code: "nearly-grey", message }];
  }
  if (cast.concentration >= ONE_HUE && cast.hue >= BROWN.from && cast.hue <= BROWN.to) {
    const message = `Everything is in shades of one brown, the colour of a network that is unsure; try ${vivid}another \`workingSize\`, or \`hints\`.`;
    return [{ code: "one-brown", message }];
  }
  return [];
}
