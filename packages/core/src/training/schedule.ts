// Learning rates as pure functions of the position in the run, so that a resumed run needs no
// state to continue exactly.

/** What happens to the learning rate after the warm-up. */
export type Decay =
  | { readonly type: "constant" }
  /** Half a cosine period from the base rate to zero (Loshchilov & Hutter 2017, one cycle). */
  | { readonly type: "cosine" }
  /** Multiplied by `factor` (0..1) after every `everyEpochs` epochs (1 or more). */
  | { readonly type: "step"; readonly everyEpochs: number; readonly factor: number };

export interface LearningRateSchedule {
  /** Rate after the warm-up, before any decay. */
  readonly base: number;
  /** Steps over which the rate rises linearly from `base / warmupSteps` to `base`; 0 for none. */
  readonly warmupSteps: number;
  readonly decay: Decay;
}

/** Where in the planned run a step stands. All counts start from 0. */
export interface SchedulePosition {
  readonly step: number;
  readonly totalSteps: number;
  readonly epoch: number;
}

/** The learning rate of one step. */
export function learningRateAt(schedule: LearningRateSchedule, position: SchedulePosition): number {
  const { base, warmupSteps, decay } = schedule;
  const { step, totalSteps, epoch } = position;
  if (step < warmupSteps) return (base * (step + 1)) / warmupSteps;
  switch (decay.type) {
    case "constant":
      return base;
    case "cosine": {
      const progress = (step - warmupSteps) / Math.max(1, totalSteps - warmupSteps);
      return (base * (1 + Math.cos(Math.PI * Math.min(1, progress)))) / 2;
    }
    case "step":
      return base * decay.factor ** Math.floor(epoch / decay.everyEpochs);
  }
}

/** A schedule in words, such as `0.001, warm-up 200 steps, cosine`. */
export function describeSchedule({ base, warmupSteps, decay }: LearningRateSchedule): string {
  const warmup = warmupSteps > 0 ? `warm-up ${warmupSteps} steps, then ` : "";
  const rest =
    decay.type === "step"
      ? `times ${decay.factor} every ${decay.everyEpochs} epochs`
      : decay.type === "cosine"
        ? "cosine to 0"
        : "constant";
  return `${base}, ${warmup}${rest}`;
}
