// Reverse-mode differentiation: walks the nodes from the loss back to the targets and appends, for
// each, the nodes of its gradient rule. Rules stand beside their operators in ./operators.

import { type Graph, GraphError, type Node, type Value } from "./graph.js";
import { add } from "./operators/arithmetic.js";
import { gradientRules } from "./operators/gradient-rules.js";

/**
 * Appends the derivative of a scalar to its graph.
 *
 * @param loss a float32 value with a single element
 * @param targets inputs or intermediate values to differentiate with respect to
 * @returns for each target, d loss / d target, with the target's shape
 * @throws GraphError if the loss is not a scalar, does not depend on a target, or passes through an
 *   operator that has no gradient rule
 */
export function gradients(loss: Value, targets: readonly Value[]): Value[] {
  if (loss.shape.some((length) => length !== 1)) {
    throw new GraphError(
      `gradients: expected a loss with one element but ${loss.name} has shape [${loss.shape.join(", ")}]`,
    );
  }
  const graph = loss.graph;
  const dependent = dependentNames(graph, targets);
  const accumulated = new Map<string, Value>();
  accumulated.set(
    loss.name,
    graph.constant(
      "float32",
      loss.shape.map(() => 1),
      Float32Array.of(1),
    ),
  );
  // The rules append nodes: walk a copy of the forward part only.
  const forward = graph.nodes.slice();
  for (let index = forward.length - 1; index >= 0; index--) {
    const node = forward[index]!;
    if (!node.inputs.some((input) => input && dependent.has(input.name))) continue;
    const outputGradients = node.outputs.map(({ name }) => accumulated.get(name));
    if (outputGradients.every((gradient) => gradient === undefined)) continue;
    applyRule(node, outputGradients, dependent, accumulated);
  }
  return targets.map((target) => {
    const gradient = accumulated.get(target.name);
    if (!gradient) throw new GraphError(`gradients: the loss does not depend on ${target.name}`);
    return gradient;
  });
}

/** Those of `candidates` that `value` is computed from, in their order. */
export function dependencies(value: Value, candidates: readonly Value[]): Value[] {
  const used = new Set([value.name]);
  for (const node of value.graph.nodes.toReversed()) {
    if (!node.outputs.some(({ name }) => used.has(name))) continue;
    for (const input of node.inputs) if (input) used.add(input.name);
  }
  return candidates.filter(({ name }) => used.has(name));
}

function dependentNames(graph: Graph, targets: readonly Value[]): Set<string> {
  const dependent = new Set(targets.map(({ name }) => name));
  for (const node of graph.nodes) {
    if (node.inputs.some((input) => input && dependent.has(input.name))) {
      for (const output of node.outputs) dependent.add(output.name);
    }
  }
  return dependent;
}

function applyRule(
  node: Node,
  outputGradients: readonly (Value | undefined)[],
  dependent: ReadonlySet<string>,
  accumulated: Map<string, Value>,
): void {
  const rule = gradientRules[node.operator];
  if (!rule) throw new GraphError(`gradients: the operator ${node.operator} has no gradient rule`);
  const needed = node.inputs.map((input) => input !== undefined && dependent.has(input.name));
  const inputGradients = rule({ node, outputGradients, needed });
  node.inputs.forEach((input, index) => {
    const gradient = inputGradients[index];
    if (!input || !needed[index] || !gradient) return;
    const before = accumulated.get(input.name);
    accumulated.set(input.name, before ? add(before, gradient) : gradient);
  });
}
