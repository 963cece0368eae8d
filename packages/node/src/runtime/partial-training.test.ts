// Parts of a network that learn more slowly or not at all, and the moving average of the weights.

import {
  averagedParameters,
  createTrainableNetwork,
  initialState,
  type TrainableNetwork,
  type TrainableNetworkOptions,
  type TrainingState,
} from "@let-there-be-color/core/training";
import { UserError } from "@let-there-be-color/core/user-error";
import { afterAll, describe, expect, test } from "vitest";
import { narrowNetwork, randomBatch } from "../testing/small-networks.js";
import { createRuntime } from "./onnx-runtime.js";

const network = { ...narrowNetwork, classification: { hidden: [], dropout: 0 } };

const options: TrainableNetworkOptions = {
  network,
  objective: { type: "hybrid", alpha: 0.1, reduction: "mean" },
  optimizer: { type: "sgd", momentum: 0 },
  ...{ batchSize: 3, height: 16, width: 16, seed: 7 },
};

const runtime = await createRuntime({ threads: 1 });
const created: TrainableNetwork[] = [];
afterAll(() => Promise.all(created.map((each) => each.release())));

async function create(changes: Partial<TrainableNetworkOptions> = {}, state?: TrainingState) {
  const made = await createTrainableNetwork(runtime, { ...options, ...changes }, state);
  created.push(made);
  return made;
}

async function after(steps: number, trainable: TrainableNetwork): Promise<TrainingState> {
  for (let step = 1; step <= steps; step++) await trainable.step(randomBatch(step), 0.1, step);
  return trainable.readState();
}

const start = initialState(options);
const changed = (state: TrainingState) =>
  [...start].filter(([name, { data }]) => state.get(name)!.data.join() !== data.join());

describe("frozen parameters", () => {
  const frozen = [{ pattern: "low_level", learningRateFactor: 0 }];

  test("stay as they are, statistics included, in their place in checkpoints", async () => {
    const state = await after(
      2,
      await create({ parameterGroups: frozen, optimizer: { type: "adam" } }),
    );
    expect([...state.keys()].slice(0, start.size)).toEqual([...start.keys()]);
    const learned = changed(state).map(([name]) => name);
    expect(learned.filter((name) => name.startsWith("low_level."))).toEqual([]);
    expect(learned.length).toBe(
      [...start.keys()].filter((n) => !n.startsWith("low_level.")).length,
    );
    const moments = [...state.keys()].filter((name) => name.endsWith("_moment"));
    expect(moments.some((name) => name.startsWith("low_level."))).toBe(false);
    expect(moments).toContain("fusion.mid_level.weight/first_moment");
  });

  test("take part in the forward pass with the values that they were given", async () => {
    const other = initialState(
      options,
      new Map([["low_level.0.weight", doubled("low_level.0.weight")]]),
    );
    const normal = await (await create({ parameterGroups: frozen })).evaluate(randomBatch(9));
    const constants = await (await create({ parameterGroups: frozen }, other)).evaluate(
      randomBatch(9),
    );
    const inputs = await (await create({}, other)).evaluate(randomBatch(9));
    expect(constants.sums.colorLoss).toBeCloseTo(inputs.sums.colorLoss!, 5);
    expect(constants.sums.colorLoss).not.toBeCloseTo(normal.sums.colorLoss!, 5);
  });

  test("of a layer normalise it by its statistics in training, too", async () => {
    // Everything of the layers but the weights of the last one: each picture is judged for itself.
    const only = { pattern: "colorization.output", learningRateFactor: 1 };
    const groups = [{ pattern: "*", learningRateFactor: 0 }, only];
    const trainable = await create({ parameterGroups: groups });
    const { sums, weights } = await trainable.evaluate(randomBatch(1));
    const result = await trainable.step(randomBatch(1), 0.1, 1);
    expect(result.sums.colorLoss).toBeCloseTo(sums.colorLoss!, 5);
    expect(result.weights).toEqual(weights);
  });

  test("are free again when training goes on without the group", async () => {
    const state = await after(1, await create({ parameterGroups: frozen }));
    const later = await after(1, await create({}, state));
    expect(later.get("low_level.0.weight")).not.toEqual(start.get("low_level.0.weight"));
  });

  function doubled(name: string) {
    const { shape, data } = start.get(name)!;
    return { shape, data: data.map((value) => 2 * value) };
  }
});

