import { describe, expect, test } from "vitest";
import { cpu, numbers } from "../testing/devices.js";
import { expectClose } from "../testing/gradient-check.js";
import { flattened, lively, parameterFeeds, rich } from "../testing/networks.js";
import { base, batchFeeds, plainSgd, scalar } from "../testing/training-steps.js";
import { evaluationGraph, trainingGraph } from "./training-graph.js";

describe("evaluation", () => {
  test("agrees with the training step, picture by picture", async () => {
    const options = { ...base, network: flattened };
    const graph = trainingGraph({ ...options, optimizer: plainSgd });
    const parameters = parameterFeeds(lively(flattened, 5));
    const { luminance, ab, labels, learning_rate, step } = batchFeeds(base);
    const pictures = { luminance: luminance!, ab: ab!, labels: labels! };
    const evaluation = await cpu.createSession(evaluationGraph(options));
    const training = await cpu.createSession(graph.model);
    const each = await evaluation.run({ ...pictures, ...parameters });
    const whole = await training.run({
      ...pictures,
      ...parameters,
      learning_rate: learning_rate!,
      step: step!,
    });
    await evaluation.release();
    await training.release();
    const sum = (name: string) => numbers(each[name]).reduce((a, b) => a + b, 0);
    expect(each["colorLoss/values"]!.shape).toEqual([3]);
    expect(sum("colorLoss/values") / 3).toBeCloseTo(scalar(whole["colorLoss/mean"]), 5);
    expect(numbers(each["labelled/weights"])).toEqual([1, 0, 1]);
    expect(sum("classLoss/values") / 2).toBeCloseTo(scalar(whole["classLoss/mean"]), 5);
    expect(sum("accuracy/values")).toBe(scalar(whole["accuracy/sum"]));
    // Mean reduction: the same error, in CIELAB units of the head's scale 50.
    const squared = numbers(each["colorLoss/values"]).map((value) => value * 50 ** 2);
    expectClose(numbers(each["abError/values"]), squared, 1e-5, "ab_squared_error");
  });

  test("ignores dropout and uses running statistics: pictures do not influence each other", async () => {
    const options = { ...base, network: rich };
    const session = await cpu.createSession(evaluationGraph(options));
    const parameters = parameterFeeds(lively(rich, 5));
    const { luminance, ab, labels } = batchFeeds(base);
    const pictures = { luminance: luminance!, ab: ab!, labels: labels! };
    const before = await session.run({ ...pictures, ...parameters });
    const other = Float32Array.from(pictures.luminance.data as Float32Array);
    other.fill(0, 24 * 16);
    const changed = { ...pictures.luminance, data: other };
    const after = await session.run({ ...pictures, ...parameters, luminance: changed });
    await session.release();
    expect(numbers(after["colorLoss/values"])[0]).toBeCloseTo(
      numbers(before["colorLoss/values"])[0]!,
      6,
    );
    expect(numbers(after["colorLoss/values"])[1]).not.toBeCloseTo(
      numbers(before["colorLoss/values"])[1]!,
      4,
    );
  });
});
