// Where on a scan the photograph lies: without the black edges of film, the white ones of paper, a
// mount or the bed of the scanner.

import type { GrayPicture } from "../color/gray-picture.js";
import type { LightnessPicture } from "../colorize/compose-pixels.js";
import { smallLightness } from "./small-lightness.js";
import { type BandEdge, findBandEdge, type SideView } from "./straight-edge.js";

/** Where an edge crosses the two sides of the scan that it runs between, shares of their length. */
export type EdgeEnds = readonly [number, number];

/**
 * The photograph on a scan, by its four edges, which may be a little askew. 0 and 1 mean that the
 * photograph reaches the side.
 */
export interface PictureArea {
  /** y at the left and at the right side of the scan: 0 above .. 1 below. */
  readonly top: EdgeEnds;
  readonly bottom: EdgeEnds;
  /** x at the upper and at the lower side of the scan: 0 left .. 1 right. */
  readonly left: EdgeEnds;
  readonly right: EdgeEnds;
}

type SideName = keyof PictureArea;
const SIDES: readonly SideName[] = ["top", "bottom", "left", "right"];

/** Pixels of the longer side of the picture that is searched. */
const SEARCHED_SIDE = 640;
/** Borders within each other: paper around film around a mount. */
const MOST_NESTED = 5;
/** Shortest side that is searched, pixels. */
const SMALLEST = 48;
/** L* up to which a border is black (film, a scanner's lid) and from which on it is white (paper). */
const BLACK = 12;
const WHITE = 88;
/** L* by which the borders on several sides of a photograph differ at most. */
const SAME_TONE = 8;
/** Support of a straight edge that speaks for itself, and of one beside others of the same tone. */
const STRONG = 0.6;
const WEAK = 0.3;

/** The whole of a scan. */
export const WHOLE_AREA: PictureArea = { top: [0, 0], bottom: [1, 1], left: [0, 0], right: [1, 1] };

interface Window {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/**
 * Finds borders and mounts: bands of one lightness along the sides, with a straight edge, also within
 * each other. What an ordinary photograph could show, too (a flat sky above a straight horizon), is
 * no border: a grey band must surround the photograph, a white one must lie on opposite sides.
 *
 * @returns undefined if there is none
 */
export function findPictureArea(scan: GrayPicture | LightnessPicture): PictureArea | undefined {
  const small = smallLightness(scan, SEARCHED_SIDE);
  let window: Window = { x: 0, y: 0, width: small.width, height: small.height };
  const found = new Map<SideName, EdgeEnds>();
  for (let nested = 0; nested < MOST_NESTED; nested++) {
    if (Math.min(window.width, window.height) < SMALLEST) break;
    const edges = acceptedEdges(small, window, nested > 0);
    if (edges.size === 0) break;
    for (const [side, edge] of edges) found.set(side, endsOnScan(side, edge, window, small));
    window = inside(window, edges);
  }
  return found.size === 0 ? undefined : { ...WHOLE_AREA, ...Object.fromEntries(found) };
}

/** The bands around a window that are borders and not part of a photograph. */
function acceptedEdges(
  picture: LightnessPicture,
  window: Window,
  isNested: boolean,
): Map<SideName, BandEdge> {
  const edges = new Map<SideName, BandEdge>();
  for (const side of SIDES) {
    const edge = findBandEdge(viewFrom(side, picture, window));
    if (edge && edge.support >= WEAK) edges.set(side, edge);
  }
  const strong = [...edges].filter(([, { support }]) => support >= STRONG);
  const accepted = new Map<SideName, BandEdge>();
  for (const [, { tone }] of strong) {
    const alike = [...edges].filter(([, edge]) => Math.abs(edge.tone - tone) <= SAME_TONE);
    if (!isBorder(tone, new Map(alike), isNested)) continue;
    for (const [side, edge] of alike) accepted.set(side, edge);
  }
  return accepted;
}

/**
 * @param edges those of this tone
 * @param isNested whether they lie within a border: a mount within it need not surround the photograph
 */
function isBorder(
  tone: number,
  edges: ReadonlyMap<SideName, BandEdge>,
  isNested: boolean,
): boolean {
  if (tone <= BLACK) return true;
  const hasOpposite =
    (edges.has("top") && edges.has("bottom")) || (edges.has("left") && edges.has("right"));
  return tone >= WHITE || isNested ? hasOpposite : edges.size === 4;
}

function viewFrom(side: SideName, picture: LightnessPicture, window: Window): SideView {
  const { lightness, width: stride } = picture;
  const { x, y, width, height } = window;
  const start = y * stride + x;
  switch (side) {
    case "top":
      return viewOf(width, height, (along, away) => lightness[start + away * stride + along]!);
    case "bottom": {
      const end = start + (height - 1) * stride;
      return viewOf(width, height, (along, away) => lightness[end - away * stride + along]!);
    }
    case "left":
      return viewOf(height, width, (along, away) => lightness[start + along * stride + away]!);
    case "right": {
      const end = start + width - 1;
      return viewOf(height, width, (along, away) => lightness[end + along * stride - away]!);
    }
  }
}

function viewOf(length: number, depth: number, at: SideView["at"]): SideView {
  return { length, depth, at };
}

/** Shares of the scan's size; an edge is continued from the window's sides to those of the scan. */
function endsOnScan(
  side: SideName,
  { first, last }: BandEdge,
  window: Window,
  scan: LightnessPicture,
): EdgeEnds {
  const isLevel = side === "top" || side === "bottom";
  const [start, length, whole] = isLevel
    ? [window.x, window.width, scan.width]
    : [window.y, window.height, scan.height];
  const slope = (last - first) / Math.max(1, length - 1);
  const [atStart, atEnd] = [first - slope * start, first + slope * (whole - 1 - start)];
  const across = isLevel ? scan.height : scan.width;
  const position = (away: number) => {
    if (side === "top") return (window.y + away) / across;
    if (side === "left") return (window.x + away) / across;
    if (side === "bottom") return (window.y + window.height - away) / across;
    return (window.x + window.width - away) / across;
  };
  return [position(atStart), position(atEnd)];
}

/** The largest upright rectangle within the edges, one pixel off where they are blurred. */
function inside(window: Window, edges: ReadonlyMap<SideName, BandEdge>): Window {
  const away = (side: SideName) => {
    const edge = edges.get(side);
    return edge ? Math.ceil(Math.max(edge.first, edge.last)) + 1 : 0;
  };
  const [left, top] = [away("left"), away("top")];
  return {
    x: window.x + left,
    y: window.y + top,
    width: window.width - left - away("right"),
    height: window.height - top - away("bottom"),
  };
}

/**
 * @param x share of the scan's width, from the left
 * @param y share of its height, from above
 */
export function isInside({ top, bottom, left, right }: PictureArea, x: number, y: number): boolean {
  return y >= along(top, x) && y <= along(bottom, x) && x >= along(left, y) && x <= along(right, y);
}

/** Where an edge is, at a share of the way from its first end to its last. */
export function along([first, last]: EdgeEnds, share: number): number {
  return first + (last - first) * share;
}
