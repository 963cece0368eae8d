// What an engine outside of this program needs to train as `ltbc train` does: graphs up to the loss,
// the starting weights, and all other choices as JSON.

import { createHash } from "node:crypto";
import { basename, dirname } from "node:path";
import {
  type OptimizerOptions,
  optimizerDefaults,
  optimizerStateNames,
} from "@let-there-be-color/core/graph";
import { parameterSpecifications } from "@let-there-be-color/core/network";
import {
  learningRateFactor,
  type MeasureSet,
  objectiveOf,
} from "@let-there-be-color/core/objective";
import {
  initialState,
  judgementGraph,
  lossGraph,
  type NetworkBoundary,
  parameterGroups,
  type TrainingState,
} from "@let-there-be-color/core/training";
import { UserError } from "@let-there-be-color/core/user-error";
import { flushFolder } from "../files/atomic-file.js";
import { assertWritable, writeWhole } from "../files/output-file.js";
import { prepareOutputFolder } from "../files/output-folder.js";
import { createRuntime } from "../runtime/onnx-runtime.js";
import { checkNumbers } from "./run/choices.js";
import {
  newConfiguration,
  planOf,
  type RunConfiguration,
  type TrainingChoices,
} from "./run/configuration.js";
import { openRunDatasets, RunData } from "./run/data.js";
import type { PretrainedNetwork } from "./run/encoder-weights.js";
import { learnsFromPictures, startingState } from "./run/starting-state.js";

/** Raised when a change makes older exports unreadable. */
const formatVersion = 2;
const format = "let-there-be-color training";

export interface TrainingExportOptions {
  readonly choices: TrainingChoices;
  /** Class names in label order, or how many there will be; 0 leaves the classification out. */
  readonly classes: readonly string[] | number;
  /** With the weights that its encoder starts from, in place of those from the seed. */
  readonly encoder?: PretrainedNetwork;
  /**
   * Folders or zips of the run's pictures, for networks that start from what pictures show: the prior
   * of colours, the statistics of an encoder.
   */
  readonly pictures?: readonly string[];
  /** Replace existing files. Default false. */
  readonly overwrite?: boolean;
  /** Files that are never replaced, since the choices were read from them. */
  readonly inputs?: readonly string[];
}

/** The JSON file. */
export interface TrainingDescription {
  readonly format: string;
  readonly formatVersion: number;
  /**
   * For each crop of the run's phases: `lossGraph` and `judgementGraph`. The first training graph holds
   * the starting weights as constants; in all others the parameters are inputs.
   */
  readonly graphs: readonly ExportedCrop[];
  /**
   * In the order of checkpoints. Those not trainable become the graph's output `<name>/next`; a
   * learning-rate factor of 0 freezes.
   */
  readonly parameters: readonly {
    readonly name: string;
    readonly shape: readonly number[];
    readonly trainable: boolean;
    readonly learningRateFactor: number;
  }[];
  /** What is measured, and what chooses the best model. */
  readonly objective: MeasureSet & { readonly description: string };
  /** Every number spelled out; state tensors are named `<parameter>/<state>` and start at zero. */
  readonly optimizer: OptimizerOptions & { readonly state: readonly string[] };
  /** Largest part of the run that the warm-up may be; null if its length was chosen. */
  readonly warmupShare: number | null;
  /** What checkpoints record, but for the pictures, which the runner knows. */
  readonly configuration: Omit<RunConfiguration, "data" | "fingerprints">;
}

interface ExportedFile {
  readonly file: string;
  readonly sha256: string;
  /** The part that may be computed with fewer bits. */
  readonly network: NetworkBoundary;
}

interface ExportedCrop {
  /** Side of the pictures in pixels. */
  readonly crop: number;
  readonly training: ExportedFile & {
    /** Uniform [0, 1), drawn by seed, step, position in this list, and element. */
    readonly noise: readonly { name: string; shape: readonly (number | string)[] }[];
    /** Weights whose sums over all workers the graph takes as `<weight>/total`. */
    readonly totals: readonly string[];
  };
  readonly evaluation: ExportedFile;
}

/**
 * Writes `<name>.onnx`, `<name>-evaluation.onnx` and `<name>.json`, the JSON last. Where phases have
 * several crops, the graphs of the others are `<name>-<crop>.onnx` and `<name>-<crop>-evaluation.onnx`.
 *
 * @param path of the first
 * @returns all paths
 * @throws UserError if choices contradict each other, pictures are needed that are not given, or files
 *   of these names are there and must not be replaced
 */
