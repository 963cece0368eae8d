// The loop around a scripted network, where a test needs losses of its own choosing. What the real
// network computes is tested in resuming.test.ts.

import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { objectiveOf } from "@let-there-be-color/core/objective";
import type {
  Batch,
  PhasePlan,
  StepResult,
  TrainingState,
} from "@let-there-be-color/core/training";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { temporaryFolder } from "../testing/pictures.js";
import { findNewestCheckpoint, readCheckpoint } from "./checkpoint.js";
import type { EndEvent, TrainingEvent } from "./events.js";
import { readJournal } from "./journal.js";
import { train } from "./trainer.js";
import type { TrainingOptions } from "./trainer-options.js";

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let runFolder: string;
beforeEach(async () => {
  folder = await temporaryFolder();
  runFolder = join(folder.path, "run");
});
afterEach(() => folder.remove());

const batch: Batch = {
  count: 2,
  size: 2,
  lightness: new Float32Array(2),
  ab: new Float32Array(4),
  labels: BigInt64Array.of(0n, -1n),
};

async function* batches(count: number): AsyncGenerator<Batch> {
  for (let index = 0; index < count; index++) yield batch;
}

const objective = objectiveOf(
  { type: "hybrid", alpha: 0.1, reduction: "mean" },
  { head: { activation: "tanh", offset: 0, scale: 100 }, classes: 3 },
);

/** A step of two pictures, one of them labelled. */
const stepOf = ({ colorLoss = 0.5, classLoss = 2, gradientNorm = 3 } = {}): StepResult => ({
  sums: { colorLoss: 2 * colorLoss, classLoss, accuracy: 1 },
  weights: { pictures: 2, labelled: 1 },
  gradientNorm,
});
const goodStep = stepOf();

/**
 * A network whose one parameter counts the steps, and whose losses are read from a script.
 * `validation` holds colour loss and class loss of each evaluation.
 */
function scripted(script: {
  phases?: readonly PhasePlan[];
  validation?: readonly (readonly [colorLoss: number, classLoss: number])[];
  step?: (step: number) => StepResult;
}): TrainingOptions & { log: string[] } {
  const log: string[] = [];
  let evaluations = 0;
  return {
    log,
    runFolder,
    phases: script.phases ?? [{ crop: 8, epochs: 6, batchSize: 2, batchesPerEpoch: 2 }],
    seed: 1,
    journalSteps: 1,
    objective,
    learningRate: { base: 0.5, warmupSteps: 0, decay: { type: "constant" } },
    openData: async ({ crop, batchesPerEpoch }) => ({
      training: (epoch, start) => {
        log.push(`epoch ${epoch} at ${crop} from ${start}`);
        return batches(batchesPerEpoch - start);
      },
      validation: () => batches(1),
      close: async () => {
        log.push("data closed");
      },
    }),
    createNetwork: async (phase, given) => {
      const data = Float32Array.from(given?.get("steps")?.data ?? [0]);
      log.push(`network ${phase.crop} with ${data[0]}`);
      return {
        step: async (_batch, _rate, step) => {
          data[0]! += 1;
          return script.step?.(step) ?? goodStep;
        },
        evaluate: async ({ count }) => {
          const [colorLoss, classLoss] = script.validation?.[evaluations] ?? [1, 1];
          evaluations++;
          return {
            sums: { colorLoss: colorLoss * count, abError: 25 * count, classLoss, accuracy: 0 },
            weights: { pictures: count, labelled: 1 },
          };
        },
        readState: async (): Promise<TrainingState> =>
          new Map([["steps", { shape: [1], data: data.slice() }]]),
        release: async () => {
          log.push("network released");
        },
      };
    },
  };
}

async function run(
  options: TrainingOptions,
  watch?: (event: TrainingEvent) => void,
): Promise<{ events: TrainingEvent[]; end: EndEvent }> {
  const events: TrainingEvent[] = [];
  for await (const event of train(options)) {
    events.push(event);
    watch?.(event);
  }
  const end = events.at(-1);
  if (end?.type !== "end") throw new Error("The last event is not `end`");
  return { events, end };
}

