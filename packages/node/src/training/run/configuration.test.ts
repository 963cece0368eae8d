import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { temporaryFolder } from "../../testing/pictures.js";
import {
  type DataLocation,
  newConfiguration,
  planOf,
  resumedConfiguration,
  type TrainingChoices,
} from "./configuration.js";
import { readNetworkFile } from "./network-file.js";

const data: DataLocation = {
  sources: ["/pictures"],
  unlabelled: [],
  validation: [],
  validationFraction: 0.05,
  list: null,
  validationList: null,
  categories: null,
};

const configure = (choices: TrainingChoices, classes = ["beach", "forest", "sky"]) =>
  newConfiguration(choices, data, {
    classes,
    fingerprints: { training: "a", validation: "b" },
    pictures: 1000,
  });

describe("a new run", () => {
  it("has the paper's class weight, crop and epochs for the paper's network", () => {
    const { phases, objective, learningRate, optimizer, network } = configure({
      preset: "iizuka2016",
    });
    expect(phases).toEqual([{ crop: 224, resize: 256, epochs: 11, batchSize: 32 }]);
    expect(objective).toEqual({ type: "hybrid", alpha: 1 / 300, reduction: "mean" });
    expect(learningRate).toEqual({ base: 0.001, warmupSteps: 0, decay: { type: "constant" } });
    expect(optimizer).toEqual({ type: "adam" });
    expect(network).toMatchObject({ name: "iizuka2016", classes: 3, normalization: "batch" });
  });

  it("has the 2021 code's class weight for its network", () => {
    expect(configure({ preset: "jacob-darcet2021" }).objective.alpha).toBe(0.005);
  });

  it("takes the optimizer's usual rate when it is not the preset's own", () => {
    expect(configure({ optimizer: "adadelta" }).learningRate.base).toBe(1);
    expect(configure({ optimizer: "sgd", learningRate: 0.3 }).learningRate.base).toBe(0.3);
    expect(configure({ optimizer: "adamw", weightDecay: 0.1 }).optimizer).toEqual({
      type: "adamw",
      weightDecay: 0.1,
    });
  });

  it("warms up for 200 steps, or a tenth of a short run", () => {
    expect(configure({ epochs: 100 }).learningRate.warmupSteps).toBe(200);
    expect(configure({ epochs: 4 }).learningRate.warmupSteps).toBe(Math.floor((4 * 31) / 10));
    expect(configure({ epochs: 4, warmup: 50 }).learningRate.warmupSteps).toBe(50);
  });

  it("scales the pictures of all phases alike", () => {
    const phases = [
      { crop: 64, epochs: 4, batchSize: 64 },
      { crop: 128, epochs: 2 },
    ];
    expect(configure({ phases, batch: 16 }).phases).toEqual([
      { crop: 64, resize: 73, epochs: 4, batchSize: 64 },
      { crop: 128, resize: 146, epochs: 2, batchSize: 16 },
    ]);
    const resizes = configure({ phases, resize: 160 }).phases.map(({ resize }) => resize);
    expect(resizes).toEqual([80, 160]);
  });

  it("freezes after all other learning rates of parts are set", () => {
    const slow = { pattern: "low_level", learningRateFactor: 0.1 };
    const frozen = { pattern: "low_level.0", learningRateFactor: 0 };
    const chosen = configure({ freeze: ["low_level.0"], learningRateFactor: [slow] });
    expect(chosen.parameterGroups).toEqual([slow, frozen]);
    expect(configure({})).toMatchObject({ parameterGroups: [], movingAverage: 0 });
  });

  it("has no classification network for less than two classes", () => {
    expect(configure({}, ["only"])).toMatchObject({ classes: [], network: { classes: 0 } });
  });

  it.each<[TrainingChoices, RegExp]>([
    [{ crop: 100 }, /multiple of 8 pixels but received 100\. Use 104/],
    [{ crop: 64, resize: 50 }, /at least the crop \(64 pixels\)/],
    [{ freeze: ["encoder.*"] }, /No parameter of this network is named encoder/],
    [{ phases: [{ crop: 64, epochs: 1 }], epochs: 3 }, /leave out `crop` and `epochs`/],
    [{ neighbours: 5 }, /`neighbours` is for networks whose colours are classes, and compact is/],
    [{ rebalancing: 0 }, /`rebalancing` is for networks whose colours are classes/],
    [{ preset: "mobilenet", reduction: "sum" }, /`reduction` is for networks that predict one/],
    [{ hints: 0.3 }, /`hints` is for networks that take hints, and compact is none/],
    [{ encoderStatistics: 0 }, /`encoderStatistics` is for networks with a classifier/],
  ])("refuses %j", (choices, message) => {
    expect(() => configure(choices)).toThrow(message);
  });

  it("refuses fewer pictures than a batch", () => {
    expect(() => planOf(configure({ batch: 64 }), 63)).toThrow(/63 training pictures.*batch of 64/);
    expect(planOf(configure({ batch: 64 }), 130)[0]?.batchesPerEpoch).toBe(2);
  });
});

