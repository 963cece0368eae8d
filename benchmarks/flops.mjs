// Floating-point operations that a network needs, counted from its graph: two (a multiplication and
// an addition) for each weight that meets each element of a convolution's or matrix product's
// output. Everything else (activations, normalisation, resizing) is not counted: a share of the
// physical limit says how much of the time the necessary products would need at full speed.

import { Graph } from "@let-there-be-color/core/graph";
import { buildNetwork, ParameterSource } from "@let-there-be-color/core/network";

/** Operations of a forward pass over `[batch, 1, height, width]`. */
export function forwardOperations(network, size) {
  return 2 * multiplications(network, size).all;
}

/**
 * Operations of a training step: the forward pass, the gradient of each weight and the gradient of
 * each layer's input take the same number, but nothing asks for the gradient of the picture.
 */
export function trainingOperations(network, size) {
  const { all, onThePicture } = multiplications(network, size);
  return 2 * (3 * all - onThePicture);
}

function multiplications(network, { batch, height, width }) {
  const graph = new Graph();
  // With the number of pictures left open, the graph is the network as it is defined, without the
  // shortcuts that a step of known size takes.
  const luminance = graph.input("luminance", "float32", ["N", 1, height, width]);
  buildNetwork(
    {
      config: network,
      parameters: ParameterSource.inputs(graph),
      mode: "inference",
      updatedStatistics: new Map(),
      noise: () => {
        throw new TypeError("Inference draws no noise");
      },
    },
    luminance,
  );
  return countMultiplications(graph, luminance, batch);
}

/**
 * Multiplications with parameters (the graph's inputs but `picture`): all, and those of layers that
 * see nothing but the picture.
 *
 * @param batch what the length "N" stands for
 */
export function countMultiplications(graph, picture, batch = 1) {
  const parameters = new Set(graph.inputs.filter((input) => input !== picture));
  const dependent = new Set(parameters);
  let all = 0;
  let onThePicture = 0;
  for (const node of graph.nodes) {
    const [x, weight] = node.inputs;
    const isProduct = ["Conv", "Gemm", "MatMul"].includes(node.operator);
    if (isProduct && parameters.has(weight)) {
      const elements = product(
        node.outputs[0].shape.map((length) => (length === "N" ? batch : length)),
      );
      const each = elements * weightsOfAnOutput(node, weight.shape);
      all += each;
      if (!dependent.has(x)) onThePicture += each;
    }
    if (node.inputs.some((input) => dependent.has(input))) {
      for (const output of node.outputs) dependent.add(output);
    }
  }
  return { all, onThePicture };
}

/** How many weights contribute to one element of the output. */
function weightsOfAnOutput({ operator, attributes }, shape) {
  if (operator === "Conv") return product(shape.slice(1));
  const transposed = operator === "Gemm" && attributes.transB?.int === 1;
  return transposed ? shape.at(-1) : shape.at(-2);
}

const product = (lengths) => lengths.reduce((total, length) => total * length, 1);
