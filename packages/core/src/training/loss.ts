import type { Graph, Value } from "../graph/graph.js";
import { add, divide, maximum, reduceMean, reduceSum, scale } from "../graph/operators/index.js";
import { allPictures, type MeasureSet } from "../objective/measures.js";
import type { Judgement } from "../objective/objective.js";

/**
 * The means of the measures that make up the loss, by name: scalars.
 *
 * @param countOf what to divide by, from the name of a weight and its values: by default their sum,
 *   or 1 in a batch without any picture that counts, whose mean is 0
 */
export function meansOfTerms(
  graph: Graph,
  { loss, values, weights }: Judgement,
  { measures }: MeasureSet,
  countOf = (_weight: string, counting: Value) => maximum(reduceSum(counting), graph.scalar(1)),
): ReadonlyMap<string, Value> {
  return new Map(
    loss.map(({ measure }) => {
      const over = measures.find(({ name }) => name === measure)?.averagedOver;
      const each = values[measure];
      if (!each || over === undefined) throw new RangeError(`The loss has no measure ${measure}`);
      if (over === allPictures) return [measure, reduceMean(each)];
      const counting = weights[over];
      if (!counting)
        throw new RangeError(`There are no weights ${over} to average ${measure} over`);
      const count = countOf(over, counting);
      return [measure, divide(reduceSum(each), count)];
    }),
  );
}

/** The sum of the terms, each times its factor: the scalar to minimise. */
export function totalLoss(means: ReadonlyMap<string, Value>, { loss }: Judgement): Value {
  const terms = loss.flatMap(({ measure, factor }) => {
    const mean = means.get(measure)!;
    if (factor === 0) return [];
    return factor === 1 ? mean : scale(mean, factor);
  });
  const [first, ...rest] = terms;
  if (!first)
    throw new RangeError("Expected a loss of at least one term with a factor other than 0");
  return rest.reduce((sum, term) => add(sum, term), first);
}