describe("choosing the best model", () => {
  it("goes by the colour loss, whatever the class loss does", async () => {
    const validation = [
      [0.4, 1],
      [0.3, 9],
      [0.31, 0],
      [0.5, 0],
      [0.5, 0],
      [0.5, 0],
    ] as const;
    const { end } = await run(scripted({ validation }));
    expect(end).toMatchObject({ reason: "finished", step: 12 });
    expect(end.best).toEqual({ step: 4, phase: 0, epoch: 2, measure: "colorLoss", value: 0.3 });
    const best = await readCheckpoint(join(runFolder, "checkpoint-4.json"));
    expect(best.state.get("steps")?.data[0]).toBe(4);
    expect(end.validations.map(({ improved }) => improved)).toEqual([
      true,
      true,
      false,
      false,
      false,
      false,
    ]);
    expect(end.validations[0]).toMatchObject({
      pictures: 2,
      measures: { abError: 5, classLoss: 1, accuracy: 0 },
    });
    expect(end.validations[0]?.training).toEqual({ colorLoss: 0.5, classLoss: 2, accuracy: 1 });
  });

  it("goes by whatever measure the objective names, in its direction", async () => {
    const sharpness = {
      ...{ name: "sharpness", title: "Sharpness", label: "sharpness", digits: 2 },
      averagedOver: "pictures",
    };
    const selection = { measure: "sharpness", better: "higher" } as const;
    const made = { measures: [sharpness], selection };
    const values = [3, 5, 4];
    const options = scripted({
      phases: [{ crop: 8, epochs: 3, batchSize: 2, batchesPerEpoch: 1 }],
    });
    const createNetwork: TrainingOptions["createNetwork"] = async (phase, state) => ({
      ...(await options.createNetwork(phase, state)),
      evaluate: async () => ({
        sums: { sharpness: 2 * values.shift()! },
        weights: { pictures: 2 },
      }),
      step: async () => ({ sums: { sharpness: 2 }, weights: { pictures: 2 }, gradientNorm: 1 }),
    });
    const { end } = await run({ ...options, createNetwork, objective: made });
    expect(end.best).toEqual({ step: 2, phase: 0, epoch: 2, measure: "sharpness", value: 5 });
    expect(end.validations.map(({ improved }) => improved)).toEqual([true, true, false]);
    expect(end.validations[2]).toMatchObject({ training: { sharpness: 1 } });
    expect(await readFile(join(runFolder, "curves.svg"), "utf8")).toContain(">Sharpness</text>");
  });

  it("needs a validation picture that counts", async () => {
    const options = scripted({});
    const createNetwork: TrainingOptions["createNetwork"] = async (phase, state) => ({
      ...(await options.createNetwork(phase, state)),
      evaluate: async () => ({ sums: {}, weights: {} }),
    });
    await expect(run({ ...options, createNetwork })).rejects.toThrow(
      /No validation picture counts for the colour loss/,
    );
  });

  it("starts a new comparison with each phase", async () => {
    const phases = [
      { crop: 8, epochs: 2, batchSize: 2, batchesPerEpoch: 1 },
      { crop: 16, epochs: 2, batchSize: 2, batchesPerEpoch: 1 },
    ];
    const validation = [
      [0.2, 0],
      [0.1, 0],
      [0.6, 0],
      [0.7, 0],
    ] as const;
    const { end } = await run(scripted({ phases, validation }));
    expect(end.best).toEqual({ step: 3, phase: 1, epoch: 3, measure: "colorLoss", value: 0.6 });
  });
});

