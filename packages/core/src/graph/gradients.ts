// Reverse-mode differentiation: walks the nodes from the loss back to the targets and appends, for
// each, the nodes of its gradient rule. Rules stand beside their operators in ./operators.

import {
  type Composite,
  type CompositeGradient,
  type Graph,
  GraphError,
  type Node,
  type Value,
} from "./graph.js";
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
  for (const step of derivationSteps(graph).reverse()) {
    if (!step.inputs.some((input) => input && dependent.has(input.name))) continue;
    const outputGradients = step.outputs.map(({ name }) => accumulated.get(name));
    if (outputGradients.every((gradient) => gradient === undefined)) continue;
    const needed = step.inputs.map((input) => input !== undefined && dependent.has(input.name));
    accumulate(step.inputs, needed, step.rule(outputGradients, needed), accumulated);
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

/** A node, or a composite, with its rule. */
interface DerivationStep {
  readonly inputs: readonly (Value | undefined)[];
  readonly outputs: readonly Value[];
  readonly rule: CompositeGradient;
}

function derivationSteps(graph: Graph): DerivationStep[] {
  const steps: DerivationStep[] = [];
  const seen = new Set<Composite>();
  for (const node of graph.nodes) {
    const composite = graph.composites.get(node);
    if (!composite) {
      steps.push({
        ...node,
        rule: (outputGradients, needed) => applyRule(node, outputGradients, needed),
      });
    } else if (!seen.has(composite)) {
      seen.add(composite);
      steps.push({ ...composite, rule: composite.gradient });
    }
  }
  return steps;
}

function applyRule(
  node: Node,
  outputGradients: readonly (Value | undefined)[],
  needed: readonly boolean[],
): readonly (Value | undefined)[] {
  const rule = gradientRules[node.operator];
  if (!rule) throw new GraphError(`gradients: the operator ${node.operator} has no gradient rule`);
  return rule({ node, outputGradients, needed });
}

function accumulate(
  inputs: readonly (Value | undefined)[],
  needed: readonly boolean[],
  inputGradients: readonly (Value | undefined)[],
  accumulated: Map<string, Value>,
): void {
  inputs.forEach((input, index) => {
    const gradient = inputGradients[index];
    if (!input || !needed[index] || !gradient) return;
    const before = accumulated.get(input.name);
    accumulated.set(input.name, before ? add(before, gradient) : gradient);
  });
}
