// New pictures in folders that are watched: they are looked for by walking again and again, since file
// systems of networks tell of no changes. A picture is complete when it has not changed for a while.

import type { Job, Refused } from "./plan.js";

/** How long a file must not have changed, ms. */
export const SETTLED = 2000;
/** Shortest time between two walks, ms; a longer one where walks take long. */
const SHORTEST_PAUSE = 1000;
/** Share of the time that may be spent walking. */
const MOST_WALKING = 0.1;

/** What is known of pictures from one walk to the next. */
export class Arrivals {
  readonly #now: () => number;
  /** State of each picture that is not done, and since when it has been so. */
  #seen = new Map<string, { state: string; since: number }>();
  /** State in which a picture was tried, with or without success. */
  readonly #tried = new Map<string, string>();
  readonly #told = new Set<string>();

  /** @param now milliseconds since 1970 */
  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  /** Those of the planned pictures that are complete and have not been tried as they are now. */
  complete(jobs: readonly Job[]): Job[] {
    const now = this.#now();
    const seen = new Map<string, { state: string; since: number }>();
    const complete = jobs.filter((job) => {
      const { input, file } = job;
      if (!file) return !this.#tried.has(input) && this.#tried.set(input, "");
      const state = `${file.size} ${file.modified} ${file.identity}`;
      if (this.#tried.get(input) === state) return false;
      const before = this.#seen.get(input);
      const since = before?.state === state ? before.since : now;
      seen.set(input, { state, since });
      const isOld = now - file.modified > 5 * SETTLED && file.modified <= now;
      if (!isOld && now - since < SETTLED) return false;
      this.#tried.set(input, state);
      return true;
    });
    this.#seen = seen;
    return complete;
  }

  /** Those of the inputs that cannot be done that have not been told of. */
  untold(refused: readonly Refused[]): Refused[] {
    return refused.filter(({ input, error }) => {
      const key = `${input}\n${error}`;
      return !this.#told.has(key) && this.#told.add(key);
    });
  }

  /** How long to wait after a walk that took so long, ms. */
  static pauseAfter(walking: number): number {
    return Math.max(SHORTEST_PAUSE, walking / MOST_WALKING);
  }
}
