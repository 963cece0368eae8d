// Parts of a network that learn more slowly than the rest, or not at all, chosen by parameter name.

import type { ParameterSpecification } from "../network/parameters.js";
import { UserError } from "../user-error.js";

/** Parameters whose learning rate is the run's times a factor. */
export interface ParameterGroup {
  /**
   * A name such as `fusion.global.weight`, the beginning of one up to a dot (`low_level`,
   * `global.hidden.0`), or a pattern in which `*` stands for any characters (`encoder.*`).
   */
  readonly pattern: string;
  /** 0 or more; 0 freezes. */
  readonly learningRateFactor: number;
}

/** Whether a parameter belongs to the group of a pattern. */
export function matchesPattern(pattern: string, parameter: string): boolean {
  if (!pattern.includes("*")) return parameter === pattern || parameter.startsWith(`${pattern}.`);
  const parts = pattern.split("*").map((part) => part.replace(/[\\^$.+?()[\]{}|]/g, "\\$&"));
  return new RegExp(`^${parts.join(".*")}$`).test(parameter);
}

/** The factor of a parameter: that of the last group it belongs to, 1 if there is none. */
export function learningRateFactor(groups: readonly ParameterGroup[], parameter: string): number {
  const group = groups.findLast(({ pattern }) => matchesPattern(pattern, parameter));
  return group?.learningRateFactor ?? 1;
}

/**
 * @param parameters all of the network's
 * @throws UserError if a pattern matches none of them, a factor is negative, or nothing would learn
 */
export function checkParameterGroups(
  groups: readonly ParameterGroup[],
  parameters: readonly ParameterSpecification[],
): void {
  for (const { pattern, learningRateFactor: factor } of groups) {
    if (!Number.isFinite(factor) || factor < 0) {
      throw new UserError(
        "option-invalid",
        `Expected a learning-rate factor of 0 or more for ${pattern} but received ${factor}.`,
      );
    }
    if (parameters.some(({ name }) => matchesPattern(pattern, name))) continue;
    const parts = [...new Set(parameters.map(({ name }) => name.split(".")[0]))];
    throw new UserError(
      "option-invalid",
      `No parameter of this network is named ${pattern}. Names begin with ${parts.join(", ")}; * stands for any characters.`,
    );
  }
  const learns = ({ name, trainable }: ParameterSpecification) =>
    trainable && learningRateFactor(groups, name) > 0;
  if (!parameters.some(learns)) {
    throw new UserError(
      "option-invalid",
      "All parameters are frozen, so that nothing would learn: freeze fewer.",
    );
  }
}
