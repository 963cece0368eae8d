// Compares gradients with central finite differences. The differences are always taken on the CPU,
// one forward run per perturbed element; the gradient itself is computed on the device under test.

import { expect } from "vitest";
import { gradients } from "../graph/gradients.js";
import { Graph, type Value } from "../graph/graph.js";
import { multiply, reduceSum } from "../graph/operators/index.js";
import { serialize } from "../graph/serialize.js";
import type { TensorValue } from "../graph/session.js";
import { randomUniform } from "../random.js";
import { cpu, numbers, runGraph, type TestDevice, type TestSession, tensor } from "./devices.js";

export interface GradientCheckOptions {
  /** Half the distance between the two points of a difference. Default 1e-2. */
  readonly step?: number;
  /** Allowed error: this share of the gradient's largest element. Default 1e-3. */
  readonly tolerance?: number;
  /** Check every n-th element of each input. Default 1. */
  readonly every?: number;
}

/** Uniform values in [low, high), the same for the same seed. */
export function randomTensor(
  shape: readonly number[],
  seed: number,
  low = -1,
  high = 1,
): TensorValue {
  const length = shape.reduce((product, each) => product * each, 1);
  return tensor(
    shape,
    Array.from({ length }, (_, index) => low + (high - low) * randomUniform(seed, index)),
  );
}

/**
 * Expects d loss / d input of every input to agree with finite differences, where the loss is the
 * sum of the output times fixed random weights, and another device's output with the CPU's.
 */
export async function expectGradients(
  device: TestDevice,
  inputs: readonly TensorValue[],
  build: (...inputs: Value[]) => Value,
  options: GradientCheckOptions = {},
): Promise<void> {
  const { step = 1e-2, tolerance = 1e-3, every = 1 } = options;
  const names = inputs.map((_, index) => `x${index}`);
  const feeds = Object.fromEntries(inputs.map((input, index) => [names[index]!, input]));
  const declare = (graph: Graph) =>
    build(...inputs.map(({ shape }, index) => graph.input(names[index]!, "float32", shape)));

  const forward = new Graph();
  const output = declare(forward);
  forward.output("y", output);
  const weights = randomTensor(output.shape as readonly number[], 77, -1, 1);
  const session = await cpu.createSession(serialize(forward));

  const graph = new Graph();
  const y = declare(graph);
  const weight = graph.constant("float32", weights.shape, weights.data);
  const loss = reduceSum(multiply(y, weight));
  graph.output("y", y);
  const targets = graph.inputs.slice();
  for (const [index, gradient] of gradients(loss, targets).entries()) {
    expect(gradient.shape).toEqual(targets[index]!.shape);
    graph.output(`gradient of ${names[index]}`, gradient);
  }
  const results = await runGraph(device, graph, feeds);

  try {
    expect(results.y!.shape).toEqual(output.shape);
    // On the CPU it would be compared with itself; tests of values have their own expectations.
    if (device.name !== "cpu") {
      const onCpu = (await session.run(feeds)).y!;
      expectClose(numbers(results.y), numbers(onCpu), 1e-4, "output");
    }
    for (const [index, input] of inputs.entries()) {
      const gradient = results[`gradient of ${names[index]}`]!;
      expect(gradient.shape).toEqual(input.shape);
      const measured = numbers(gradient).filter((_, element) => element % every === 0);
      const expected = await differences(session, feeds, names[index]!, weights, step, every);
      expectClose(measured, expected, tolerance, `gradient of input ${index}`);
    }
  } finally {
    await session.release();
  }
}

/**
 * Expects equal numbers up to a share of the largest expected one.
 *
 * @param floor what the largest number counts as at least: for values that are zero but for
 *   rounding in something larger that they come from
 */
export function expectClose(
  actual: readonly number[],
  expected: readonly number[],
  tolerance: number,
  what: string,
  floor = 0,
): void {
  expect(actual.length, what).toBe(expected.length);
  const largest = expected.reduce((max, each) => Math.max(max, Math.abs(each)), floor);
  const worst = actual.reduce(
    (at, each, index) => {
      const error = Math.abs(each - expected[index]!);
      return error <= at.error ? at : { error, index };
    },
    { error: 0, index: 0 },
  );
  const message = `${what}[${worst.index}] = ${actual[worst.index]}, expected ${expected[worst.index]}`;
  expect(actual.every(Number.isFinite), `${what} is finite`).toBe(true);
  expect(worst.error, message).toBeLessThanOrEqual(tolerance * largest);
}

async function differences(
  session: TestSession,
  feeds: Readonly<Record<string, TensorValue>>,
  name: string,
  weights: TensorValue,
  step: number,
  every: number,
): Promise<number[]> {
  const { shape, data } = feeds[name]!;
  const loss = async (element: number, change: number) => {
    const moved = Float32Array.from(data as Float32Array);
    moved[element]! += change;
    const y = (await session.run({ ...feeds, [name]: tensor(shape, moved) })).y!;
    // Summed in double precision, so that only the operator's own rounding remains.
    const sum = numbers(y).reduce(
      (total, each, index) => total + each * (weights.data[index] as number),
      0,
    );
    return { at: moved[element]!, sum };
  };
  const result: number[] = [];
  for (let element = 0; element < data.length; element += every) {
    const above = await loss(element, step);
    const below = await loss(element, -step);
    result.push((above.sum - below.sum) / (above.at - below.at));
  }
  return result;
}
