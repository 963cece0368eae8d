// What is tried out. Each trial has a process of its own: drivers and engines may end the process that
// they fail in.

import type { Device } from "@let-there-be-color/core/graph";
import type { RuntimeOptions } from "../runtime/onnx-runtime.js";

/** A device that was asked to compute something. */
export interface DeviceTrial {
  /** Version of ONNX Runtime. */
  readonly onnxRuntime: string;
}

/** A model that has looked at a picture made up for it. */
export interface SelfTest {
  /** Size of the picture, of the model's working size, pixels. */
  readonly width: number;
  readonly height: number;
  /** As most pictures are colourised: arranged for this machine's kernels, if that can be. */
  readonly arranged: Timing;
  /** As single pictures are. */
  readonly plain: Timing;
  /** Names of the read-outs to choose from; none for models that predict one colour only. */
  readonly readOuts: readonly string[];
  /** What a person may say of a picture: "hints", "reference". */
  readonly guidance: readonly string[];
}

export interface Timing {
  /** From file to engine. */
  readonly loadMilliseconds: number;
  /** Median of some pictures, by the network alone. */
  readonly pictureMilliseconds: number;
}

export type Trial =
  | { readonly type: "device"; readonly device: Exclude<Device, "wasm"> }
  | { readonly type: "self-test"; readonly model: string; readonly options: RuntimeOptions };

/** Does a trial in this process. */
export async function doTrial(trial: Trial): Promise<DeviceTrial | SelfTest> {
  if (trial.type === "device") return tryDevice(trial.device);
  return testModel(trial.model, trial.options);
}

async function tryDevice(device: Exclude<Device, "wasm">): Promise<DeviceTrial> {
  const { env } = await import("onnxruntime-node");
  const { createRuntime } = await import("../runtime/onnx-runtime.js");
  const { add, Graph, serialize } = await import("@let-there-be-color/core/graph");
  const graph = new Graph();
  const x = graph.input("x", "float32", [1, 1, 1, 4]);
  graph.output("sum", add(x, x));
  const session = await (await createRuntime({ device, threads: 1 })).createSession(
    serialize(graph),
  );
  const value = {
    type: "float32",
    shape: [1, 1, 1, 4],
    data: Float32Array.of(1, 2, 3, 4),
  } as const;
  const { sum } = await session.run({ x: value });
  if (!sum || "onDevice" in sum || sum.data[3] !== 8) throw new Error("it computes wrong sums");
  await session.release();
  return { onnxRuntime: env.versions.node ?? env.versions.common };
}

async function testModel(path: string, options: RuntimeOptions): Promise<SelfTest> {
  const { loadColorModel } = await import("../color-model.js");
  await import("../runtime/onnx-runtime.js"); // once for a process, whatever it loads
  const time = async (pictures: number) => {
    const start = performance.now();
    const model = await loadColorModel(path, options, { pictures });
    const loadMilliseconds = Math.round(performance.now() - start);
    const { workingSize } = model.metadata;
    const picture = madeUpPicture(Math.round((workingSize * 4) / 3), workingSize);
    const times: number[] = [];
    for (let run = 0; run < 6; run++) {
      const begun = performance.now();
      (await model.analyze(picture)).render();
      times.push(performance.now() - begun);
    }
    const sorted = times.slice(1).sort((a, b) => a - b); // the first run warms up
    const timing: Timing = {
      loadMilliseconds,
      pictureMilliseconds: Number(sorted[2]!.toPrecision(3)),
    };
    return { model, timing };
  };
  const plain = await time(1);
  await plain.model.close();
  const arranged = await time(Number.POSITIVE_INFINITY);
  const { model } = arranged;
  const { workingSize } = model.metadata;
  const takes = (kind: "hints" | "reference") => {
    try {
      model.assertTakes(kind);
      return true;
    } catch {
      return false;
    }
  };
  const result: SelfTest = {
    width: Math.round((workingSize * 4) / 3),
    height: workingSize,
    arranged: arranged.timing,
    plain: plain.timing,
    readOuts: Object.keys(model.readOuts ?? {}),
    guidance: (["hints", "reference"] as const).filter(takes),
  };
  await model.close();
  return result;
}

/** A sky that pales towards a horizon, and hills of some texture. */
function madeUpPicture(width: number, height: number) {
  const lightness = Float32Array.from({ length: width * height }, (_, i) => {
    const [x, y] = [(i % width) / width, Math.floor(i / width) / height];
    const hill = 0.6 + 0.1 * Math.sin(7 * x);
    return y < hill ? 60 + 50 * y : 35 + 15 * Math.sin(90 * x) * Math.sin(70 * y);
  });
  return { width, height, lightness };
}
