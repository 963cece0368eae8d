// A whole training run, from pictures to a model file: what `ltbc train` does, and programs can.

import { join } from "node:path";
import type { Device } from "@let-there-be-color/core/graph";
import { objectiveOf } from "@let-there-be-color/core/objective";
import { createTrainableNetwork, type PhasePlan } from "@let-there-be-color/core/training";
import { UserError } from "@let-there-be-color/core/user-error";
import { env } from "onnxruntime-node";
import { writeFileDurably } from "../files/atomic-file.js";
import { isDiskFull } from "../files/output-file.js";
import { PACKAGE_VERSION } from "../package-version.js";
import { createRuntime } from "../runtime/onnx-runtime.js";
import type { Watch } from "../watch.js";
import { checkpointPath, type RejectedCheckpoint, readCheckpoint } from "./checkpoint.js";
import type { EndEvent, TrainingEvent } from "./events.js";
import type { RunChoices } from "./run/choices.js";
import { planOf, type RunConfiguration } from "./run/configuration.js";
import { RunData, type RunDatasets, type SkippedFiles } from "./run/data.js";
import { exportedModel } from "./run/model-export.js";
import { type PreparedRun, prepareRun } from "./run/prepare.js";
import { startingState } from "./run/starting-state.js";
import { unwritableRun } from "./run-folder.js";
import { train } from "./trainer.js";

/** Options of {@link trainOnPictures}; `data` or `resume` is needed, all others have defaults. */
export interface TrainOnPicturesOptions extends RunChoices {
  /** Where the network runs. Default "cpu". */
  readonly device?: Exclude<Device, "wasm"> | undefined;
  /** CPU threads of the network, 1 or more. Default: all cores. */
  readonly threads?: number | undefined;
  /** Threads that decode pictures, 1 to 256. Default: a quarter of the cores. */
  readonly workers?: number | undefined;
  /**
   * Memory for decoded pictures, which later epochs need not decode again, in bytes; 0 for none.
   * Default: a quarter of what is available, at most 4 GiB.
   */
  readonly cacheBytes?: number | undefined;
}

/** The pictures are being opened; with a large data set, that takes a moment. */
export interface OpeningEvent {
  readonly type: "opening";
}

/** Everything is chosen; training begins. */
export interface PreparedEvent {
  readonly type: "prepared";
  readonly runFolder: string;
  readonly configuration: RunConfiguration;
  readonly plan: readonly PhasePlan[];
  readonly datasets: RunDatasets;
  readonly device: Device;
  /** CPU threads of the network; 0 on another device. */
  readonly threads: number;
  readonly checkpointMinutes: number;
  /** The checkpoint that the run continues from; null for a new run. */
  readonly resumedFrom: { readonly path: string; readonly step: number } | null;
  /** Newer checkpoints that are damaged and therefore not used. */
  readonly rejected: readonly RejectedCheckpoint[];
}

export type TrainOnPicturesEvent = OpeningEvent | PreparedEvent | TrainingEvent;

type Tell = (event: TrainOnPicturesEvent) => void;

/** What a run has come to. */
export interface TrainedRun extends Omit<EndEvent, "type"> {
  readonly runFolder: string;
  readonly configuration: RunConfiguration;
  /** The best model of the run (the present one, if no epoch is finished), as an ONNX file. */
  readonly modelPath: string;
  /** Files that could not be used. */
  readonly skipped: SkippedFiles;
}

/**
 * Trains a colourisation network on pictures and writes the best model, checkpoints, journal and
 * curves into a run folder. docs/training.md explains the options.
 *
 * An abort during training stops it after the current step, with a checkpoint, and the call
 * resolves with the reason "interrupted"; `resume` continues. An abort before training begins
 * rejects with the signal's reason.
 *
 * @throws UserError if options are out of range or contradict each other, pictures are missing, the
 *   run folder is used, by another process, too, or takes no more (a full disk), there is nothing to
 *   resume, or training diverges
 *
 * @example
 * const { modelPath } = await trainOnPictures(
 *   { data: "photographs", preset: "compact", epochs: 4, runFolder: "runs/first" },
 *   { onProgress: (event) => event.type === "validation" && console.log(event.measures) },
 * );
 * const colorizer = await Colorizer.load({ model: modelPath });
 */
