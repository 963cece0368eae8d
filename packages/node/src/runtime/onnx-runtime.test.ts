import { execFile } from "node:child_process";
import { availableParallelism } from "node:os";
import { promisify } from "node:util";
import {
  add,
  convolution,
  type DataType,
  type DeviceTensor,
  Graph,
  gradients,
  multiply,
  type OptimizerOptions,
  optimizerStateNames,
  optimizerUpdate,
  reduceSum,
  serialize,
  subtract,
  type TensorArray,
  type TensorValue,
} from "@let-there-be-color/core/graph";
import { UserError } from "@let-there-be-color/core/user-error";
import { describe, expect, test } from "vitest";
import { problemWithWebgpu } from "../testing/webgpu.js";
import { MOST_THREADS } from "./most-threads.js";
import { createRuntime } from "./onnx-runtime.js";

const webgpuProblem = await problemWithWebgpu();

function float(...values: number[]): TensorValue {
  return { type: "float32", shape: [values.length], data: Float32Array.from(values) };
}

function scalar(value: number): TensorValue {
  return { type: "float32", shape: [], data: Float32Array.of(value) };
}

async function values(tensor: TensorValue | DeviceTensor | undefined): Promise<number[]> {
  if (!tensor) throw new TypeError("The graph has no such output");
  const { data } = "onDevice" in tensor ? await tensor.read() : tensor;
  return Array.from(data as Float32Array, Number);
}

/** y = x + x */
function doubling(): Uint8Array {
  const graph = new Graph();
  const x = graph.input("x", "float32", ["N"]);
  graph.output("y", add(x, x));
  return serialize(graph);
}

describe("on the CPU", () => {
  test("runs a graph", async () => {
    const runtime = await createRuntime({ threads: 1 });
    expect(runtime).toMatchObject({ device: "cpu", threads: 1 });
    const session = await runtime.createSession(doubling());
    expect(session.inputNames).toEqual(["x"]);
    expect(session.outputNames).toEqual(["y"]);
    const { y } = await session.run({ x: float(1, -2, 3) });
    expect(y).toEqual({ type: "float32", shape: [3], data: Float32Array.of(2, -4, 6) });
    await session.release();
  });

  test.each([1, 2])("takes tiny results for zero on all of %d threads", async (threads) => {
    // What the calling thread does is settled by a process's first session.
    const program = `
      import { Graph, multiply, serialize } from "@let-there-be-color/core/graph";
      import { createRuntime } from ${JSON.stringify(new URL("./onnx-runtime.js", import.meta.url).href)};
      const graph = new Graph();
      graph.output("y", multiply(graph.input("x", "float32", ["N"]), graph.scalar(0.5)));
      const session = await (await createRuntime({ threads: ${threads} })).createSession(serialize(graph));
      const data = new Float32Array(1_000_000).fill(2e-38).fill(4e-38, 500_000);
      const { y } = await session.run({ x: { type: "float32", shape: [data.length], data } });
      console.log(JSON.stringify([...new Set(y.data)].map((value) => value.toPrecision(3))));`;
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ["--input-type=module", "--eval", program],
      { cwd: import.meta.dirname },
    );
    expect(JSON.parse(stdout)).toEqual(["0.00", "2.00e-38"]);
  });

  test.each<[DataType, TensorArray]>([
    ["float32", Float32Array.of(1.5, -2)],
    ["float16", Uint16Array.of(0x3c00, 0xc000)],
    ["int64", BigInt64Array.of(-1n, 2n ** 60n)],
    ["int32", Int32Array.of(-1, 2 ** 30)],
    ["uint8", Uint8Array.of(0, 255)],
    ["bool", Uint8Array.of(0, 1)],
  ])("%s goes in and comes out unchanged", async (type, data) => {
    const graph = new Graph();
    graph.output("y", graph.input("x", type, [2]));
    const runtime = await createRuntime({ threads: 1 });
    const session = await runtime.createSession(serialize(graph));
    const { y } = await session.run({ x: { type, shape: [2], data } });
    await session.release();
    expect(y).toMatchObject({ type, shape: [2] });
    const bits = (array: TensorArray) =>
      Buffer.from(array.buffer as ArrayBuffer, array.byteOffset, array.byteLength).toString("hex");
    expect(bits((y as TensorValue).data)).toBe(bits(data));
  });

  test("uses all cores unless told otherwise", async () => {
    expect((await createRuntime()).threads).toBe(availableParallelism());
  });

  test.each([0, -1, 1.5, Number.NaN, MOST_THREADS + 1])("refuses %d threads", async (threads) => {
    await expect(createRuntime({ threads })).rejects.toThrow(
      new UserError(
        "option-invalid",
        `Expected a whole number of \`threads\` from 1 to ${MOST_THREADS} (on this machine, which has ${availableParallelism()} cores) but received ${threads}.`,
      ),
    );
  });

  test("a file that is no model is refused", async () => {
    const runtime = await createRuntime({ threads: 1 });
    await expect(runtime.createSession(Uint8Array.of(1, 2, 3))).rejects.toThrow();
  });

  test("tensors of another engine cannot be fed", async () => {
    const runtime = await createRuntime({ threads: 1 });
    const session = await runtime.createSession(doubling());
    const foreign: DeviceTensor = {
      onDevice: true,
      type: "float32",
      shape: [1],
      read: () => Promise.reject(new Error("unreadable")),
      release: () => {},
    };
    await expect(session.run({ x: foreign })).rejects.toThrow(
      "A tensor kept on a device can only be fed to the engine that made it",
    );
    await session.release();
  });
});

