import { expect, onTestFinished, test } from "vitest";
import { openDataset } from "../dataset/index.js";
import { packItems } from "../dataset/item-table.js";
import { noisePicture, temporaryFolder } from "../testing/pictures.js";
import { Evaluation } from "./evaluate.js";
import { PictureWorkers } from "./picture-workers.js";
import { parseProtocol } from "./protocol.js";

async function noisePictures(count: number) {
  const files: Record<string, Buffer> = {};
  for (let i = 0; i < count; i++) files[`${i}.png`] = await noisePicture(i);
  const folder = await temporaryFolder(files);
  onTestFinished(folder.remove);
  return openDataset([{ path: folder.path, labelled: false }]);
}

const protocol = parseProtocol("short256");
const task = { item: 0, predictions: [-1], purpose: "measure" } as const;

test("a dead thread fails what is in work, and closing returns", async () => {
  const truth = await noisePictures(1);
  const workers = await PictureWorkers.start(2, {
    ...{ truth: packItems(truth), candidates: [null], protocol },
    ...{ minimumChroma: 0, averageColor: [0, 0] },
  });
  const [first, second] = [workers.begin(task), workers.begin(task)];
  expect(await first.prepared).toMatchObject({ outcome: "prepared", width: 32, height: 32 });
  await second.prepared;
  first.drop();
  const impossible = first.finish([null]); // it is gone
  await expect(impossible).rejects.toThrow(/A thread of the evaluation has died/);
  await expect(second.finish([null])).rejects.toThrow(/A thread of the evaluation has died/);
  await workers.close();
  await workers.close();
});

test("an evaluation that is closed under way ends with one error", async () => {
  const truth = await noisePictures(40);
  const evaluation = await Evaluation.start({
    ...{ truth, protocol, minimumChroma: 0, workers: 1 },
    candidates: [{ kind: "folder", name: "itself", pictures: truth }],
  });
  const events = evaluation.run();
  expect(await events.next()).toMatchObject({ value: { type: "picture" } });
  await evaluation.close();
  const rest = async () => {
    while (!(await events.next()).done);
  };
  await expect(rest()).rejects.toThrow("The evaluation has been closed.");
});
