// Read-outs: how colours are taken from a network's distributions. Plain numbers, stored in model
// files, so that one network gives faithful, natural and vivid colours.

import { UserError } from "../../user-error.js";

/** Names of the read-outs that a model offers. */
export const READ_OUT_NAMES = ["faithful", "natural", "vivid"] as const;

export type ReadOutName = (typeof READ_OUT_NAMES)[number];

/**
 * How one colour is made of a distribution over bins: the mean of
 * p ~ exp((logit - prior * w * log share) / temperature) over the centres of the bins.
 */
export interface ReadOut {
  /** How much of the leaning towards common colours is taken back: 0 none .. 1 all of it. */
  readonly prior: number;
  /**
   * Where the network is unsure, taking the prior back paints patches. w falls from 1 at a
   * normalised entropy of `from` to 0 at `to`, of the entropy averaged over 5 x 5 positions. null: w
   * is 1 everywhere.
   */
  readonly fade: EntropyRange | null;
  /** Below 1 the mean moves to the most probable colours, above 1 to grey. */
  readonly temperature: number;
  /** Factor of a* and b*. */
  readonly saturation: number;
  /**
   * Smoothing within regions of one lightness, after the mean; null for none. The mean is linear, so
   * this is the same as smoothing the distributions.
   */
  readonly smoothing: Smoothing | null;
}

/** Normalised entropies 0..1 between which something changes linearly. */
export interface EntropyRange {
  readonly from: number;
  readonly to: number;
}

/**
 * Unsure positions take the colours around them, those of sure ones above all; differences of
 * lightness keep them apart. Its strength rises from 0 at the entropy `from` to 1 at `to`.
 */
export interface Smoothing extends EntropyRange {
  /** Standard deviation where the lightness is flat, as a share 0..1 of the longer side. */
  readonly reach: number;
  /** Difference of lightness, in L*, that counts as much as `reach`. */
  readonly lightness: number;
}

export type ReadOuts = Readonly<Record<ReadOutName, ReadOut>>;

/** What a model starts with, before its own are chosen on validation pictures. */
export const DEFAULT_READ_OUTS: ReadOuts = {
  faithful: { prior: 0, fade: null, temperature: 0.6, saturation: 1, smoothing: null },
  natural: {
    prior: 0.7,
    fade: { from: 0.2, to: 0.7 },
    temperature: 0.38,
    saturation: 1,
    smoothing: null,
  },
  vivid: { prior: 0.5, fade: null, temperature: 0.38, saturation: 1.1, smoothing: null },
};

/**
 * Checks read-outs from a model file or another.
 *
 * @param value {@link ReadOut}s by {@link ReadOutName}; their `fade` and `smoothing` may be absent
 * @throws UserError if one is missing, or a number missing or out of range
 */
export function checkReadOuts(value: unknown): ReadOuts {
  const all = objectAt(value, "the read-outs");
  const known = new Set<string>(READ_OUT_NAMES);
  const unknown = Object.keys(all).find((name) => !known.has(name));
  if (unknown !== undefined) throw malformed(READ_OUT_NAMES.join(", "), unknown);
  const [faithful, natural, vivid] = READ_OUT_NAMES.map((name) => readOutAt(all[name], name));
  return { faithful: faithful!, natural: natural!, vivid: vivid! };
}

function readOutAt(value: unknown, name: string): ReadOut {
  const fields = objectAt(value, name);
  const at = (field: string) => `${name}.${field}`;
  const { fade = null, smoothing = null } = fields;
  return {
    prior: numberAt(fields.prior, at("prior"), 0, 2),
    fade: fade === null ? null : rangeAt(fade, at("fade")),
    temperature: numberAt(fields.temperature, at("temperature"), 0.05, 10),
    saturation: numberAt(fields.saturation, at("saturation"), 0, 10),
    smoothing: smoothing === null ? null : smoothingAt(smoothing, at("smoothing")),
  };
}

function smoothingAt(value: unknown, name: string): Smoothing {
  const { reach, lightness } = objectAt(value, name);
  return {
    ...rangeAt(value, name),
    reach: numberAt(reach, `${name}.reach`, 0.001, 1),
    lightness: numberAt(lightness, `${name}.lightness`, 0.1, 1000),
  };
}

function rangeAt(value: unknown, name: string): EntropyRange {
  const fields = objectAt(value, name);
  const from = numberAt(fields.from, `${name}.from`, 0, 1);
  const to = numberAt(fields.to, `${name}.to`, 0, 1);
  if (from >= to) throw malformed(`${name}.from below ${name}.to`, `${from} and ${to}`);
  return { from, to };
}

function numberAt(value: unknown, name: string, low: number, high: number): number {
  if (typeof value === "number" && value >= low && value <= high) return value;
  throw malformed(
    `a number from ${low} to ${high} for ${name}`,
    JSON.stringify(value) ?? "nothing",
  );
}

function objectAt(value: unknown, name: string): Record<string, unknown> {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    return value as Record<string, unknown>;
  }
  throw malformed(`an object for ${name}`, JSON.stringify(value) ?? "nothing");
}

function malformed(expected: string, found: string): UserError {
  return new UserError(
    "option-invalid",
    `Expected ${expected} in the read-outs but found ${found.slice(0, 60)}; correct their file, or export the model again`,
  );
}