export async function trainOnPictures(
  options: TrainOnPicturesOptions,
  { signal, onProgress = () => {} }: Watch<TrainOnPicturesEvent> = {},
): Promise<TrainedRun> {
  signal?.throwIfAborted();
  onProgress({ type: "opening" });
  const run = await prepareRun(options);
  try {
    signal?.throwIfAborted();
    return await trainPrepared(run, options, { signal, onProgress });
  } catch (error) {
    throw concernsFolder(error, run.runFolder) ? unwritableRun(run.runFolder, error) : error;
  } finally {
    await run.lock.release();
  }
}

async function trainPrepared(
  run: PreparedRun,
  options: TrainOnPicturesOptions,
  { signal, onProgress }: Watch<TrainOnPicturesEvent> & { readonly onProgress: Tell },
): Promise<TrainedRun> {
  const { device = "cpu", threads, workers, cacheBytes, checkpointMinutes = 10 } = options;
  const { runFolder, configuration, datasets } = run;
  const plan = planOf(configuration, datasets.training.items.length);
  const runtime = await createRuntime({ device, ...(threads === undefined ? {} : { threads }) });
  const data = new RunData(datasets, configuration, { workers, cacheBytes });
  onProgress(preparedEvent(run, plan, { device, threads: runtime.threads, checkpointMinutes }));

  const { network, objective, optimizer, clipNorm, seed } = configuration;
  const { parameterGroups, movingAverage, augmentation, hints } = configuration;
  const events = train({
    runFolder,
    phases: plan,
    openData: (phase) => data.openPhase(phase),
    createNetwork: async (phase, state) => {
      const { crop, batchSize } = phase;
      const size = { batchSize, height: crop, width: crop };
      const choices = {
        ...{ network, objective, optimizer, clipNorm, seed },
        ...{ parameterGroups, movingAverage },
        ...(augmentation ? { augmentation } : {}),
        ...(hints === undefined ? {} : { hints }),
      };
      const start = state ?? (await startingState(runtime, configuration, run.given, phase, data));
      return createTrainableNetwork(runtime, { ...choices, ...size }, start);
    },
    learningRate: configuration.learningRate,
    objective: objectiveOf(objective, network),
    seed,
    patience: configuration.patience,
    checkpointMinutes,
    versions: versions(),
    configuration,
    ...(signal ? { signal } : {}),
    ...(options.maxMinutes === undefined ? {} : { maxMinutes: options.maxMinutes }),
    ...(run.resume ? { resume: run.resume } : {}),
  });
  let end: EndEvent | undefined;
  for await (const event of events) {
    onProgress(event);
    if (event.type === "end") end = event;
  }
  if (!end) throw new Error("Training ended without its last event");
  const modelPath = join(runFolder, "model.onnx");
  const best = await readCheckpoint(checkpointPath(runFolder, end.best?.step ?? end.step));
  await writeFileDurably(modelPath, exportedModel(best));
  const { type: _, ...result } = end;
  return { ...result, configuration, runFolder, modelPath, skipped: data.skipped };
}

/** Whether an error of the file system is one of the run folder. */
function concernsFolder(error: unknown, folder: string): boolean {
  if (error instanceof UserError) return false;
  const { syscall, path } = error as NodeJS.ErrnoException;
  return isDiskFull(error) || (syscall !== undefined && path?.startsWith(folder) === true);
}

function preparedEvent(
  { runFolder, configuration, datasets, resume, rejected }: PreparedRun,
  plan: readonly PhasePlan[],
  place: Pick<PreparedEvent, "device" | "threads" | "checkpointMinutes">,
): PreparedEvent {
  const resumedFrom = resume ? { path: resume.path, step: resume.progress.step } : null;
  const about = { runFolder, configuration, plan, datasets, resumedFrom, rejected };
  return { type: "prepared", ...about, ...place };
}

/** What the journal records of the software. */
function versions(): Record<string, string> {
  const onnxruntime = env.versions.node ?? env.versions.common;
  return { "let-there-be-color": PACKAGE_VERSION, node: process.versions.node, onnxruntime };
}
