import { expect, onTestFinished, test, vi } from "vitest";
import { BatchLoader, openDataset } from "../../dataset/index.js";
import { noisePicture, temporaryFolder } from "../../testing/pictures.js";
import type { RunConfiguration } from "./configuration.js";
import { RunData } from "./data.js";

test("a phase that cannot be opened leaves no threads behind", async () => {
  const files = { "1.png": await noisePicture(1), "2.png": await noisePicture(2) };
  const folder = await temporaryFolder(files);
  onTestFinished(folder.remove);
  const training = await openDataset([{ path: folder.path, labelled: false }]);
  const phase = { crop: 16, batchSize: 1, epochs: 1, batchesPerEpoch: 2, resize: 16 };
  const configuration = { seed: 0, minimumChroma: 0, phases: [phase] };
  const data = new RunData(
    { training, validation: { ...training, items: [] } },
    configuration as unknown as RunConfiguration,
    { workers: 1, cacheBytes: 0 },
  );
  const create = vi.spyOn(BatchLoader, "create");
  onTestFinished(() => create.mockRestore());
  await expect(data.openPhase(phase)).rejects.toThrow("The data set has no pictures.");
  const loader = await (create.mock.results[0]!.value as Promise<BatchLoader>);
  await expect(loader.epoch(0).next()).rejects.toThrow("The batch loader has been closed.");
});
