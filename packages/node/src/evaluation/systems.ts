// What is evaluated: models, folders of pictures that any other system has coloured, and two
// baselines that always stand beside them.

import { readFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { assertColorModel, suitedModel } from "@let-there-be-color/core/colorize";
import type { Session } from "@let-there-be-color/core/graph";
import { type ModelMetadata, readModelMetadata } from "@let-there-be-color/core/model";
import { UserError } from "@let-there-be-color/core/user-error";
import type { Dataset } from "../dataset/dataset.js";
import { createRuntime, type RuntimeOptions } from "../runtime/onnx-runtime.js";

/** A model to evaluate. */
export interface ModelCandidate {
  readonly kind: "model";
  readonly name: string;
  readonly session: Session;
  readonly metadata: ModelMetadata;
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
  const file =
    path ?? fileURLToPath(import.meta.resolve("@let-there-be-color/models/compact.onnx"));
  let bytes: Uint8Array;
  try {
    bytes = await readFile(file);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new UserError(
      "input-missing",
      `The model ${file} cannot be read (${code ?? message}); check the path.`,
      { cause: error },
    );
  }
  // With all cores for the network, its threads wait for each other whenever one is displaced.
  const threads = options.threads ?? Math.max(Math.floor(availableParallelism() / 2), 1);
  const runtime = await createRuntime({ spinning: false, ...options, threads });
  let session: Session | undefined;
  try {
    const metadata = readModelMetadata(bytes);
    const size = workingSize ?? metadata.workingSize;
    session = await runtime.createSession(await suitedModel(bytes, runtime, { workingSize: size }));
    assertColorModel(session);
    const name = path === undefined ? "compact" : basename(path);
    return {
      kind: "model",
      name,
      session,
      metadata,
      workingSize: size,
      threads: runtime.threads,
    };
  } catch (error) {
    await session?.release();
    const reason = (error as Error).message.split("\n")[0];
    const code = error instanceof UserError ? error.code : "model-invalid";
    throw new UserError(code, `${file} cannot be evaluated: ${reason}`, { cause: error });
  }
}

/** Gives two systems of the same file name names that tell them apart. */
export function distinctNames(names: readonly string[]): string[] {
  return names.map((name, i) =>
    names.indexOf(name) === i && names.lastIndexOf(name) === i
      ? name
      : `${name} (${String.fromCharCode(65 + i)})`,
  );
}