/** Minimises the sum of (p - target)^2 in double precision: parameters, then states, after `steps`. */
function minimized(options: OptimizerOptions, start: number[], target: number[], steps: number) {
  const rate = 0.1;
  const elements = start.map((first, i) => {
    let [p, one, other] = [first, 0, 0];
    for (let t = 1; t <= steps; t++) {
      const g = 2 * (p - target[i]!);
      if (options.type === "sgd") {
        one = options.momentum! * one + g;
        p -= rate * one;
      } else if (options.type === "adadelta") {
        one = 0.9 * one + 0.1 * g * g;
        const change = Math.sqrt((other + 1e-6) / (one + 1e-6)) * g;
        other = 0.9 * other + 0.1 * change * change;
        p -= rate * change;
      } else {
        if (options.type === "adamw") p *= 1 - rate * 0.01;
        one = 0.9 * one + 0.1 * g;
        other = 0.999 * other + 0.001 * g * g;
        p -= (rate * (one / (1 - 0.9 ** t))) / (Math.sqrt(other / (1 - 0.999 ** t)) + 1e-8);
      }
    }
    return options.type === "sgd" ? [p, one] : [p, one, other];
  });
  return elements[0]!.flatMap((_, kind) => elements.map((values) => values[kind]!));
}

const optimizers: readonly OptimizerOptions[] = [
  { type: "sgd", momentum: 0.5 },
  { type: "adam" },
  { type: "adamw" },
  { type: "adadelta" },
];

