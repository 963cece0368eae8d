// JPEG files whose end is missing: whether everything in front of it is there. A decoder alone cannot
// tell, since a progressive picture of which only the coarse scans are left decodes without complaint.

/** Markers, ITU-T T.81 table B.1. */
const END_OF_IMAGE = 0xd9;
const START_OF_SCAN = 0xda;
const NUMBER_OF_LINES = 0xdc;
const COEFFICIENTS = 64;

interface Frame {
  readonly isProgressive: boolean;
  /** Of each component, by its identifier: the bits that are missing of each coefficient. */
  readonly missingBits: ReadonlyMap<number, Uint8Array>;
}

/** More bits than a coefficient has: nothing is known of it. */
const UNSEEN = 255;

/**
 * A copy with the missing end marker, if scans of all components down to their last bits have begun;
 * whether the last of them is whole, decoding it tells.
 *
 * @returns undefined if there is an end marker, or scans are missing
 */
export function withJpegEnd(file: Uint8Array): Uint8Array | undefined {
  const { hasEnd, frame } = walk(file);
  if (hasEnd || !frame) return undefined;
  for (const bits of frame.missingBits.values())
    if (bits.some((count) => count > 0)) return undefined;
  const copy = new Uint8Array(file.length + 2);
  copy.set(file);
  copy.set([0xff, END_OF_IMAGE], file.length);
  return copy;
}

function walk(file: Uint8Array): { hasEnd: boolean; frame: Frame | undefined } {
  let frame: Frame | undefined;
  for (let at = 2; at + 1 < file.length; ) {
    if (file[at] !== 0xff) {
      at++; // bytes between segments, which decoders skip, too
      continue;
    }
    const marker = file[at + 1]!;
    if (marker === END_OF_IMAGE) return { hasEnd: true, frame };
    const isBare = marker === 0xff || marker === 0 || (marker >= 0xd0 && marker <= 0xd8);
    if (isBare) {
      at += marker === 0xff ? 1 : 2;
      continue;
    }
    if (at + 4 > file.length) break;
    const end = at + 2 + file[at + 2]! * 256 + file[at + 3]!;
    if (end > file.length) break;
    const segment = file.subarray(at + 4, end);
    if (isStartOfFrame(marker)) frame = readFrame(marker, segment);
    if (marker === START_OF_SCAN && frame) noteScan(frame, segment);
    at = marker === START_OF_SCAN ? endOfScan(file, end) : end;
  }
  return { hasEnd: false, frame };
}

function isStartOfFrame(marker: number): boolean {
  // Between the frames' markers lie those of Huffman tables, extensions and arithmetic conditioning.
  return marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
}

function readFrame(marker: number, segment: Uint8Array): Frame {
  const missingBits = new Map<number, Uint8Array>();
  for (let i = 0; i < segment[5]!; i++) {
    missingBits.set(segment[6 + 3 * i]!, new Uint8Array(COEFFICIENTS).fill(UNSEEN));
  }
  return { isProgressive: (marker & 3) === 2, missingBits };
}

/** Scan header, T.81 B.2.3: components, spectral selection, successive approximation. */
function noteScan({ isProgressive, missingBits }: Frame, segment: Uint8Array): void {
  const count = segment[0]!;
  const [first, last, approximation] = segment.subarray(1 + 2 * count);
  for (let i = 0; i < count; i++) {
    const bits = missingBits.get(segment[1 + 2 * i]!);
    if (!isProgressive) bits?.fill(0);
    else bits?.fill(approximation! & 15, first, last! + 1);
  }
}

/** Where the next marker is that does not belong to the compressed data. */
function endOfScan(file: Uint8Array, from: number): number {
  for (let at = from; at + 1 < file.length; at++) {
    if (file[at] !== 0xff) continue;
    const next = file[at + 1]!;
    const isData = next === 0 || (next >= 0xd0 && next <= 0xd7) || next === 0xff;
    if (!isData && next !== NUMBER_OF_LINES) return at;
  }
  return file.length;
}
