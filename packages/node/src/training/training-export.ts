// What an engine outside of this program needs to train as `ltbc train` does: the forward graphs
// with the starting weights, and all other choices as JSON.

import { createHash } from "node:crypto";
import { basename } from "node:path";
import {
  type OptimizerOptions,
  optimizerDefaults,
  optimizerStateNames,
} from "@let-there-be-color/core/graph";
import { initialValues, parameterSpecifications } from "@let-there-be-color/core/network";
import type { HybridOptions } from "@let-there-be-color/core/objective";
import { forwardGraph } from "@let-there-be-color/core/training";
import { UserError } from "@let-there-be-color/core/user-error";
import { writeFileDurably } from "../files/atomic-file.js";
import {
  newConfiguration,
  type RunConfiguration,
  type TrainingChoices,
} from "./run/configuration.js";

/** Raised when a change makes older exports unreadable. */
const formatVersion = 1;
const format = "let-there-be-color training";

export interface TrainingExportOptions {
  readonly choices: TrainingChoices;
  /** Class names in label order, or how many there will be; 0 leaves the classification out. */
  readonly classes: readonly string[] | number;
}

/** The JSON file. */
export interface TrainingDescription {
  readonly format: string;
  readonly formatVersion: number;
  /** `training` holds the starting weights, `evaluation` takes the parameters as inputs. */
  readonly graphs: Readonly<Record<"training" | "evaluation", { file: string; sha256: string }>>;
  /** Side of the pictures that the graphs are made for; null for any. */
  readonly side: number | null;
  /** In the order of checkpoints. Those not trainable become the graph's output `<name>/next`. */
  readonly parameters: readonly { name: string; shape: readonly number[]; trainable: boolean }[];
  readonly inputs: {
    readonly luminance: { name: string; unit: string };
    /** Uniform [0, 1), drawn by seed, step, position in this list, and element. */
    readonly noise: readonly { name: string; shape: readonly (number | string)[] }[];
  };
  readonly outputs: { readonly chroma: string; readonly logits: string | null };
  /** Every number spelled out; state tensors are named `<parameter>/<state>` and start at zero. */
  readonly optimizer: OptimizerOptions & { readonly state: readonly string[] };
  /** The target is a*b* averaged over squares of `pooling` pixels, then `(ab - offset) / scale`. */
  readonly target: { readonly pooling: number; readonly offset: number; readonly scale: number };
  /** Largest part of the run that the warm-up may be; null if its length was chosen. */
  readonly warmupShare: number | null;
  /**
   * What checkpoints record, but for the pictures, which the runner knows; the options of the hybrid
   * objective as `loss`.
   */
  readonly configuration: Omit<
    RunConfiguration,
    "data" | "fingerprints" | "objective" | "parameterGroups" | "movingAverage"
  > & { readonly loss: Omit<HybridOptions, "type"> };
}

/**
 * Writes `<name>.onnx`, `<name>-evaluation.onnx` and `<name>.json`, the JSON last.
 * @param path of the first
 * @returns all paths
 * @throws UserError if choices contradict each other
 */
export async function writeTrainingExport(
  path: string,
  options: TrainingExportOptions,
): Promise<string[]> {
  const stem = path.replace(/\.onnx$/, "");
  if (stem === path) throw new UserError(`Expected an output named *.onnx but received ${path}.`);
  const { choices, classes } = options;
  const count = typeof classes === "number" ? classes : classes.length;
  const {
    data: _,
    fingerprints: __,
    objective,
    parameterGroups,
    movingAverage,
    ...configuration
  } = newConfiguration(choices, nowhere, {
    // Only their number matters here, where they have no names.
    classes: typeof classes === "number" ? Array.from({ length: count }, String) : classes,
    fingerprints: { training: "", validation: "" },
    pictures: Number.POSITIVE_INFINITY,
  });
  if (parameterGroups.length > 0 || movingAverage > 0) {
    throw new UserError("Training on a cluster has neither parameter groups nor moving averages.");
  }
  const { network, seed } = configuration;
  const { head } = network;
  if (objective.type !== "hybrid" || head.type === "quantized") {
    throw new UserError(
      "Training on a cluster takes a regression head and the hybrid objective alone; train other networks with ltbc train.",
    );
  }
  const { type: ___, ...loss } = objective;
  const side = graphSide(configuration);
  const specifications = parameterSpecifications(network);
  const sized = { network, ...(side === null ? {} : { side }) };
  const values = initialValues(specifications, seed);
  const training = forwardGraph({ ...sized, mode: "training", parameters: values });
  const evaluation = forwardGraph({ ...sized, mode: "evaluation" });
  const files = { training: `${stem}.onnx`, evaluation: `${stem}-evaluation.onnx` };
  const description: TrainingDescription = {
    format,
    formatVersion,
    graphs: {
      training: fileRecord(files.training, training.model),
      evaluation: fileRecord(files.evaluation, evaluation.model),
    },
    side,
    parameters: specifications.map(({ name, shape, trainable }) => ({ name, shape, trainable })),
    inputs: {
      luminance: { name: "luminance", unit: "L* of CIELAB (D65), 0..100, [N, 1, H, W]" },
      noise: training.noise,
    },
    outputs: {
      chroma: "normalized_chroma",
      logits: network.classes > 0 ? "scene_logits" : null,
    },
    optimizer: spelledOut(configuration.optimizer),
    target: { pooling: 2, offset: head.offset, scale: head.scale },
    warmupShare: choices.warmup === undefined ? 0.1 : null,
    configuration: {
      ...configuration,
      loss,
      classes: typeof classes === "number" ? [] : configuration.classes,
    },
  };
  const json = `${stem}.json`;
  await writeFileDurably(files.training, training.model);
  await writeFileDurably(files.evaluation, evaluation.model);
  await writeFileDurably(json, `${JSON.stringify(description, null, 1)}\n`);
  return [files.training, files.evaluation, json];
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

/** A network with a flattened global map needs the crop when its graph is built. */
function graphSide({
  network,
  phases,
}: Pick<RunConfiguration, "network" | "phases">): number | null {
  if (network.encoder || network.global.pooling.type === "average") return null;
  const sides = [...new Set(phases.map(({ crop }) => crop))];
  if (sides.length === 1) return sides[0]!;
  throw new UserError(
    `A network with a flattened global map is exported for one crop, not for ${sides.join(" and ")}: leave out --phases.`,
  );
}

function fileRecord(path: string, content: Uint8Array): { file: string; sha256: string } {
  return { file: basename(path), sha256: createHash("sha256").update(content).digest("hex") };
}

function spelledOut(options: OptimizerOptions): TrainingDescription["optimizer"] {
  const numbers = optimizerDefaults[options.type];
  return { ...numbers, ...options, state: optimizerStateNames(options) } as const;
}