describe("phases", () => {
  const phases = [
    { crop: 8, epochs: 2, batchSize: 2, batchesPerEpoch: 3 },
    { crop: 16, epochs: 1, batchSize: 2, batchesPerEpoch: 2 },
  ];

  it("hand on the state, count epochs through, and release what they opened", async () => {
    const options = scripted({ phases });
    await run(options);
    expect(options.log).toEqual([
      "network 8 with 0",
      "epoch 0 at 8 from 0",
      "epoch 1 at 8 from 0",
      "data closed",
      "network released",
      "network 16 with 6",
      "epoch 2 at 16 from 0",
      "data closed",
      "network released",
    ]);
  });

  it("end early when patience is exhausted; the next phase still comes", async () => {
    const long = phases.map((phase) => ({ ...phase, epochs: 9 }));
    const validation = [0.5, 0.6, 0.7, 3, 2, 2.5, 2.6].map((loss) => [loss, 0] as const);
    const { events, end } = await run({ ...scripted({ phases: long, validation }), patience: 2 });
    const stops = events.filter((event) => event.type === "early-stop");
    expect(stops).toMatchObject([
      { phase: 1, epoch: 3, best: { epoch: 1 } },
      { phase: 2, epoch: 13, best: { epoch: 11 } },
    ]);
    expect(end).toMatchObject({ reason: "finished", step: 3 * 3 + 4 * 2 });
    const { checkpoint } = await findNewestCheckpoint(runFolder);
    const again = scripted({ phases: long });
    const resumed = await run({ ...again, ...(checkpoint && { resume: checkpoint }) });
    expect(resumed.end).toMatchObject({ reason: "finished", step: 17, best: { epoch: 11 } });
    expect(again.log).toEqual([]);
  });
});

describe("stopping", () => {
  it("on NaN names step, rate and remedy, and keeps the checkpoint before", async () => {
    const step = (number: number) => (number === 5 ? stepOf({ colorLoss: Number.NaN }) : goodStep);
    const options = scripted({ step });
    await expect(run(options)).rejects.toThrow(
      /diverged at step 5 with learning rate 0\.5: colour loss is NaN.*`learningRate` \(such as 0\.05\).*`clipNorm`/,
    );
    expect(options.log.slice(-2)).toEqual(["data closed", "network released"]);
    const { checkpoint } = await findNewestCheckpoint(runFolder);
    expect(checkpoint?.progress.step).toBe(4);
  });

  it.each([
    ["class loss", stepOf({ classLoss: Number.POSITIVE_INFINITY })],
    ["gradient norm", stepOf({ gradientNorm: Number.NaN })],
  ])("on an infinite %s", async (name, bad) => {
    await expect(run(scripted({ step: () => bad }))).rejects.toThrow(`${name} is`);
  });

  it("never saves a state with NaN, even if the losses before it were finite", async () => {
    const options = scripted({});
    const createNetwork: TrainingOptions["createNetwork"] = async (phase, state) => {
      const network = await options.createNetwork(phase, state);
      const readState = async () => {
        const read = await network.readState();
        const { data } = read.get("steps")!;
        if (data[0]! >= 4) data[0] = Number.NaN;
        return read;
      };
      return { ...network, readState };
    };
    await expect(run({ ...options, createNetwork })).rejects.toThrow(/step 4 .*steps holds NaN/);
    expect((await findNewestCheckpoint(runFolder)).checkpoint?.progress.step).toBe(2);
  });

  it("on the signal finishes the step, saves, and resumes with the next batch", async () => {
    const controller = new AbortController();
    const phases = [{ crop: 8, epochs: 2, batchSize: 2, batchesPerEpoch: 5 }];
    const options = { ...scripted({ phases }), signal: controller.signal };
    const { end } = await run(options, (event) => {
      if (event.type === "step" && event.step === 3) controller.abort();
    });
    expect(end).toMatchObject({ reason: "interrupted", step: 3, best: null });
    expect(end.checkpoint).toBe(join(runFolder, "checkpoint-3.json"));
    const resume = await readCheckpoint(end.checkpoint);
    const next = scripted({ phases });
    const resumed = await run({ ...next, resume });
    expect(next.log.slice(0, 3)).toEqual([
      "network 8 with 3",
      "epoch 0 at 8 from 3",
      "epoch 1 at 8 from 0",
    ]);
    expect(resumed.end).toMatchObject({ reason: "finished", step: 10 });
    const steps = (await readJournal(join(runFolder, "journal.jsonl"))).flatMap((record) =>
      record.type === "steps" ? [record.step] : [],
    );
    expect(steps).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  });

  it("during validation repeats the validation, not the epoch, when resumed", async () => {
    const controller = new AbortController();
    const phases = [{ crop: 8, epochs: 1, batchSize: 2, batchesPerEpoch: 2 }];
    const options = { ...scripted({ phases }), signal: controller.signal };
    const { end } = await run(options, (event) => {
      if (event.type === "step" && event.step === 2) controller.abort();
    });
    expect(end).toMatchObject({ reason: "interrupted", step: 2, validations: [] });
    const next = scripted({ phases });
    const resumed = await run({ ...next, resume: await readCheckpoint(end.checkpoint) });
    expect(next.log[1]).toBe("data closed");
    expect(resumed.end.validations).toHaveLength(1);
    expect(resumed.end.validations[0]?.training.colorLoss).toBe(0.5);
  });

  it("at the time limit saves like the signal", async () => {
    const { end } = await run({ ...scripted({}), maxMinutes: 1e-9 });
    expect(end).toMatchObject({ reason: "time", step: 0 });
    expect((await readCheckpoint(end.checkpoint)).progress.step).toBe(0);
  });
});

