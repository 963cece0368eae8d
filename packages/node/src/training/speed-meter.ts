import {
  type PhasePlan,
  pixelsPerStep,
  remainingPixels,
  type TrainingPosition,
} from "@let-there-be-color/core/training";

/** Measures this process's speed. */
export class SpeedMeter {
  readonly #plan: readonly PhasePlan[];
  readonly #recent: { pictures: number; seconds: number }[] = [];
  #lastMark = performance.now();
  #firstMark: number | null = null;
  #pixels = 0;

  constructor(plan: readonly PhasePlan[]) {
    this.#plan = plan;
  }

  /** The next step starts now: what went before (validation, saving) is not its time. */
  resume(): void {
    this.#lastMark = performance.now();
  }

  /** A step over so many pictures has just ended. */
  record(pictures: number, phase: PhasePlan): void {
    const now = performance.now();
    this.#recent.push({ pictures, seconds: (now - this.#lastMark) / 1000 });
    if (this.#recent.length > 20) this.#recent.shift();
    this.#lastMark = now;
    // The first step also pays for memory allocation and an empty batch queue.
    if (this.#firstMark === null) this.#firstMark = now;
    else this.#pixels += pixelsPerStep(phase);
  }

  /** Pictures per second of training over the last 20 steps. */
  get imagesPerSecond(): number {
    let pictures = 0;
    let seconds = 0;
    for (const step of this.#recent) {
      pictures += step.pictures;
      seconds += step.seconds;
    }
    return seconds > 0 ? pictures / seconds : 0;
  }

  /**
   * Time until the end of the plan, from this process's overall speed (validation and saving
   * included) on the assumption that time goes with pixels; null before the second step.
   */
  secondsLeft(position: TrainingPosition): number | null {
    if (this.#firstMark === null || this.#pixels === 0) return null;
    const seconds = (performance.now() - this.#firstMark) / 1000;
    return (remainingPixels(this.#plan, position) * seconds) / this.#pixels;
  }
}
