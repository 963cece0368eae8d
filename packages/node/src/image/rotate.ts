// Scans that lie on their side: a decoded picture, turned by right angles.

import { quarterTurnedMetadata } from "@let-there-be-color/core/metadata";
import { UserError } from "@let-there-be-color/core/user-error";
import type { DecodedPhoto } from "./decode.js";
import type { SharedMemory } from "./shared-memory.js";

/** Degrees clockwise. */
export type Rotation = 0 | 90 | 180 | 270;

/** @throws UserError if the angle is none of 0, 90, 180 and 270 degrees */
export function assertRotation(degrees: number): asserts degrees is Rotation {
  if ([0, 90, 180, 270].includes(degrees)) return;
  throw new UserError(
    "option-invalid",
    `Expected to \`rotate\` by 90, 180 or 270 degrees but received ${degrees}.`,
  );
}

/**
 * The picture turned clockwise. What it says about itself stays but for the
 * resolution: its orientation is upright already.
 *
 * @param memory where the turned planes come from and the old ones go to
 */
export function rotatedPhoto(
  photo: DecodedPhoto,
  degrees: Rotation,
  memory: SharedMemory,
): DecodedPhoto {
  if (degrees === 0) return photo;
  const { gray, alpha } = photo;
  const { width, height } = gray;
  const turned = <Plane extends Uint8Array | Uint16Array>(plane: Plane): Plane => {
    const target = planeLike(plane, memory);
    turn(plane, width, height, degrees, target);
    memory.give(plane);
    return target;
  };
  const { metadata } = photo;
  const size = degrees === 180 ? { width, height } : { width: height, height: width };
  return {
    ...photo,
    metadata: degrees === 180 ? metadata : quarterTurnedMetadata(metadata),
    gray: { ...gray, ...size, codes: turned(gray.codes) },
    ...(alpha ? { alpha: turned(alpha) } : {}),
  };
}

function planeLike<Plane extends Uint8Array | Uint16Array>(
  plane: Plane,
  memory: SharedMemory,
): Plane {
  const piece = memory.take(plane.byteLength);
  const { length } = plane;
  const target =
    plane instanceof Uint16Array
      ? new Uint16Array(piece, 0, length)
      : new Uint8Array(piece, 0, length);
  return target as Plane;
}

/** Rows at a time: what is written side by side then lies in the cache. */
const BAND = 32;

function turn(
  source: Uint8Array | Uint16Array,
  width: number,
  height: number,
  degrees: 90 | 180 | 270,
  target: Uint8Array | Uint16Array,
): void {
  if (degrees === 180) {
    for (let i = 0, end = source.length - 1; i <= end; i++) target[end - i] = source[i]!;
    return;
  }
  // Where pixel (x, y) goes: start + x * acrossStep + y * downStep.
  const [start, acrossStep, downStep] =
    degrees === 90 ? [height - 1, height, -1] : [(width - 1) * height, -height, 1];
  for (let top = 0; top < height; top += BAND) {
    const bottom = Math.min(top + BAND, height);
    for (let x = 0; x < width; x++) {
      const column = start + x * acrossStep;
      for (let y = top; y < bottom; y++) target[column + y * downStep] = source[y * width + x]!;
    }
  }
}
