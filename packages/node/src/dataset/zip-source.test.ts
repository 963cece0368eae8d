import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { UserError } from "@let-there-be-color/core/user-error";
import { describe, expect, it } from "vitest";
import { collect, datasetOf, loaderOf } from "../testing/batch-loading.js";
import { flatPicture } from "../testing/pictures.js";
import { folderForTests } from "../testing/temporary-folder.js";
import { writeZip } from "../testing/zip-writer.js";
import type { Dataset } from "./dataset.js";
import { openDataset } from "./open-dataset.js";

const folder = await folderForTests();

describe("zips", () => {
  async function zipDataset(zip64: boolean): Promise<{ dataset: Dataset; path: string }> {
    const path = join(folder, `set-${zip64 ? "zip64" : "zip"}.zip`);
    const [red, green, blue] = [
      await flatPicture([200, 0, 0]),
      await flatPicture([0, 200, 0]),
      await flatPicture([0, 0, 200]),
    ];
    const contents = [
      { name: "c/3 é.png", bytes: blue, localPadding: 500 },
      { name: "a/1.png", bytes: red },
      { name: "b/2.png", bytes: green, deflate: true },
      { name: "d/damaged.png", bytes: red, damaged: true },
      { name: "d/packed-damaged.png", bytes: red, damaged: true, deflate: true },
    ];
    await writeFile(path, writeZip(contents, zip64));
    return { dataset: await openDataset([path]), path };
  }

  for (const zip64 of [false, true]) {
    it(`give the same pictures as files, ${zip64 ? "zip64" : "stored and deflated"}`, async () => {
      const { dataset } = await zipDataset(zip64);
      const loader = await loaderOf(dataset, { mode: "validation", batchSize: 5 });
      const [batch] = await collect(loader.epoch(0));
      const files = await datasetOf({
        "a/1.png": await flatPicture([200, 0, 0]),
        "b/2.png": await flatPicture([0, 200, 0]),
        "c/3.png": await flatPicture([0, 0, 200]),
      });
      const fromFiles = await loaderOf(files, { mode: "validation", batchSize: 5 });
      expect([batch]).toEqual(await collect(fromFiles.epoch(0)));
      const names = loader.report().broken.map(({ name }) => name.replace(/^.*\.zip\//, ""));
      expect(names).toEqual(["d/damaged.png", "d/packed-damaged.png"]);
    });
  }

  it("that vanish end the epoch with a clear error", async () => {
    const { dataset, path } = await zipDataset(false);
    await rm(path);
    const loader = await loaderOf(dataset, { batchSize: 2 });
    const failed = collect(loader.epoch(0));
    await expect(failed).rejects.toBeInstanceOf(UserError);
    await expect(failed).rejects.toThrow(/cannot be opened any more/);
  });
});
