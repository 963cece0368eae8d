// Data sets and batch loaders that live as long as the test that asks for them.

import type { Batch } from "@let-there-be-color/core/training";
import { afterEach } from "vitest";
import { BatchLoader } from "../dataset/batch-loader.js";
import type { BatchLoaderOptions } from "../dataset/batch-plan.js";
import type { Dataset } from "../dataset/dataset.js";
import { openDataset } from "../dataset/open-dataset.js";
import { temporaryFolder } from "./pictures.js";

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** The pictures of a new folder with these files, which is deleted after the test. */
export async function datasetOf(files: Record<string, Uint8Array | string>): Promise<Dataset> {
  const folder = await temporaryFolder(files);
  cleanups.push(folder.remove);
  return openDataset([folder.path]);
}

/** A loader of 16 x 16 crops, closed after the test. */
export async function loaderOf(dataset: Dataset, options: Partial<BatchLoaderOptions>) {
  const usual = { mode: "training", batchSize: 4, crop: 16, resize: 20, workers: 1 } as const;
  const loader = await BatchLoader.create(dataset, { ...usual, ...options });
  cleanups.push(() => loader.close());
  return loader;
}

export async function collect(batches: AsyncIterable<Batch>): Promise<Batch[]> {
  const all: Batch[] = [];
  for await (const batch of batches) all.push(batch);
  return all;
}

/** A text for each picture that only equal pictures share. */
export function picturesOf({ count, size, lightness, ab, labels }: Batch): string[] {
  const part = (values: Float32Array, index: number) => {
    const length = values.length / size;
    const { buffer, byteOffset } = values.subarray(index * length, (index + 1) * length);
    return Buffer.from(buffer, byteOffset, 4 * length).toString("latin1");
  };
  return Array.from({ length: count }, (_, i) => `${labels[i]}${part(lightness, i)}${part(ab, i)}`);
}
