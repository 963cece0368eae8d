// One composition shared by several threads: every thread takes the next band of rows until none
// is left, so none waits for a slower one.

import type { ChromaPlanes, GrayPicture } from "@let-there-be-color/core/color";
import { BandComposer } from "@let-there-be-color/core/colorize";
import type { PictureArea } from "@let-there-be-color/core/old-photographs";

/** What the threads share. All large arrays lie in shared memory. */
export interface Composition {
  readonly picture: GrayPicture;
  readonly chroma: ChromaPlanes;
  readonly alpha?: Uint8Array | Uint16Array;
  /** Where the photograph lies, if it has borders, which stay neutral. */
  readonly area?: PictureArea;
  /** The result: `[height, width, 3]`, or `[height, width, 4]` with an alpha. */
  readonly pixels: Uint8Array | Uint16Array;
  /** Number of bands taken, number of bands done. */
  readonly progress: Int32Array;
}

const TAKEN = 0;
const DONE = 1;
const BAND_PIXELS = 131_072;

function rowsPerBand({ picture }: Composition): number {
  return Math.max(1, Math.floor(BAND_PIXELS / picture.width));
}

/** Takes part in a composition until no band is left to take. */
export function composeBands(composition: Composition): void {
  const { picture, chroma, pixels, progress, ...options } = composition;
  const rows = rowsPerBand(composition);
  let composer: BandComposer | undefined;
  for (;;) {
    const firstRow = Atomics.add(progress, TAKEN, 1) * rows;
    if (firstRow >= picture.height) return;
    composer ??= new BandComposer(picture, chroma, options, pixels);
    composer.compose(firstRow, Math.min(rows, picture.height - firstRow));
    Atomics.add(progress, DONE, 1);
  }
}

/** Whether every band is done, by whatever thread. */
export function isComposed(composition: Composition): boolean {
  const bands = Math.ceil(composition.picture.height / rowsPerBand(composition));
  return Atomics.load(composition.progress, DONE) === bands;
}
