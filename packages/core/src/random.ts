// Counter-based random numbers: every value is a pure function of a seed and the counters that
// name it (epoch, picture, purpose). Nothing has to be stored to resume a run exactly, and
// parallel workers draw the same numbers as a single one.

/**
 * Hashes a seed and counters (any 32-bit integers) to an unsigned 32-bit integer. The mixing step
 * is the finaliser of MurmurHash3 (Appleby, public domain), applied after each word. It keeps 0, so
 * that seed 0 with counters a, b draws like seed a with counter b: seed with anything else where
 * both could meet.
 */
export function randomUint32(seed: number, ...counters: readonly number[]): number {
  let hash = mix(seed | 0);
  for (const counter of counters) hash = next(hash, counter);
  return hash >>> 0;
}

/** Uniform in [0, 1), from {@link randomUint32}. */
export function randomUniform(seed: number, ...counters: readonly number[]): number {
  return randomUint32(seed, ...counters) / 4294967296;
}

/**
 * `randomUniform(seed, ...counters, 0)` and what follows, one for each element: the same numbers,
 * several times as fast.
 */
export function randomUniforms(
  length: number,
  seed: number,
  ...counters: readonly number[]
): Float32Array {
  const numbers = new Float32Array(length);
  let prefix = mix(seed | 0);
  for (const counter of counters) prefix = next(prefix, counter);
  for (let element = 0; element < length; element++) {
    numbers[element] = (next(prefix, element) >>> 0) / 4294967296;
  }
  return numbers;
}

/** Standard normal number by the Box-Muller transform. */
export function randomNormal(seed: number, ...counters: readonly number[]): number {
  const radius = Math.sqrt(-2 * Math.log(1 - randomUniform(seed, ...counters, 1)));
  return radius * Math.cos(2 * Math.PI * randomUniform(seed, ...counters, 2));
}

/** A permutation of 0..length-1 (Fisher-Yates), the same for the same seed and counters. */
export function randomPermutation(
  length: number,
  seed: number,
  ...counters: readonly number[]
): Uint32Array {
  const order = Uint32Array.from({ length }, (_, index) => index);
  for (let last = length - 1; last > 0; last--) {
    const other = Math.floor(randomUniform(seed, ...counters, last) * (last + 1));
    const held = order[last]!;
    order[last] = order[other]!;
    order[other] = held;
  }
  return order;
}

function next(hash: number, counter: number): number {
  return mix(Math.imul(hash, 0x9e3779b1) ^ (counter | 0));
}

function mix(word: number): number {
  let hash = word ^ (word >>> 16);
  hash = Math.imul(hash, 0x85ebca6b);
  hash ^= hash >>> 13;
  hash = Math.imul(hash, 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) | 0;
}
