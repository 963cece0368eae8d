// What is evaluated: models, folders of pictures that any other system has coloured, and two
// baselines that always stand beside them.

import { availableParallelism } from "node:os";
import { basename } from "node:path";
import type { ColorModel, ReadOut, ReadOutName } from "@let-there-be-color/core/colorize";
import { loadColorModel } from "../color-model.js";
import type { Dataset } from "../dataset/dataset.js";
import type { RuntimeOptions } from "../runtime/onnx-runtime.js";

/**
 * A model to evaluate, with one of its read-outs. Candidates of the same `model` and working size
 * share the runs of the network.
 */
export interface ModelCandidate {
  readonly kind: "model";
  readonly name: string;
  readonly model: ColorModel;
  /** Default: natural, if the model has read-outs. */
  readonly colors?: ReadOutName | ReadOut;
  /** Short side in pixels at which the network sees a picture. */
  readonly workingSize: number;
  /** CPU threads of the network; 0 on a GPU. */
  readonly threads: number;
}

/** A folder or zip of pictures that another system has coloured. */
export interface FolderCandidate {
  readonly kind: "folder";
  readonly name: string;
  readonly pictures: Dataset;
}

export type Candidate = ModelCandidate | FolderCandidate;

/** Names of the baselines, which follow the candidates in every list of systems. */
export const BASELINES = ["grey", "average colour"] as const;

/**
 * (a*, b*) of the average colour baseline, CIELAB units: the mean over every pixel of a random 10th
 * of MiniPlaces' training pictures (those of the default model), rounded. It is fixed, and not
 * taken from the evaluated truth, so that it knows no more than a model does.
 */
export const AVERAGE_COLOR: readonly [a: number, b: number] = [1.9, 6.2];

/**
 * Loads a model to evaluate.
 *
 * @param path of an ONNX colour model; default: the weights that come along
 * @param workingSize default: what the model states, as `colorize` does
 * @param options `threads`, by default, are half of the cores: the others decode and measure
 * @throws UserError if it is missing, broken or no colour model
 */
export async function loadModelCandidate(
  path?: string,
  workingSize?: number,
  options: RuntimeOptions = {},
): Promise<ModelCandidate> {
  // With all cores for the network, its threads wait for each other whenever one is displaced.
  const threads = options.threads ?? Math.max(Math.floor(availableParallelism() / 2), 1);
  const runtimeOptions = { spinning: false, ...options, threads };
  const workload = workingSize === undefined ? {} : { workingSize };
  const model = await loadColorModel(path, runtimeOptions, workload);
  return {
    kind: "model",
    name: path === undefined ? "default" : basename(path),
    model,
    workingSize: workingSize ?? model.metadata.workingSize,
    threads: (options.device ?? "cpu") === "cpu" ? threads : 0,
  };
}

/**
 * One candidate for each read-out of a model.
 *
 * @throws UserError if the model has none
 */
export function readOutCandidates(
  candidate: ModelCandidate,
  colors: readonly ReadOutName[],
): ModelCandidate[] {
  candidate.model.assertDistributions("colors");
  return colors.map((each) => ({ ...candidate, name: `${candidate.name} ${each}`, colors: each }));
}

/** Gives two systems of the same file name names that tell them apart. */
export function distinctNames(names: readonly string[]): string[] {
  return names.map((name, i) =>
    names.indexOf(name) === i && names.lastIndexOf(name) === i
      ? name
      : `${name} (${String.fromCharCode(65 + i)})`,
  );
}
