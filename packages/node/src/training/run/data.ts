import type { PhasePlan } from "@let-there-be-color/core/training";
import {
  BatchLoader,
  type Dataset,
  type LoaderReport,
  openDataset,
  type SourceOptions,
  splitDataset,
} from "../../dataset/index.js";
import type { PhaseData } from "../trainer-options.js";
import type { DataLocation, RunConfiguration } from "./configuration.js";

export interface RunDatasets {
  readonly training: Dataset;
  readonly validation: Dataset;
}

/**
 * Opens the pictures of a run.
 * @param classes class names and their order; by default those that the training sources have.
 * @throws UserError if a source is missing, empty, or has other classes
 */
export async function openRunDatasets(
  location: DataLocation,
  seed: number,
  classes?: readonly string[],
): Promise<RunDatasets> {
  const { list, validationList, categories } = location;
  const labelled = location.sources.map((path) => sourceOptions(path, list, categories));
  const unlabelled = location.unlabelled.map((path) => ({ path, labelled: false }));
  const all = await openDataset([...labelled, ...unlabelled], { classes });
  if (location.validation.length === 0) {
    return splitDataset(all, { validationFraction: location.validationFraction, seed });
  }
  const separate = location.validation.map((path) =>
    sourceOptions(path, validationList, categories),
  );
  return { training: all, validation: await openDataset(separate, { classes: all.classes }) };
}

function sourceOptions(
  path: string,
  list: string | null,
  categories: string | null,
): SourceOptions {
  if (list === null) return { path };
  return categories === null ? { path, list } : { path, list, categories };
}

/** Files left out of training or validation, by name. */
export interface SkippedFiles {
  readonly broken: ReadonlyMap<string, string>;
  readonly grey: ReadonlySet<string>;
}

/** What preparing batches may take of the machine; no influence on the batches. */
export interface DataResources {
  /** Threads that decode pictures; by default the loader's own choice. */
  readonly workers?: number | undefined;
  /**
   * Memory for decoded pictures, in bytes. By default a quarter of what is available when a phase
   * begins, at most 4 GiB.
   */
  readonly cacheBytes?: number | undefined;
}

function usualCacheBytes(): number {
  return Math.min(2 ** 32, process.availableMemory() / 4);
}

/** Makes the batches of each phase, and keeps account of the files that could not be used. */
export class RunData {
  readonly #datasets: RunDatasets;
  readonly #configuration: RunConfiguration;
  readonly #resources: DataResources;
  readonly #broken = new Map<string, string>();
  readonly #grey = new Set<string>();

  constructor(
    datasets: RunDatasets,
    configuration: RunConfiguration,
    resources: DataResources = {},
  ) {
    this.#datasets = datasets;
    this.#configuration = configuration;
    this.#resources = resources;
  }

  /** Files that the phases closed so far had to leave out. */
  get skipped(): SkippedFiles {
    return { broken: this.#broken, grey: this.#grey };
  }

  /** Starts the threads that prepare a phase's batches. */
  async openPhase(phase: PhasePlan): Promise<PhaseData> {
    const { seed, minimumChroma, phases, views } = this.#configuration;
    const resize = phases.find(({ crop }) => crop === phase.crop)?.resize;
    const { crop, batchSize } = phase;
    const { workers, cacheBytes = usualCacheBytes() } = this.#resources;
    const shared = { crop, batchSize, resize, seed, minimumChroma, workers, views };
    const { training: pictures, validation: others } = this.#datasets;
    const part = pictures.items.length / (pictures.items.length + others.items.length);
    const training = await BatchLoader.create(pictures, {
      ...{ mode: "training", ...shared },
      cacheBytes: part * cacheBytes,
    });
    const validation = await BatchLoader.create(others, {
      ...{ mode: "validation", ...shared },
      cacheBytes: (1 - part) * cacheBytes,
    }).catch(async (error: unknown) => {
      await training.close();
      throw error;
    });
    return {
      training: (epoch, startBatch) => training.epoch(epoch, startBatch),
      validation: () => validation.epoch(0),
      close: async () => {
        this.#note(training.report());
        this.#note(validation.report());
        await Promise.all([training.close(), validation.close()]);
      },
    };
  }

  #note({ broken, grey }: LoaderReport): void {
    for (const { name, reason } of broken) this.#broken.set(name, reason);
    for (const { name } of grey) this.#grey.add(name);
  }
}
