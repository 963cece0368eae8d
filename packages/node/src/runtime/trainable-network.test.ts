import {
  createTrainableNetwork,
  initialState,
  type TrainableNetwork,
  type TrainableNetworkOptions,
  type TrainingState,
} from "@let-there-be-color/core/training";
import { afterAll, describe, expect, test } from "vitest";
import { narrowNetwork, randomBatch } from "../testing/small-networks.js";
import { problemWithWebgpu } from "../testing/webgpu.js";
import { createRuntime } from "./onnx-runtime.js";

const options: TrainableNetworkOptions = {
  network: narrowNetwork,
  objective: { type: "hybrid", alpha: 0.1, reduction: "mean" },
  optimizer: { type: "adam" },
  clipNorm: 1,
  batchSize: 3,
  height: 16,
  width: 16,
  seed: 7,
};

const cpu = await createRuntime({ threads: 1 });
const created: TrainableNetwork[] = [];
afterAll(() => Promise.all(created.map((each) => each.release())));

async function create(runtime = cpu, state?: TrainingState, changes = {}) {
  const made = await createTrainableNetwork(runtime, { ...options, ...changes }, state);
  created.push(made);
  return made;
}

async function train(trainable: TrainableNetwork, from: number, to: number) {
  const results = [];
  for (let step = from; step <= to; step++) {
    results.push(await trainable.step(randomBatch(step), 0.01, step));
  }
  return results;
}

describe("training", () => {
  test("goes on from a saved state bit by bit as if it had never stopped", async () => {
    const whole = await create();
    const results = await train(whole, 1, 4);
    const first = await create();
    await train(first, 1, 2);
    const saved = await first.readState();
    const resumed = await create(cpu, saved);
    expect(await train(resumed, 3, 4)).toEqual(results.slice(2));
    expect(await resumed.readState()).toEqual(await whole.readState());
  });

  test("a saved state is a copy: further steps leave it alone", async () => {
    const trainable = await create();
    const before = await trainable.readState();
    const copy = structuredClone(before);
    await train(trainable, 1, 1);
    expect(before).toEqual(copy);
    expect(await trainable.readState()).not.toEqual(copy);
  });

  test("starts from the seed, parameters as they are without a session, state at zero", async () => {
    const state = await (await create()).readState();
    for (const [name, { shape, data }] of initialState(options)) {
      expect(state.get(name)).toEqual({ shape, data });
    }
    const moments = [...state].filter(([name]) => name.endsWith("_moment"));
    expect(moments.length).toBeGreaterThan(0);
    expect(moments.every(([, { data }]) => data.every((value) => value === 0))).toBe(true);
    const other = initialState({ ...options, seed: 8 });
    expect(other.get("fusion.mid_level.weight")).not.toEqual(state.get("fusion.mid_level.weight"));
  });

  test("a state without the optimizer's part is enough to start from", async () => {
    const parameters = initialState({ ...options, seed: 99 });
    const [a] = await train(await create(cpu, parameters), 1, 1);
    const [b] = await train(await create(cpu, undefined, { seed: 99 }), 1, 1);
    // Equal weights; only the dropout noise comes from another seed.
    expect(a!.sums.colorLoss).toBe(b!.sums.colorLoss);
  });

  test("alpha 0 leaves the classification network as it was", async () => {
    const trainable = await create(cpu, undefined, {
      objective: { type: "hybrid", alpha: 0, reduction: "mean" },
    });
    const before = await trainable.readState();
    await train(trainable, 1, 2);
    const after = await trainable.readState();
    expect(after.get("classification.output.weight")).toEqual(
      before.get("classification.output.weight"),
    );
    expect(after.get("fusion.mid_level.weight")).not.toEqual(before.get("fusion.mid_level.weight"));
  });
});

describe("evaluation", () => {
  test("sums over the pictures that count", async () => {
    const trainable = await create();
    const all = await trainable.evaluate(randomBatch(5));
    const two = await trainable.evaluate(randomBatch(5, 2));
    expect(all.weights).toEqual({ pictures: 3, labelled: 2 });
    expect(two.weights).toEqual({ pictures: 2, labelled: 1 });
    expect(two.sums.colorLoss).toBeGreaterThan(0);
    expect(two.sums.colorLoss).toBeLessThan(all.sums.colorLoss!);
    // Normalised chroma is ab / 100, and the mean reduction is the mean squared error.
    expect(all.sums.abError).toBeCloseTo(all.sums.colorLoss! * 100 ** 2, 1);
  });

  test("sees what training changed, and changes nothing", async () => {
    const trainable = await create();
    const before = await trainable.evaluate(randomBatch(5));
    expect(await trainable.evaluate(randomBatch(5))).toEqual(before);
    await train(trainable, 1, 2);
    expect((await trainable.evaluate(randomBatch(5))).sums.colorLoss).not.toBe(
      before.sums.colorLoss,
    );
  });
});

describe("mistakes", () => {
  test("a batch of another size", async () => {
    const trainable = await create();
    const small = { ...randomBatch(1), lightness: new Float32Array(3 * 64) };
    const message = "Expected a batch of 3 pictures of 16 x 16 but received 3 with 192 pixels";
    await expect(trainable.step(small, 0.01, 1)).rejects.toThrow(message);
    await expect(trainable.evaluate(small)).rejects.toThrow(message);
  });

  test("a state of another network", async () => {
    const state = initialState(options);
    const wrong = new Map(state).set("colorization.output.bias", {
      shape: [7],
      data: new Float32Array(7),
    });
    await expect(create(cpu, wrong)).rejects.toThrow(
      "Expected colorization.output.bias of shape [2] but the checkpoint has [7].",
    );
    // Parameters of no use here mean that the others belong elsewhere, too.
    const more = new Map(state).set("fusion.bias", { shape: [6], data: new Float32Array(6) });
    await expect(create(cpu, more)).rejects.toThrow(
      "Expected the parameters of this network but the checkpoint also has fusion.bias.",
    );
    const missing = new Map(state);
    missing.delete("colorization.output.bias");
    await expect(create(cpu, missing)).rejects.toThrow(
      "Expected the checkpoint to hold a parameter colorization.output.bias but it has none.",
    );
  });
});

const webgpuProblem = await problemWithWebgpu();
const reason = webgpuProblem ? ` (no adapter: ${webgpuProblem})` : "";

test.skipIf(webgpuProblem)(`WebGPU takes the same steps as the CPU${reason}`, async () => {
  const webgpu = await createRuntime({ device: "webgpu" });
  expect(webgpu.threads).toBe(0);
  const [gpu, reference] = [await create(webgpu), await create()];
  const [here, there] = [await train(gpu, 1, 3), await train(reference, 1, 3)];
  here.forEach((result, index) => {
    expect(result.sums.colorLoss! / 3).toBeCloseTo(there[index]!.sums.colorLoss! / 3, 3);
    expect(result.sums.classLoss! / 2).toBeCloseTo(there[index]!.sums.classLoss! / 2, 2);
    expect(result.weights.labelled).toBe(2);
  });
  const [state, expected] = [await gpu.readState(), await reference.readState()];
  expect([...state.keys()]).toEqual([...expected.keys()]);
  const bias = (from: TrainingState) => from.get("fusion.normalization.running_mean")!.data;
  bias(state).forEach((value, index) => {
    expect(value).toBeCloseTo(bias(expected)[index]!, 3);
  });
  const [a, b] = [await gpu.evaluate(randomBatch(9)), await reference.evaluate(randomBatch(9))];
  expect(a.sums.colorLoss).toBeCloseTo(b.sums.colorLoss!, 2);
});
