// An exponential moving average of a network's parameters (Polyak & Juditsky 1992): over the last
// steps of a noisy descent it lies nearer to the minimum than the steps themselves.

import type { Value } from "../graph/graph.js";
import { add, divide, maximum, multiply, subtract, withAxes } from "../graph/operators/index.js";
import type { ParameterValues } from "../network/parameters.js";

/** Name of the average of a parameter, in checkpoints and graphs. */
export function averageName(parameter: string): string {
  return `${parameter}/average`;
}

/**
 * Appends the next averages, and an input for each present one. In the first steps the decay is less,
 * `(1 + step) / (10 + step)`, so that the random starting values are soon forgotten.
 *
 * @param next what the parameters are after the step, by name
 * @param step number of the step, from 1; float32 scalar
 * @returns next averages by parameter name
 */
export function movingAverage(
  next: ReadonlyMap<string, Value>,
  step: Value,
  decay: number,
): Map<string, Value> {
  const graph = step.graph;
  const early = divide(graph.scalar(9), add(step, graph.scalar(10)));
  const share = maximum(graph.scalar(1 - decay), early);
  return new Map(
    [...next].map(([name, value]) => {
      const average = graph.input(averageName(name), "float32", value.shape);
      const factor = withAxes(share, value.shape.length);
      return [name, add(average, multiply(subtract(value, average), factor))];
    }),
  );
}

/** What a state predicts with: averages where there are any, else the parameters themselves. */
export function averagedParameters(state: ParameterValues): ParameterValues {
  return new Map(
    [...state.keys()]
      .filter((name) => !name.includes("/"))
      .map((name) => [name, state.get(averageName(name)) ?? state.get(name)!]),
  );
}
