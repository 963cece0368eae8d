import type { Node, Value } from "../graph.js";

export interface GradientContext {
  readonly node: Node;
  /** d loss / d output, for each output; undefined where the loss does not depend on it. */
  readonly outputGradients: readonly (Value | undefined)[];
  /** Which inputs a gradient is wanted for: rules leave the others out, saving their work. */
  readonly needed: readonly boolean[];
}

/** Appends the gradient of one node; returns d loss / d input for each input that is needed. */
export type GradientRule = (context: GradientContext) => readonly (Value | undefined)[];

/** Attribute readers for rules: the operators beside them always write these attributes. */
export function intAttribute(node: Node, name: string): number {
  const attribute = node.attributes[name];
  if (!attribute || !("int" in attribute)) {
    throw new TypeError(`${node.operator} has no whole-number attribute ${name}`);
  }
  return attribute.int;
}

export function intsAttribute(node: Node, name: string): readonly number[] {
  const attribute = node.attributes[name];
  if (!attribute || !("ints" in attribute)) {
    throw new TypeError(`${node.operator} has no attribute ${name} with whole numbers`);
  }
  return attribute.ints;
}

export function floatAttribute(node: Node, name: string): number {
  const attribute = node.attributes[name];
  if (!attribute || !("float" in attribute)) {
    throw new TypeError(`${node.operator} has no floating-point attribute ${name}`);
  }
  return attribute.float;
}
