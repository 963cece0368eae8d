// The "sepia effect": a network that cannot tell what it sees paints everything in one brownish
// tone, the safest guess under a squared error.

import { meanChroma } from "../color/chroma.js";

/** Hue angle of sepia in CIELAB, degrees: between the brown of leather and the ochre of sand. */
export const SEPIA_HUE = 65;

const COS = Math.cos((SEPIA_HUE * Math.PI) / 180);
const SIN = Math.sin((SEPIA_HUE * Math.PI) / 180);
/** Mean chroma, CIELAB units, below which a picture is nearly grey and has no tone to speak of. */
const NEARLY_GREY = 2;

/**
 * How far the colours of a picture point in the one direction of sepia: the mean of (a*, b*)
 * projected on the hue of sepia, over the mean chroma (but at least 2 units, so that a nearly grey
 * picture has no strong tone).
 *
 * @param ab CIELAB units: `[2, pixelCount]`
 * @returns 1 if every pixel is sepia; 0 for grey, for cold pictures, and where hues balance
 */
export function sepiaTone(ab: Float32Array): number {
  return Math.max(0, meanAlongSepia(ab)) / Math.max(meanChroma(ab), NEARLY_GREY);
}

function meanAlongSepia(ab: Float32Array): number {
  const count = ab.length / 2;
  let sum = 0;
  for (let i = 0; i < count; i++) sum += ab[i]! * COS + ab[count + i]! * SIN;
  return sum / count;
}

/**
 * Sepia index of a prediction: its {@link sepiaTone} beyond that of the truth. A brown picture of a
 * brown scene is no collapse.
 *
 * @param predicted CIELAB units: `[2, pixelCount]`
 * @param trueTone {@link sepiaTone} of the truth
 * @returns 0 (none) .. 1 (all sepia, of a truth without any)
 */
export function sepiaIndex(predicted: Float32Array, trueTone: number): number {
  return Math.max(0, sepiaTone(predicted) - trueTone);
}
