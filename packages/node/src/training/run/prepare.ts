import { join, resolve } from "node:path";
import { networkPreset, type ParameterValues } from "@let-there-be-color/core/network";
import { UserError } from "@let-there-be-color/core/user-error";
import { fingerprintDataset } from "../../dataset/index.js";
import type { FolderLock } from "../../files/folder-lock.js";
import type { Checkpoint, RejectedCheckpoint } from "../checkpoint.js";
import { recordedConfiguration } from "../earlier-formats.js";
import { lockRunFolder, openCheckpoint, refuseUsedFolder, runFolderOf } from "../run-folder.js";
import { checkChoices, type RunChoices } from "./choices.js";
import {
  type DataLocation,
  newConfiguration,
  type RunConfiguration,
  resumedConfiguration,
} from "./configuration.js";
import { openRunDatasets, type RunDatasets } from "./data.js";
import { readEncoderWeights } from "./encoder-weights.js";
import { checkNetworkOptions } from "./network-file.js";

/** A run ready to start or continue. */
export interface PreparedRun {
  readonly runFolder: string;
  readonly configuration: RunConfiguration;
  readonly datasets: RunDatasets;
  /** Where the run continues. */
  readonly resume?: Checkpoint;
  /** Values that a new run's parameters start from in place of those from the seed. */
  readonly given: ParameterValues;
  /** Newer checkpoints that are damaged and therefore not used. */
  readonly rejected: readonly RejectedCheckpoint[];
  /** Of the run folder; to be released when the run ends. */
  readonly lock: FolderLock;
}

/**
 * Opens the pictures of a new or a resumed run and completes its configuration.
 * @throws UserError if options contradict each other, pictures are missing or not the recorded
 *   ones, the folder of a new run is used, there is no usable checkpoint to resume, or another
 *   process trains in the folder
 */
export async function prepareRun(choices: RunChoices): Promise<PreparedRun> {
  const sources = listed(choices.data);
  const validation = listed(choices.validation);
  checkChoices(choices, sources, validation);
  const { resume } = choices;
  if (resume === undefined) {
    const run = await prepareNewRun(sources, validation, choices);
    return { ...run, lock: await lockRunFolder(run.runFolder) };
  }
  // Before the checkpoint is looked for: another process may be writing it.
  const lock = await lockRunFolder(await runFolderOf(resume));
  try {
    return { ...(await prepareResumedRun(resume, sources, validation, choices)), lock };
  } catch (error) {
    await lock.release();
    throw error;
  }
}

async function prepareNewRun(
  sources: readonly string[],
  validation: readonly string[],
  choices: RunChoices,
): Promise<Omit<PreparedRun, "lock">> {
  const { preset = "compact", seed = 0, classes, network } = choices;
  if (network) checkNetworkOptions(network, preset, "`network`");
  const runFolder = choices.runFolder ?? join("runs", `${preset}-${timestamp()}`);
  await refuseUsedFolder(runFolder);
  const location: DataLocation = {
    sources,
    unlabelled: choices.unlabelled ?? [],
    validation,
    validationFraction: choices.validationFraction ?? 0.05,
    list: choices.list ?? null,
    validationList: choices.validationList ?? null,
    categories: choices.categories ?? null,
  };
  const encoder =
    choices.encoderWeights === undefined
      ? undefined
      : await readEncoderWeights(choices.encoderWeights, networkPreset(preset, network));
  const datasets = await openRunDatasets(location, seed, classes);
  const found = {
    classes: datasets.training.classes,
    fingerprints: fingerprintsOf(datasets),
    pictures: datasets.training.items.length,
  };
  const configuration = newConfiguration(choices, absolute(location), found, encoder);
  return { runFolder, configuration, datasets, given: encoder?.values ?? new Map(), rejected: [] };
}

async function prepareResumedRun(
  path: string,
  sources: readonly string[],
  validation: readonly string[],
  choices: RunChoices,
): Promise<Omit<PreparedRun, "lock">> {
  const { checkpoint, runFolder, rejected } = await openCheckpoint(path);
  const recorded = recordedConfiguration(checkpoint.progress);
  if (!recorded) {
    throw new UserError(
      "checkpoint-invalid",
      `${checkpoint.path} was not written by a training run on pictures: it has no configuration to resume with.`,
    );
  }
  // Pictures may have moved; the fingerprints tell whether they are the same.
  const { unlabelled, list, validationList, categories } = choices;
  const location: DataLocation = {
    ...recorded.data,
    ...(sources.length > 0 ? { sources, list: null } : {}),
    ...(validation.length > 0 ? { validation, validationList: null } : {}),
    ...(unlabelled ? { unlabelled } : {}),
    ...(list ? { list } : {}),
    ...(validationList ? { validationList } : {}),
    ...(categories ? { categories } : {}),
  };
  const classes = recorded.classes.length > 0 ? recorded.classes : undefined;
  const datasets = await openRunDatasets(location, recorded.seed, classes);
  const { training, validation: validationPrint } = fingerprintsOf(datasets);
  const { fingerprints } = recorded;
  if (training !== fingerprints.training || validationPrint !== fingerprints.validation) {
    throw new UserError(
      "data-invalid",
      "The data set is not the one the run was started with (other files or classes). " +
        "Give the original pictures, or start a new run.",
    );
  }
  const configuration = {
    ...resumedConfiguration(recorded, choices),
    data: absolute(location),
  };
  return { runFolder, configuration, datasets, resume: checkpoint, given: new Map(), rejected };
}

function listed(paths: string | readonly string[] | undefined): readonly string[] {
  return typeof paths === "string" ? [paths] : (paths ?? []);
}

function fingerprintsOf({ training, validation }: RunDatasets): RunConfiguration["fingerprints"] {
  return {
    training: fingerprintDataset(training),
    validation: fingerprintDataset(validation),
  };
}

function absolute(location: DataLocation): DataLocation {
  const file = (path: string | null) => (path === null ? null : resolve(path));
  return {
    ...location,
    sources: location.sources.map((path) => resolve(path)),
    unlabelled: location.unlabelled.map((path) => resolve(path)),
    validation: location.validation.map((path) => resolve(path)),
    list: file(location.list),
    validationList: file(location.validationList),
    categories: file(location.categories),
  };
}

/** Local time as `20260131-174502`. */
function timestamp(): string {
  const now = new Date();
  const pad = (value: number) => String(value).padStart(2, "0");
  const day = `${now.getFullYear()}${pad(now.getMonth() + 1)}${pad(now.getDate())}`;
  return `${day}-${pad(now.getHours())}${pad(now.getMinutes())}${pad(now.getSeconds())}`;
}
