// A large matrix product in ONNX Runtime: what the processor can do at most.

import { Graph, matMul, serialize } from "@let-there-be-color/core/graph";
import { createRuntime } from "../../packages/node/dist/runtime/onnx-runtime.js";
import { serve } from "../contender-process.mjs";

await serve(async ({ side, threads }) => {
  const graph = new Graph();
  const shape = [side, side];
  const left = graph.input("left", "float32", shape);
  const right = graph.input("right", "float32", shape);
  graph.output("product", matMul(left, right));
  const runtime = await createRuntime({ threads });
  const session = await runtime.createSession(serialize(graph));
  const matrix = () => ({
    type: "float32",
    shape,
    data: Float32Array.from({ length: side * side }, () => Math.random()),
  });
  const feeds = { left: matrix(), right: matrix() };
  return {
    facts: {},
    run: async () => {
      await session.run(feeds);
    },
  };
});