describe("a resumed run", () => {
  const recorded = configure({ phases: [{ crop: 64, epochs: 4 }], seed: 5 });

  it("is as recorded", () => {
    expect(resumedConfiguration(recorded, {})).toEqual(recorded);
  });

  it("may change rates, weights and epochs", () => {
    const changed = resumedConfiguration(recorded, {
      learningRate: 0.1,
      alpha: 0,
      clipNorm: 5,
      epochs: 9,
    });
    expect(changed).toMatchObject({
      learningRate: { base: 0.1 },
      objective: { alpha: 0 },
      clipNorm: 5,
    });
    expect(changed.phases).toEqual([{ ...recorded.phases[0], epochs: 9 }]);
  });

  it("may free parameters again and end the moving average", () => {
    const chosen = configure({ freeze: ["low_level"], movingAverage: 0.9 });
    expect(resumedConfiguration(chosen, {})).toEqual(chosen);
    const free = { pattern: "low_level", learningRateFactor: 1 };
    expect(
      resumedConfiguration(chosen, { learningRateFactor: [free], movingAverage: 0 }),
    ).toMatchObject({ parameterGroups: [free], movingAverage: 0 });
  });

  it("may add phases", () => {
    const phases = [
      { crop: 64, epochs: 4 },
      { crop: 128, epochs: 1, batchSize: 8 },
    ];
    expect(resumedConfiguration(recorded, { phases }).phases).toEqual([
      recorded.phases[0],
      { crop: 128, epochs: 1, batchSize: 8, resize: 146 },
    ]);
  });

  it.each<[string, TrainingChoices]>([
    ["preset", { preset: "compact" }],
    ["batch", { batch: 32 }],
    ["seed", { seed: 5 }],
    ["optimizer", { optimizer: "adam" }],
    ["views", { views: [0.5, 1] }],
    ["augmentation", { augmentation: {} }],
    ["hints", { hints: 0.3 }],
    ["neighbours", { neighbours: 5 }],
    ["rebalancing", { rebalancing: 0 }],
  ])("refuses %s", (option, choices) => {
    expect(() => resumedConfiguration(recorded, choices)).toThrow(
      `\`${option}\` belongs to the run`,
    );
  });
});

describe("a network file", () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  beforeAll(async () => {
    folder = await temporaryFolder();
  });
  afterAll(() => folder.remove());
  const read = async (text: string) => {
    const path = join(folder.path, "network.json");
    await writeFile(path, text);
    return readNetworkFile(path, "compact");
  };

  it("replaces options of the preset", async () => {
    const network = await read('{"skips": "none", "fusion": {"channels": 64}}');
    expect(configure({ network }).network).toMatchObject({
      name: "compact",
      skips: "none",
      fusion: { channels: 64 },
      classes: 3,
    });
  });

  it.each([
    ["{", /Expected a JSON file/],
    ['{"skip": "none"}', /"skip" is no network option\. Known: .*skips/],
    ['{"classes": 4}', /"classes" is no network option/],
    ['{"fusion": {"channels": 0}}', /does not describe a network/],
    ['{"colorization": {"stages": [[4]]}}', /does not describe a network/],
    ['{"lowLevel": 3}', /does not describe a network/],
  ])("refuses %s", async (text, message) => {
    await expect(read(text)).rejects.toThrow(message);
  });
});