describe.each(["cpu", "webgpu"] as const)("parameters and state kept by %s", (device) => {
  const reason = device === "webgpu" ? webgpuProblem : undefined;
  const title = (text: string) => (reason ? `${text} (no adapter: ${reason})` : text);

  test.skipIf(reason)(title("can be fed back, read and released"), async () => {
    const runtime = await createRuntime({ device, threads: 1 });
    const session = await runtime.createSession(doubling(), { keepOnDevice: ["y"] });
    const once = (await session.run({ x: float(1, -2, 3) })).y as DeviceTensor;
    expect(once).toMatchObject({ onDevice: true, type: "float32", shape: [3] });
    const twice = (await session.run({ x: once })).y as DeviceTensor;
    once.release();
    expect(await values(twice)).toEqual([4, -8, 12]);
    // Reading leaves it where it is.
    expect(await values((await session.run({ x: twice })).y)).toEqual([8, -16, 24]);
    twice.release();
    await session.release();
  });

  test.skipIf(reason).each(optimizers)(title("carry $type from step to step"), async (options) => {
    // Least squares: the loss is the sum of (p - target)^2.
    const graph = new Graph();
    const input = (name: string) => graph.input(name, "float32", [3]);
    const parameter = input("p");
    const target = graph.constant("float32", [3], Float32Array.of(1, -1, 0.5));
    const difference = subtract(parameter, target);
    const loss = reduceSum(multiply(difference, difference));
    const names = optimizerStateNames(options);
    const update = optimizerUpdate(options, {
      parameter,
      gradient: gradients(loss, [parameter])[0]!,
      state: names.map(input),
      learningRate: graph.input("learning_rate", "float32", []),
      step: graph.input("step", "float32", []),
    });
    graph.output("p/next", update.parameter);
    names.forEach((name, index) => {
      graph.output(`${name}/next`, update.state[index]!);
    });
    graph.output("loss", loss);
    const model = serialize(graph);
    const carried = ["p", ...names];

    const runtime = await createRuntime({ device, threads: 1 });
    const keepOnDevice = carried.map((name) => `${name}/next`);
    const session = await runtime.createSession(model, { keepOnDevice });
    const start = [0, 0, 2];
    let state: Record<string, TensorValue | DeviceTensor> = Object.fromEntries(
      carried.map((name) => [name, name === "p" ? float(...start) : float(0, 0, 0)]),
    );
    const losses: number[] = [];
    for (let step = 1; step <= 4; step++) {
      const results = await session.run({
        ...state,
        step: scalar(step),
        learning_rate: scalar(0.1),
      });
      losses.push(...(await values(results.loss)));
      for (const each of Object.values(state)) if ("onDevice" in each) each.release();
      state = Object.fromEntries(carried.map((name) => [name, results[`${name}/next`]!]));
      expect(Object.values(state).every((each) => "onDevice" in each)).toBe(true);
    }
    const final = (await Promise.all(carried.map((name) => values(state[name])))).flat();
    for (const each of Object.values(state)) if ("onDevice" in each) each.release();
    await session.release();
    const expected = minimized(options, start, [1, -1, 0.5], 4);
    expect(final.length).toBe(expected.length);
    final.forEach((value, index) => {
      expect(value).toBeCloseTo(expected[index]!, 4);
    });
    expect(losses[0]).toBeCloseTo(4.25, 5);
    expect(losses.at(-1)!).toBeLessThan(losses[0]!);
  });
});

test("a model that WebGPU would compute wrongly is refused there", async () => {
  const graph = new Graph();
  const weight = graph.constant("float32", [4, 6, 3, 3], new Float32Array(4 * 6 * 9));
  graph.output("y", convolution(graph.input("x", "float32", ["N", 6, "H", "W"]), weight));
  const runtime = await createRuntime({ device: "webgpu" });
  await expect(runtime.createSession(serialize(graph))).rejects.toThrow(
    "a convolution of 6 to 4 channels, which comes out wrong on WebGPU",
  );
});

test("a device that cannot be used says what to do", async () => {
  // Where CUDA is installed there is nothing to complain about.
  const runtime = await createRuntime({ device: "cuda" });
  const failure = await runtime.createSession(doubling()).then(
    (session) => session.release(),
    (error: unknown) => error,
  );
  if (failure === undefined) return;
  expect(failure).toBeInstanceOf(UserError);
  expect((failure as UserError).message).toMatch(
    /^The device cuda cannot be used on this machine \(.+\)\. Install its driver, or set `device` to cpu\.$/s,
  );
});
