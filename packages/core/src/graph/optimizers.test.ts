import { describe, expect, test } from "vitest";
import { cpu, describeOnDevices, numbers, runGraph, tensor } from "../testing/devices.js";
import { expectClose } from "../testing/gradient-check.js";
import { Graph } from "./graph.js";
import {
  clippingFactor,
  globalNorm,
  type OptimizerOptions,
  optimizerStateNames,
  optimizerUpdate,
} from "./optimizers.js";
import { serialize } from "./serialize.js";
import type { TensorValue } from "./session.js";

const start = [1, -2, 0.5, 0];
/** Gradients of five steps; the third is zero for one element, signs change. */
const gradientsOfSteps = [
  [0.5, -1, 2, 0.01],
  [-0.25, -1, 1, 0.02],
  [0, 3, -0.5, -0.01],
  [1, 0.125, 0.75, 0.3],
  [-2, 0.5, 0.25, -0.1],
];
const learningRates = [0.1, 0.1, 0.05, 0.05, 0.2];

/** One element's next value and state, in double precision. `t` counts from 1. */
type Formula = (p: number, g: number, s: number[], lr: number, t: number) => [number, number[]];

const formulas: readonly [OptimizerOptions, number, Formula][] = [
  [{ type: "sgd", momentum: 0 }, 0, (p, g, _, lr) => [p - lr * g, []]],
  [
    { type: "sgd" },
    1,
    (p, g, [v], lr) => {
      const velocity = 0.9 * v! + g;
      return [p - lr * velocity, [velocity]];
    },
  ],
  [
    { type: "sgd", momentum: 0.5, weightDecay: 0.1 },
    1,
    (p, g, [v], lr) => {
      const velocity = 0.5 * v! + (g + 0.1 * p);
      return [p - lr * velocity, [velocity]];
    },
  ],
  [{ type: "adam" }, 2, (p, g, s, lr, t) => adam(p, g, s, lr, t, 0.9, 0.999, 1e-8)],
  [
    { type: "adam", beta1: 0.5, beta2: 0.9, epsilon: 1e-3, weightDecay: 0.2 },
    2,
    (p, g, s, lr, t) => adam(p, g + 0.2 * p, s, lr, t, 0.5, 0.9, 1e-3),
  ],
  [
    { type: "adamw" },
    2,
    (p, g, s, lr, t) => adam(p * (1 - lr * 0.01), g, s, lr, t, 0.9, 0.999, 1e-8),
  ],
  [
    { type: "adamw", weightDecay: 0.5, beta1: 0.8 },
    2,
    (p, g, s, lr, t) => adam(p * (1 - lr * 0.5), g, s, lr, t, 0.8, 0.999, 1e-8),
  ],
  [{ type: "adadelta" }, 2, (p, g, s, lr) => adadelta(p, g, s, lr, 0.9, 1e-6)],
  [
    { type: "adadelta", rho: 0.95, epsilon: 1e-4, weightDecay: 0.1 },
    2,
    (p, g, s, lr) => adadelta(p, g + 0.1 * p, s, lr, 0.95, 1e-4),
  ],
];

/** Kingma & Ba 2015, algorithm 1. */
function adam(
  p: number,
  g: number,
  [m, v]: number[],
  lr: number,
  t: number,
  beta1: number,
  beta2: number,
  epsilon: number,
): [number, number[]] {
  const first = beta1 * m! + (1 - beta1) * g;
  const second = beta2 * v! + (1 - beta2) * g * g;
  const unbiased = second / (1 - beta2 ** t);
  const change = (lr * (first / (1 - beta1 ** t))) / (Math.sqrt(unbiased) + epsilon);
  return [p - change, [first, second]];
}

/** Zeiler 2012, algorithm 1, with a learning rate. */
function adadelta(
  p: number,
  g: number,
  [square, accumulated]: number[],
  lr: number,
  rho: number,
  epsilon: number,
): [number, number[]] {
  const nextSquare = rho * square! + (1 - rho) * g * g;
  const delta = (Math.sqrt(accumulated! + epsilon) / Math.sqrt(nextSquare + epsilon)) * g;
  return [p - lr * delta, [nextSquare, rho * accumulated! + (1 - rho) * delta * delta]];
}

describeOnDevices("Optimizers", (device) => {
  test.each(formulas)("%o takes the steps of its formula", async (options, states, formula) => {
    const length = start.length;
    const graph = new Graph();
    const input = (name: string) => graph.input(name, "float32", [length]);
    const names = optimizerStateNames(options);
    expect(names.length).toBe(states);
    const update = optimizerUpdate(options, {
      parameter: input("parameter"),
      gradient: input("gradient"),
      state: names.map(input),
      learningRate: graph.input("learning_rate", "float32", []),
      step: graph.input("step", "float32", []),
    });
    graph.output("parameter/next", update.parameter);
    names.forEach((name, index) => {
      graph.output(`${name}/next`, update.state[index]!);
    });
    const session = await device.createSession(serialize(graph));

    let carried: Record<string, TensorValue> = { parameter: tensor([length], start) };
    for (const name of names) carried[name] = tensor([length], new Float32Array(length));
    let expected = start.map((p): [number, number[]] => [p, names.map(() => 0)]);
    for (const [index, gradient] of gradientsOfSteps.entries()) {
      const results = await session.run({
        ...carried,
        gradient: tensor([length], gradient),
        learning_rate: tensor([], [learningRates[index]!]),
        step: tensor([], [index + 1]),
      });
      carried = Object.fromEntries(
        ["parameter", ...names].map((name) => [name, results[`${name}/next`]!]),
      );
      expected = expected.map(([p, s], element) =>
        formula(p, gradient[element]!, s, learningRates[index]!, index + 1),
      );
      // Adam divides by the root of a tiny second moment: float32 costs a few digits there.
      const parameters = expected.map(([p]) => p);
      expectClose(numbers(carried.parameter), parameters, 5e-5, `parameter, step ${index + 1}`);
      names.forEach((name, position) => {
        const state = expected.map(([, s]) => s[position]!);
        expectClose(numbers(carried[name]), state, 1e-5, `${name}, step ${index + 1}`);
      });
    }
    await session.release();
  });
});

describe("clipping by the global norm", () => {
  async function clip(maximum: number) {
    const graph = new Graph();
    const gradients = [
      graph.constant("float32", [2, 2], Float32Array.of(1, -2, 4, 2)),
      graph.constant("float32", [], Float32Array.of(12)),
    ];
    // 1 + 4 + 16 + 4 + 144 = 169
    const norm = globalNorm(gradients);
    graph.output("norm", norm);
    graph.output("factor", clippingFactor(norm, maximum));
    const results = await runGraph(cpu, graph);
    return { norm: numbers(results.norm), factor: numbers(results.factor) };
  }

  test("shrinks a gradient that is too long", async () => {
    const { norm, factor } = await clip(6.5);
    expect(norm).toEqual([13]);
    expect(factor[0]).toBeCloseTo(0.5, 6);
  });

  test("leaves a short one alone", async () => {
    expect((await clip(13.5)).factor).toEqual([1]);
    expect((await clip(1000)).factor).toEqual([1]);
  });
});

test("the number of state tensors must fit", () => {
  const graph = new Graph();
  const value = graph.input("x", "float32", [1]);
  const inputs = { parameter: value, gradient: value, learningRate: value, step: value };
  expect(() => optimizerUpdate({ type: "adam" }, { ...inputs, state: [value] })).toThrow(
    "adam: expected 2 state tensors but received 1",
  );
  expect(() => globalNorm([])).toThrow("expected at least one gradient");
});
