import { UserError } from "@let-there-be-color/core/user-error";
import { describe, expect, it } from "vitest";
import { collect, datasetOf, loaderOf, picturesOf } from "../testing/batch-loading.js";
import { flatPicture, noisePicture, pngClaiming } from "../testing/pictures.js";

describe("unusable pictures", () => {
  it("are replaced by others and named once", async () => {
    const jpeg = await noisePicture(1, 64, 64, "jpeg");
    const webp = await noisePicture(2, 64, 64, "webp");
    const png = await noisePicture(3, 64, 64, "png");
    const dataset = await datasetOf({
      "bad/cut.jpg": jpeg.subarray(0, jpeg.length / 2),
      "bad/cut.png": png.subarray(0, png.length / 2),
      "bad/cut.webp": webp.subarray(0, webp.length / 2),
      "bad/empty.jpg": "",
      "bad/huge.png": await pngClaiming(60000, 60000),
      "bad/text.jpg": "this is no picture",
      "good/blue.png": await flatPicture([0, 0, 200]),
      "good/green.png": await flatPicture([0, 200, 0]),
      "grey/1.png": await flatPicture([120, 120, 120]),
    });
    const loader = await loaderOf(dataset, { batchSize: 9 });
    for (const epoch of [0, 1]) {
      const [batch] = await collect(loader.epoch(epoch));
      expect(batch!.count).toBe(9);
      expect([...batch!.labels].every((label) => label === 1n)).toBe(true);
      expect(new Set(picturesOf(batch!)).size).toBe(2);
    }
    const { broken, grey } = loader.report();
    expect(broken.map(({ name }) => name.replace(/^.*\/bad\//, ""))).toEqual([
      "cut.jpg",
      "cut.png",
      "cut.webp",
      "empty.jpg",
      "huge.png",
      "text.jpg",
    ]);
    expect(broken[3]!.reason).toBe("the file is empty");
    expect(broken.every(({ reason }) => reason.length > 0 && !reason.includes("\n"))).toBe(true);
    expect(grey.map(({ name }) => name.slice(-10))).toEqual(["grey/1.png"]);
  });

  it("end the epoch with a clear error if there are no others", async () => {
    const dataset = await datasetOf({ "1.png": await flatPicture([9, 9, 9]), "2.jpg": "text" });
    const loader = await loaderOf(dataset, { batchSize: 2 });
    const failed = collect(loader.epoch(0));
    await expect(failed).rejects.toBeInstanceOf(UserError);
    await expect(failed).rejects.toThrow(/No usable picture/);
  });
});
