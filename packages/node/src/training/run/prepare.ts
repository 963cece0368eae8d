import { basename, join, resolve } from "node:path";
import { networkPreset, type ParameterValues } from "@let-there-be-color/core/network";
import { UserError } from "@let-there-be-color/core/user-error";
import { fingerprintDataset, readClassList } from "../../dataset/index.js";
import type { Checkpoint } from "../checkpoint.js";
import { recordedConfiguration } from "../earlier-formats.js";
import { openCheckpoint, refuseUsedFolder } from "../run-folder.js";
import {
  type DataLocation,
  newConfiguration,
  type RunConfiguration,
  resumedConfiguration,
  type TrainingChoices,
} from "./configuration.js";
import { openRunDatasets, type RunDatasets } from "./data.js";
import { readEncoderWeights } from "./encoder-weights.js";
import { readNetworkFile } from "./network-file.js";

/** Options of `ltbc train` that decide what is computed from which pictures; paths as given. */
export interface RunOptions extends Omit<TrainingChoices, "network"> {
  /** Path of a file for `readNetworkFile`. */
  readonly network?: string;
  readonly validation?: readonly string[];
  readonly validationFraction?: number;
  readonly unlabelled?: readonly string[];
  readonly list?: string;
  readonly validationList?: string;
  readonly categories?: string;
  /** Path of a safetensors file with the weights of the network's encoder. */
  readonly encoderWeights?: string;
  /** Path of a file with class names. */
  readonly classes?: string;
  /** Run folder. */
  readonly output?: string;
}

/** A run ready to start or continue. */
export interface PreparedRun {
  readonly runFolder: string;
  readonly configuration: RunConfiguration;
  readonly datasets: RunDatasets;
  readonly resume?: Checkpoint;
  /** Values that a new run's parameters start from in place of those from the seed. */
  readonly given: ParameterValues;
  /** Lines for the user. */
  readonly remarks: readonly string[];
}

/**
 * Opens the pictures of a new run and completes its configuration.
 * @throws UserError if options contradict each other, pictures are missing, or the folder is used
 */
export async function prepareNewRun(
  sources: readonly string[],
  options: RunOptions,
): Promise<PreparedRun> {
  const { preset = "compact", seed = 0, network: networkFile, ...choices } = options;
  const runFolder = options.output ?? join("runs", `${preset}-${timestamp()}`);
  await refuseUsedFolder(runFolder);
  const location: DataLocation = {
    sources,
    unlabelled: options.unlabelled ?? [],
    validation: options.validation ?? [],
    validationFraction: options.validationFraction ?? 0.05,
    list: options.list ?? null,
    validationList: options.validationList ?? null,
    categories: options.categories ?? null,
  };
  const classes = options.classes === undefined ? undefined : await readClassList(options.classes);
  const network = networkFile === undefined ? {} : await readNetworkFile(networkFile, preset);
  const encoder =
    options.encoderWeights === undefined
      ? undefined
      : await readEncoderWeights(options.encoderWeights, networkPreset(preset, network));
  const datasets = await openRunDatasets(location, seed, classes);
  const configuration = newConfiguration(
    { ...choices, preset, seed, network },
    absolute(location),
    {
      classes: datasets.training.classes,
      fingerprints: fingerprintsOf(datasets),
      pictures: datasets.training.items.length,
    },
    encoder,
  );
  return { runFolder, configuration, datasets, given: encoder?.values ?? new Map(), remarks: [] };
}

/**
 * Opens a checkpoint and the pictures of its run, which may have moved: `sources` and the other
 * places given in `options` replace the recorded ones.
 * @param path a run folder or one checkpoint.
 * @throws UserError if there is no usable checkpoint, or the pictures are not the same
 */
export async function prepareResumedRun(
  path: string,
  sources: readonly string[],
  options: RunOptions,
): Promise<PreparedRun> {
  const { checkpoint, runFolder, rejected } = await openCheckpoint(path);
  const recorded = recordedConfiguration(checkpoint.progress);
  if (!recorded) {
    throw new UserError(
      `${checkpoint.path} was not written by ltbc train: it has no configuration to resume with.`,
    );
  }
  // Pictures may have moved; the fingerprints tell whether they are the same.
  const {
    validation,
    unlabelled,
    list,
    validationList,
    categories,
    network: _,
    encoderWeights: __,
    ...choices
  } = options;
  const location: DataLocation = {
    ...recorded.data,
    ...(sources.length > 0 ? { sources, list: null } : {}),
    ...(validation ? { validation, validationList: null } : {}),
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
      "The data set is not the one the run was started with (other files or classes). " +
        "Give the original pictures, or start a new run.",
    );
  }
  const configuration = {
    ...resumedConfiguration(recorded, choices),
    data: absolute(location),
  };
  const remarks = rejected.map(
    ({ path: damaged, reason }) => `Damaged checkpoint ${basename(damaged)} is not used: ${reason}`,
  );
  remarks.push(`Continuing from ${checkpoint.path} (step ${checkpoint.progress.step})`);
  return { runFolder, configuration, datasets, resume: checkpoint, given: new Map(), remarks };
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
