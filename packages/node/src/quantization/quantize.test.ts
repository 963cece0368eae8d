import { inferenceModel } from "@let-there-be-color/core/model";
import { networkPreset } from "@let-there-be-color/core/network";
import { initialState } from "@let-there-be-color/core/training";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type Dataset, openDataset } from "../dataset/index.js";
import { noisePicture, temporaryFolder } from "../testing/pictures.js";
import { tinyNetwork } from "../testing/small-networks.js";
import { type QuantizationProgress, quantizeModel } from "./quantize.js";

const network = networkPreset("compact", { ...tinyNetwork, classes: 0 });
const model = inferenceModel(network, initialState({ network, seed: 1 }), { workingSize: 32 });

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let photographs: Dataset;
beforeAll(async () => {
  const files: Record<string, Uint8Array | string> = { "broken.png": "no picture" };
  for (let i = 0; i < 16; i++) files[`${i}.png`] = await noisePicture(i, 40, 32);
  folder = await temporaryFolder(files);
  photographs = await openDataset([{ path: folder.path, labelled: false }]);
});
afterAll(() => folder.remove());

it("tells which photographs it reads, leaves out and runs through the network", async () => {
  const seen: QuantizationProgress[] = [];
  await quantizeModel(model, { photographs }, { onProgress: (progress) => seen.push(progress) });
  const last = (type: string) => seen.filter((progress) => progress.type === type).at(-1);
  expect(last("decode")).toEqual({ type: "decode", done: 17, pictures: 17 });
  expect(last("limits")).toEqual({ type: "limits", done: 16, pictures: 16 });
  expect(last("values")).toEqual({ type: "values", done: 16, pictures: 16 });
  expect(last("unreadable")).toMatchObject({ name: expect.stringMatching(/broken\.png$/) });
});

it.each(["decode", "limits", "values"] as const)("can be stopped during %s", async (stage) => {
  const stop = new AbortController();
  const seen: QuantizationProgress[] = [];
  const work = quantizeModel(
    model,
    { photographs },
    {
      signal: stop.signal,
      onProgress: (progress) => {
        seen.push(progress);
        if (progress.type === stage) stop.abort(new Error(`stopped at ${stage}`));
      },
    },
  );
  await expect(work).rejects.toThrow(`stopped at ${stage}`);
  expect(seen.at(-1)).toMatchObject({ type: stage, done: 1 });
});