export async function writeTrainingExport(
  path: string,
  options: TrainingExportOptions,
): Promise<string[]> {
  const stem = path.replace(/\.onnx$/, "");
  if (stem === path)
    throw new UserError("option-invalid", `Expected an output named *.onnx but received ${path}.`);
  const { choices, classes, encoder } = options;
  checkNumbers(choices);
  const names = typeof classes === "number" ? Array.from({ length: classes }, String) : classes;
  const whole = newConfiguration(
    choices,
    nowhere,
    {
      // Only their number matters here, where they have no names.
      classes: names,
      fingerprints: { training: "", validation: "" },
      pictures: Number.POSITIVE_INFINITY,
    },
    encoder,
  );
  const { data: _, fingerprints: __, ...configuration } = whole;
  const { network, phases } = configuration;
  const objective = objectiveOf(configuration.objective, network);
  const { overwrite = false, inputs = [] } = options;
  const crops = [...new Set(phases.map((phase) => phase.crop))];
  const stems = crops.map((crop, i) => (i === 0 ? stem : `${stem}-${crop}`));
  const files = [
    ...stems.flatMap((each) => [`${each}.onnx`, `${each}-evaluation.onnx`]),
    `${stem}.json`,
  ];
  for (const file of files) {
    for (const input of inputs) await assertWritable(file, { input, overwrite: true });
    await assertWritable(file, { overwrite });
  }
  await prepareOutputFolder(dirname(path));
  const start = await valuesToStartFrom(whole, options);
  const write = async (file: string, content: Uint8Array) => {
    await writeWhole(file, content, { overwrite });
    return { file: basename(file), sha256: createHash("sha256").update(content).digest("hex") };
  };
  const graphs: ExportedCrop[] = [];
  for (const [i, crop] of crops.entries()) {
    const first = i === 0;
    const name = stems[i]!;
    const sized = { ...configuration, height: crop, width: crop };
    const { model, boundary, ...inputs } = lossGraph(sized, first ? start : undefined);
    const judgement = judgementGraph(sized);
    graphs.push({
      crop,
      training: { ...(await write(`${name}.onnx`, model)), network: boundary, ...inputs },
      evaluation: {
        ...(await write(`${name}-evaluation.onnx`, judgement.model)),
        network: judgement.boundary,
      },
    });
  }
  const { description: inWords, measures, selection } = objective;
  const groups = parameterGroups(configuration);
  const description: TrainingDescription = {
    format,
    formatVersion,
    graphs,
    parameters: parameterSpecifications(network).map(({ name, shape, trainable }) => ({
      ...{ name, shape, trainable },
      learningRateFactor: learningRateFactor(groups, name),
    })),
    objective: { description: inWords, measures, selection },
    optimizer: spelledOut(configuration.optimizer),
    warmupShare: choices.warmup === undefined ? 0.1 : null,
    configuration: {
      ...configuration,
      classes: typeof classes === "number" ? [] : configuration.classes,
    },
  };
  await write(`${stem}.json`, Buffer.from(`${JSON.stringify(description, null, 1)}\n`));
  await flushFolder(dirname(path));
  return files;
}

const nowhere: RunConfiguration["data"] = {
  sources: [],
  unlabelled: [],
  validation: [],
  validationFraction: 0.05,
  list: null,
  validationList: null,
  categories: null,
};

/** What `ltbc train` starts from with the same pictures. */
async function valuesToStartFrom(
  configuration: RunConfiguration,
  { encoder, pictures = [] }: TrainingExportOptions,
): Promise<TrainingState> {
  const given = encoder?.values ?? new Map();
  if (!learnsFromPictures(configuration)) return initialState(configuration, given);
  if (pictures.length === 0) {
    throw new UserError(
      "option-invalid",
      "This network starts from what the run's pictures show (the prior of colours, statistics of an encoder): give them as `pictures`.",
    );
  }
  const { seed } = configuration;
  const datasets = await openRunDatasets({ ...nowhere, sources: pictures }, seed);
  const [phase] = planOf(configuration, datasets.training.items.length);
  const data = new RunData(datasets, configuration);
  return startingState(await createRuntime(), configuration, given, phase!, data);
}

function spelledOut(options: OptimizerOptions): TrainingDescription["optimizer"] {
  const numbers = optimizerDefaults[options.type];
  return { ...numbers, ...options, state: optimizerStateNames(options) } as const;
}