describe("the run folder", () => {
  it("has checkpoints between epochs when their time has come", async () => {
    const phases = [{ crop: 8, epochs: 1, batchSize: 2, batchesPerEpoch: 4 }];
    const { events } = await run({ ...scripted({ phases }), checkpointMinutes: 1e-9 });
    const saved = events.flatMap((event) => (event.type === "checkpoint" ? [event.step] : []));
    expect(saved).toEqual([0, 1, 2, 3, 4]);
    expect((await readdir(runFolder)).sort()).toEqual([
      "checkpoint-3.json",
      "checkpoint-3.safetensors",
      "checkpoint-4.json",
      "checkpoint-4.safetensors",
      "curves.svg",
      "journal.jsonl",
    ]);
    expect(await readFile(join(runFolder, "curves.svg"), "utf8")).toContain("<circle");
  });

  it("is refused when something is in it", async () => {
    await run(scripted({}));
    const before = await readdir(runFolder);
    await expect(run(scripted({}))).rejects.toThrow(/is not empty/);
    expect(await readdir(runFolder)).toEqual(before);
  });

  it("is not resumed with another plan", async () => {
    const { end } = await run(scripted({}));
    const resume = await readCheckpoint(end.checkpoint);
    const plan = { crop: 8, epochs: 6, batchSize: 2, batchesPerEpoch: 2 };
    const attempt = (change: Partial<PhasePlan>) =>
      run({ ...scripted({ phases: [{ ...plan, ...change }] }), resume });
    await expect(attempt({ batchesPerEpoch: 3 })).rejects.toThrow(/data set has changed/);
    await expect(attempt({ crop: 16 })).rejects.toThrow(/crop 8 .* not crop 16/);
    await expect(attempt({ epochs: 5 })).rejects.toThrow(/has done 6 epochs/);
    const longer = await attempt({ epochs: 8 });
    expect(longer.end).toMatchObject({ reason: "finished", step: 16 });
  });
});

it("averages journal lines over their steps and ends a line with the epoch", async () => {
  const step = (number: number) => stepOf({ colorLoss: number, gradientNorm: 2 * number });
  const phases = [{ crop: 8, epochs: 2, batchSize: 2, batchesPerEpoch: 3 }];
  const { events } = await run({ ...scripted({ phases, step }), journalSteps: 2 });
  const shown = events.flatMap((event) => (event.type === "step" ? [event.epochMeans] : []));
  expect(shown.map(({ colorLoss }) => colorLoss)).toEqual([1, 1.5, 2, 4, 4.5, 5]);
  const records = await readJournal(join(runFolder, "journal.jsonl"));
  expect(records.map(({ type }) => type)).toEqual([
    "start",
    "steps",
    "steps",
    "validation",
    "steps",
    "steps",
    "validation",
  ]);
  expect(records[1]).toMatchObject({
    step: 2,
    epoch: 1,
    measures: { colorLoss: 1.5 },
    gradientNorm: 3,
  });
  expect(records[2]).toMatchObject({ step: 3, epoch: 1, measures: { colorLoss: 3 } });
  expect(records[4]).toMatchObject({
    step: 5,
    epoch: 2,
    measures: { colorLoss: 4.5, accuracy: 1 },
  });
});