test("a factor of the learning rate is one of the step", async () => {
  const groups = [{ pattern: "*.weight", learningRateFactor: 0.25 }];
  const slow = await after(1, await create({ parameterGroups: groups }));
  const normal = await after(1, await create());
  for (const name of ["low_level.1.weight", "colorization.output.weight"]) {
    const moved = (state: TrainingState) =>
      state.get(name)!.data.map((value, index) => value - start.get(name)!.data[index]!);
    const [ours, whole] = [moved(slow), moved(normal)];
    const largest = whole.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
    expect(largest).toBeGreaterThan(1e-5);
    for (const [index, each] of ours.entries()) {
      expect(Math.abs(each - whole[index]! / 4)).toBeLessThan(1e-3 * largest + 1e-7);
    }
  }
  expect(slow.get("colorization.output.bias")).toEqual(normal.get("colorization.output.bias"));
});

test("patterns that match nothing are refused", async () => {
  const groups = [{ pattern: "encoder.*", learningRateFactor: 0 }];
  await expect(create({ parameterGroups: groups })).rejects.toThrow(UserError);
});

describe("the moving average", () => {
  const decay = 0.5;

  test("is that of parameters and statistics, and changes nothing else", async () => {
    const trainable = await create({ movingAverage: decay });
    const [first, second] = [await after(1, trainable), await step2(trainable)];
    const plain = await create();
    expect(await after(1, plain)).toEqual(withoutAverages(first));
    for (const name of ["fusion.mid_level.weight", "fusion.normalization.running_mean"]) {
      // Early decays are (1 + step) / (10 + step): 2 / 11, 3 / 12.
      let average = start.get(name)!.data[0]!;
      for (const [state, early] of [
        [first, 2 / 11],
        [second, 3 / 12],
      ] as const) {
        const share = 1 - Math.min(decay, early);
        average += share * (state.get(name)!.data[0]! - average);
        expect(state.get(`${name}/average`)!.data[0]).toBeCloseTo(average, 6);
      }
    }
  });

  test("is what is validated and exported", async () => {
    const trainable = await create({ movingAverage: decay });
    const state = await after(3, trainable);
    const averaged = new Map(averagedParameters(state)) as TrainingState;
    expect([...averaged.keys()]).toEqual([...start.keys()]);
    expect(averaged.get("fusion.mid_level.weight")).toBe(
      state.get("fusion.mid_level.weight/average"),
    );
    const found = await trainable.evaluate(randomBatch(9));
    expect(found).toEqual(await (await create({}, averaged)).evaluate(randomBatch(9)));
    expect(found).not.toEqual(
      await (await create({}, withoutAverages(state))).evaluate(randomBatch(9)),
    );
  });

  test("goes on in a resumed run, and starts anew at the parameters where there was none", async () => {
    const whole = await create({ movingAverage: decay });
    const saved = await after(1, whole);
    const resumed = await create({ movingAverage: decay }, saved);
    expect(await step2(resumed)).toEqual(await step2(whole));
    const fresh = await (
      await create({ movingAverage: decay }, withoutAverages(saved))
    ).readState();
    expect(fresh.get("fusion.mid_level.weight/average")).toEqual(
      saved.get("fusion.mid_level.weight"),
    );
  });

  async function step2(trainable: TrainableNetwork): Promise<TrainingState> {
    await trainable.step(randomBatch(2), 0.1, 2);
    return trainable.readState();
  }

  function withoutAverages(state: TrainingState): TrainingState {
    return new Map([...state].filter(([name]) => !name.endsWith("/average")));
  }
});
