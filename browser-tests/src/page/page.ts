// The page: colourises a picture, trains two steps, and reports.

import { lightnessOfSrgbGray } from "@let-there-be-color/core/color";
import { BandComposer, ColorModel, rankScenes } from "@let-there-be-color/core/colorize";
import type { Runtime } from "@let-there-be-color/core/graph";
import { createWebRuntime } from "./onnx-runtime-web.js";
import { paths, type Report, type Task } from "./report.js";
import { trainTwoSteps } from "./training.js";

async function work(): Promise<Report> {
  const task: Task = await (await fetch(paths.task)).json();
  const modules = await Promise.all(task.modules.map((path) => import(/* @vite-ignore */ path)));
  const runtime = createWebRuntime({ threads: task.threads });
  return {
    threads: runtime.threads,
    exports: modules.map((module) => Object.keys(module)),
    ...(await colorize(task, runtime)),
    steps: await trainTwoSteps(runtime),
  };
}

async function colorize({ width, height }: Task, runtime: Runtime) {
  const model = await ColorModel.load(await bytesOf(paths.model), runtime);
  const codes = await bytesOf(paths.gray);
  const picture = { width, height, codes, lightness: lightnessOfSrgbGray(8) };
  const analysis = await model.analyze(picture);
  await model.close();
  const pixels = new Uint8Array(width * height * 3);
  new BandComposer(picture, analysis.render(), {}, pixels).compose(0, height);
  const scenes = rankScenes(analysis.sceneLogits!, model.metadata.classes);
  return {
    pixels: Array.from(pixels),
    scenes: Object.fromEntries(scenes.map(({ name, probability }) => [name, probability])),
  };
}

async function bytesOf(path: string): Promise<Uint8Array> {
  return new Uint8Array(await (await fetch(path)).arrayBuffer());
}

const report = await work().catch(
  (error): Report => ({ failure: error instanceof Error ? `${error.stack}` : String(error) }),
);
await fetch(paths.report, { method: "POST", body: JSON.stringify(report) });
