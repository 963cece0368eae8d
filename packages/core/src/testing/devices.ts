// The devices that tests run graphs on: real ONNX Runtime sessions, no stand-ins. The CPU is always
// there; WebGPU is used where ONNX Runtime finds an adapter (a software one counts).

import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { promisify } from "node:util";
import * as ort from "onnxruntime-node";
import { describe, test } from "vitest";
import type { Graph } from "../graph/graph.js";
import { serialize } from "../graph/serialize.js";
import type { DataType, TensorArray, TensorValue } from "../graph/session.js";

export interface TestDevice {
  readonly name: "cpu" | "webgpu";
  createSession(model: Uint8Array): Promise<TestSession>;
}

export interface TestSession {
  /** Names and shapes of the outputs as the engine understood the model, symbolic axes by name. */
  readonly outputs: Readonly<Record<string, readonly (number | string)[]>>;
  run(feeds: Readonly<Record<string, TensorValue>>): Promise<Record<string, TensorValue>>;
  release(): Promise<void>;
}

/** Where Debian's chromium keeps the driver of its software Vulkan device. */
const SOFTWARE_VULKAN = "/usr/lib/chromium/vk_swiftshader_icd.json";
if (!process.env.VK_DRIVER_FILES && existsSync(SOFTWARE_VULKAN)) {
  process.env.VK_DRIVER_FILES = SOFTWARE_VULKAN;
}

export const cpu: TestDevice = device("cpu");

const webgpuProblem = await problemWithWebgpu();

/**
 * Declares the tests of `body` once for each device of this machine; a device that is missing
 * shows up as a skipped test that says why.
 */
export function describeOnDevices(title: string, body: (device: TestDevice) => void): void {
  describe(`${title} on cpu`, () => body(cpu));
  describeBesideCpu(title, body);
}

/** The same without the CPU, for tests that compare devices with it: it always equals itself. */
export function describeBesideCpu(title: string, body: (device: TestDevice) => void): void {
  if (webgpuProblem === undefined) describe(`${title} on webgpu`, () => body(device("webgpu")));
  else test.skip(`${title} on webgpu (no adapter: ${webgpuProblem})`);
}

/** Loads a graph, runs it once and returns its outputs. */
export async function runGraph(
  on: TestDevice,
  graph: Graph,
  feeds: Readonly<Record<string, TensorValue>> = {},
): Promise<Record<string, TensorValue>> {
  const session = await on.createSession(serialize(graph));
  try {
    return await session.run(feeds);
  } finally {
    await session.release();
  }
}

/** A float32 tensor of the given values. */
export function tensor(shape: readonly number[], values: Iterable<number>): TensorValue {
  return { type: "float32", shape, data: Float32Array.from(values) };
}

/** The values of an output as plain numbers. */
export function numbers(value: TensorValue | undefined): number[] {
  if (!value) throw new TypeError("The graph has no such output");
  return Array.from(value.data as Float32Array, Number);
}

function device(name: TestDevice["name"]): TestDevice {
  return {
    name,
    async createSession(model) {
      const session = await ort.InferenceSession.create(model, {
        executionProviders: [name],
        intraOpNumThreads: 1,
        logSeverityLevel: 3,
      });
      return {
        outputs: Object.fromEntries(
          session.outputMetadata.map((output) => [
            output.name,
            output.isTensor ? output.shape : [],
          ]),
        ),
        async run(feeds) {
          const results = await session.run(
            Object.fromEntries(Object.entries(feeds).map(([key, value]) => [key, toOrt(value)])),
          );
          return Object.fromEntries(
            Object.entries(results).map(([key, { type, dims, data }]) => [
              key,
              { type: type as DataType, shape: dims, data: data as TensorArray },
            ]),
          );
        },
        release: () => session.release(),
      };
    },
  };
}

function toOrt({ type, data, shape }: TensorValue): ort.Tensor {
  return new ort.Tensor(type as "float32", data as Float32Array, shape);
}

/** Undefined if WebGPU works here. Asked in a process of its own: a failing driver may abort it. */
async function problemWithWebgpu(): Promise<string | undefined> {
  const { Graph } = await import("../graph/graph.js");
  const graph = new Graph();
  graph.output("y", graph.scalar(1));
  const model = Buffer.from(serialize(graph)).toString("base64");
  const script = `
    const ort = require("onnxruntime-node");
    ort.InferenceSession.create(Buffer.from("${model}", "base64"), {
      executionProviders: ["webgpu"], logSeverityLevel: 4,
    }).then(
      () => process.exit(0),
      (error) => { console.error(error.message); process.exit(1); },
    );`;
  try {
    await promisify(execFile)(process.execPath, ["-e", script], {
      cwd: import.meta.dirname,
      timeout: 30_000,
    });
    return undefined;
  } catch (error) {
    const { stderr } = error as { stderr?: string };
    return stderr?.trim().split("\n").at(-1) || String(error);
  }
}
