// The training loop. Everything that decides what a step computes is a pure function of the
// checkpointed progress (position, step, seed) and state, so a resumed run repeats an unbroken one.

import { join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import {
  addMeasures,
  averages,
  nothingMeasured,
  trainingMeasures,
} from "@let-there-be-color/core/objective";
import {
  addStep,
  type Batch,
  globalEpoch,
  learningRateAt,
  noSteps,
  type PhasePlan,
  schedulePosition,
  settle,
  type TrainableNetwork,
  type TrainingPosition,
  totalEpochs,
} from "@let-there-be-color/core/training";
import type { UserError } from "@let-there-be-color/core/user-error";
import { makeFolder } from "../files/output-folder.js";
import {
  checkpointPath,
  discardCheckpointsAfter,
  saveCheckpoint,
  type TrainingProgress,
} from "./checkpoint.js";
import { writeCurves } from "./curves.js";
import { divergence, nonFiniteMeasure, nonFiniteTensor } from "./divergence.js";
import type { EndReason, TrainingEvent } from "./events.js";
import { Journal, readJournal } from "./journal.js";
import { checkPlanUnchanged } from "./resume.js";
import { refuseUsedFolder } from "./run-folder.js";
import { SpeedMeter } from "./speed-meter.js";
import type { PhaseData, TrainingOptions } from "./trainer-options.js";
import { nonFiniteSelection, validationOutcome } from "./validation.js";

/**
 * Trains, and yields what happens as it happens. Writes `journal.jsonl`, `curves.svg` and
 * checkpoints into the run folder. The last event is always `end`; leaving the loop early releases
 * the network but saves no checkpoint (use `signal` for that).
 *
 * The best model of a phase is the one whose selecting measure is best on the validation pictures. A
 * new phase starts a new comparison, because losses at different picture sizes differ.
 * @throws UserError if the folder is not empty, the resumed checkpoint belongs to another plan, a
 *   measure becomes NaN or infinite, or no validation picture counts for the one that selects.
 */
export async function* train(options: TrainingOptions): AsyncGenerator<TrainingEvent, void> {
  const { runFolder, resume } = options;
  const journalPath = join(runFolder, "journal.jsonl");
  let journal: Journal;
  if (resume) {
    checkPlanUnchanged(resume.progress, options.phases);
    await discardCheckpointsAfter(runFolder, resume.progress.step);
    journal = await Journal.resume(journalPath, resume.progress.journalLines);
  } else {
    await refuseUsedFolder(runFolder);
    await makeFolder(runFolder);
    journal = Journal.create(journalPath);
  }
  try {
    yield* new TrainingRun(options, journal, journalPath).events();
  } finally {
    journal.close();
  }
}

class TrainingRun {
  readonly #options: TrainingOptions;
  readonly #plan: readonly PhasePlan[];
  readonly #journal: Journal;
  readonly #journalPath: string;
  readonly #started = performance.now();
  readonly #speed: SpeedMeter;
  #progress: TrainingProgress;
  /** Whether the newest checkpoint holds exactly `#progress`. */
  #saved: boolean;
  #lastSave = performance.now();

  constructor(options: TrainingOptions, journal: Journal, journalPath: string) {
    this.#options = options;
    this.#plan = options.phases;
    this.#journal = journal;
    this.#journalPath = journalPath;
    this.#saved = options.resume !== undefined;
    this.#speed = new SpeedMeter(this.#plan);
    this.#progress = {
      ...(options.resume?.progress ?? {
        step: 0,
        position: { phase: 0, epoch: 0, batch: 0 },
        best: null,
        epochsWithoutImprovement: 0,
        epochTotals: noSteps,
        windowTotals: noSteps,
        journalLines: 0,
        validations: [],
        seconds: 0,
      }),
      plan: this.#plan,
      seed: options.seed,
      configuration: options.configuration ?? null,
    };
  }

  async *events(): AsyncGenerator<TrainingEvent, void> {
    const { resume } = this.#options;
    this.#writeOpening();
    const { step } = this.#progress;
    const { measures, selection } = this.#options.objective;
    yield {
      type: "start",
      plan: this.#plan,
      step,
      resumedFrom: resume?.path ?? null,
      objective: { measures, selection },
    };
    const reason = yield* this.#trainPhases();
    this.#journal.flush();
    yield {
      type: "end",
      reason,
      step: this.#progress.step,
      totalSteps: schedulePosition(this.#plan, this.#progress.position).totalSteps,
      best: this.#progress.best,
      validations: this.#progress.validations,
      checkpoint: checkpointPath(this.#options.runFolder, this.#progress.step),
      seconds: this.#seconds(),
    };
  }

  #writeOpening(): void {
    const { resume, versions = {}, configuration = null, seed } = this.#options;
    const time = new Date().toISOString();
    if (resume) {
      const { step } = resume.progress;
      this.#journal.append({ type: "resume", time, step, versions, configuration });
    } else {
      const plan = this.#plan;
      this.#journal.append({ type: "start", time, versions, seed, plan, configuration });
    }
  }

  async *#trainPhases(): AsyncGenerator<TrainingEvent, EndReason> {
    let state = this.#options.resume?.state;
    for (;;) {
      this.#advance({ position: settle(this.#plan, this.#progress.position) }, this.#saved);
      const phase = this.#plan[this.#progress.position.phase];
      if (!phase) return "finished";
      yield this.#phaseEvent(phase);
      const network = await this.#options.createNetwork(phase, state);
      try {
        const data = await this.#options.openData(phase);
        try {
          if (state === undefined) yield* this.#save(network);
          const stopped = yield* this.#trainPhase(phase, network, data);
          if (stopped) return stopped;
          state = await network.readState();
        } finally {
          await data.close();
        }
      } finally {
        await network.release();
      }
    }
  }

  /** Trains to the end of the phase, or returns why it stopped before. */
  async *#trainPhase(
    phase: PhasePlan,
    network: TrainableNetwork,
    data: PhaseData,
  ): AsyncGenerator<TrainingEvent, EndReason | null> {
    const { patience = 0 } = this.#options;
    while (this.#progress.position.epoch < phase.epochs) {
      let stop = this.#stopReason() ?? (yield* this.#trainEpoch(phase, network, data));
      if (!stop && !(yield* this.#validate(phase, network, data))) stop = "interrupted";
      if (stop) {
        if (!this.#saved) yield* this.#save(network);
        return stop;
      }
      const { best, epochsWithoutImprovement, position } = this.#progress;
      const outOfPatience = patience > 0 && epochsWithoutImprovement >= patience;
      const epoch = globalEpoch(this.#plan, position);
      if (outOfPatience) {
        this.#advance({ position: { phase: position.phase + 1, epoch: 0, batch: 0 } });
      }
      yield* this.#save(network);
      if (outOfPatience && best) {
        yield { type: "early-stop", phase: position.phase + 1, epoch, best };
        return null;
      }
    }
    return null;
  }

  async *#trainEpoch(
    phase: PhasePlan,
    network: TrainableNetwork,
    data: PhaseData,
  ): AsyncGenerator<TrainingEvent, EndReason | null> {
    const start = this.#progress.position;
    if (start.batch >= phase.batchesPerEpoch) return null;
    this.#speed.resume();
    for await (const batch of data.training(globalEpoch(this.#plan, start), start.batch)) {
      yield await this.#step(phase, network, batch);
      const { position } = this.#progress;
      this.#advance({ position: { ...position, batch: position.batch + 1 } });
      // ONNX Runtime computes on this thread: let signals and timers through.
      await nextTurn();
      if (position.batch + 1 === phase.batchesPerEpoch) return null;
      const stop = this.#stopReason();
      if (stop) return stop;
      const minutes = (performance.now() - this.#lastSave) / 60_000;
      if (minutes >= (this.#options.checkpointMinutes ?? 10)) {
        yield* this.#save(network);
        this.#speed.resume();
      }
    }
    throw new Error(`The training data ended before batch ${phase.batchesPerEpoch} of the epoch`);
  }

  async #step(phase: PhasePlan, network: TrainableNetwork, batch: Batch): Promise<TrainingEvent> {
    const { position, epochTotals, windowTotals } = this.#progress;
    const step = this.#progress.step + 1;
    const place = schedulePosition(this.#plan, position);
    const learningRate = learningRateAt(this.#options.learningRate, place);
    const result = await network.step(batch, learningRate, step);
    const measures = trainingMeasures(this.#options.objective);
    const means = averages(measures, result);
    const problem = nonFiniteMeasure(measures, means, result.gradientNorm);
    if (problem) throw this.#diverged(problem, step, position);
    this.#speed.record(batch.count, phase);
    const totals = {
      epoch: addStep(epochTotals, result),
      window: addStep(windowTotals, result),
    };
    this.#advance({ step, epochTotals: totals.epoch, windowTotals: totals.window });
    const lastOfEpoch = position.batch + 1 === phase.batchesPerEpoch;
    if (lastOfEpoch || totals.window.steps >= (this.#options.journalSteps ?? 20)) {
      this.#writeWindow(learningRate);
    }
    const next = { ...position, batch: position.batch + 1 };
    return {
      type: "step",
      measures: means,
      gradientNorm: result.gradientNorm,
      step,
      totalSteps: place.totalSteps,
      epoch: place.epoch + 1,
      epochs: totalEpochs(this.#plan),
      batch: next.batch,
      batchesPerEpoch: phase.batchesPerEpoch,
      learningRate,
      epochMeans: averages(measures, totals.epoch),
      imagesPerSecond: this.#speed.imagesPerSecond,
      secondsLeft: this.#speed.secondsLeft(next),
    };
  }

  #writeWindow(learningRate: number): void {
    const { step, position, windowTotals } = this.#progress;
    this.#journal.append({
      type: "steps",
      step,
      epoch: globalEpoch(this.#plan, position) + 1,
      phase: position.phase + 1,
      learningRate,
      measures: averages(trainingMeasures(this.#options.objective), windowTotals),
      gradientNorm: windowTotals.gradientNorm / windowTotals.steps,
      imagesPerSecond: Number(this.#speed.imagesPerSecond.toPrecision(4)),
    });
    this.#advance({ windowTotals: noSteps });
  }

  /** Ends an epoch. Returns false if the abort signal came: then it is still to be validated. */
  async *#validate(
    phase: PhasePlan,
    network: TrainableNetwork,
    data: PhaseData,
  ): AsyncGenerator<TrainingEvent, boolean> {
    const { objective } = this.#options;
    let sums = nothingMeasured;
    for await (const batch of data.validation()) {
      if (this.#options.signal?.aborted) return false;
      sums = addMeasures(sums, await network.evaluate(batch));
      await nextTurn();
    }
    const { step, position } = this.#progress;
    const problem = nonFiniteSelection(objective, sums);
    if (problem) {
      const last = { ...position, batch: position.batch - 1 };
      throw this.#diverged(`validation ${problem}`, step, last);
    }
    const { record, best } = validationOutcome(objective, sums, this.#progress, phase.crop);
    this.#journal.append(record);
    this.#advance({
      position: { ...position, epoch: position.epoch + 1, batch: 0 },
      best,
      epochsWithoutImprovement: record.improved ? 0 : this.#progress.epochsWithoutImprovement + 1,
      epochTotals: noSteps,
      validations: [...this.#progress.validations, record],
    });
    await writeCurves(
      join(this.#options.runFolder, "curves.svg"),
      await readJournal(this.#journalPath),
      objective,
    );
    yield { ...record, epochs: totalEpochs(this.#plan), best };
    return true;
  }

  async *#save(network: TrainableNetwork): AsyncGenerator<TrainingEvent, void> {
    const { runFolder, keepCheckpoints = 2 } = this.#options;
    const state = await network.readState();
    const { step, position } = this.#progress;
    const problem = nonFiniteTensor(state);
    if (problem) throw this.#diverged(problem, step, position);
    this.#journal.flush();
    const progress = {
      ...this.#progress,
      journalLines: this.#journal.lines,
      seconds: this.#seconds(),
    };
    const path = await saveCheckpoint(runFolder, progress, state, keepCheckpoints);
    this.#saved = true;
    this.#lastSave = performance.now();
    yield { type: "checkpoint", step, path };
  }

  #advance(change: Partial<TrainingProgress>, saved = false): void {
    this.#progress = { ...this.#progress, ...change };
    this.#saved = saved;
  }

  #stopReason(): EndReason | null {
    const { signal, maxMinutes = Number.POSITIVE_INFINITY } = this.#options;
    if (signal?.aborted) return "interrupted";
    return performance.now() - this.#started >= maxMinutes * 60_000 ? "time" : null;
  }

  #seconds(): number {
    const before = this.#options.resume?.progress.seconds ?? 0;
    return before + (performance.now() - this.#started) / 1000;
  }

  #diverged(problem: string, step: number, position: TrainingPosition): UserError {
    const { learningRate, runFolder } = this.#options;
    const rate = learningRateAt(learningRate, schedulePosition(this.#plan, position));
    return divergence(problem, { step, rate, base: learningRate.base, runFolder });
  }

  #phaseEvent(phase: PhasePlan): TrainingEvent {
    const { position } = this.#progress;
    return { type: "phase", phase: position.phase + 1, phases: this.#plan.length, ...phase };
  }
}
