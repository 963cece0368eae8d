// Contenders of one name may come in variants (memory layouts, compilers): the best one counts.

import { duration, figures, percent, range, ratio, table } from "./table.mjs";

/**
 * Summary of one case.
 *
 * @param measured what `interleave` gave, without the physical limit's contenders
 * @param operations floating-point operations of the work
 * @param limit `{ gigaflops }`, the physical limit
 */
export function compare(measured, operations, limit) {
  const contenders = measured
    .map(({ contender, seconds, peakMemoryMiB }) => ({
      name: contender.name,
      variant: contender.variant,
      seconds,
      gigaflops: operations / seconds.median / 1e9,
      shareOfLimit: operations / seconds.median / 1e9 / limit.gigaflops,
      peakMemoryMiB,
    }))
    .sort((one, other) => one.seconds.median - other.seconds.median);
  const best = new Map();
  for (const each of contenders) if (!best.has(each.name)) best.set(each.name, each);
  const ours = best.get("ours");
  const ratios = Object.fromEntries(
    [...best.values()]
      .filter((each) => each !== ours)
      .map((each) => [each.name, each.seconds.median / ours.seconds.median]),
  );
  return { contenders, ratios };
}

/** Rows of a table for the cases: our speed as a multiple of each other contender's. */
export function comparisonTable(cases) {
  const rows = cases.flatMap((each) => each.contenders.map((contender) => ({ each, contender })));
  const isBest = ({ each, contender }) =>
    each.contenders.find(({ name }) => name === contender.name) === contender;
  return table(
    [
      ["case", ({ each, contender }) => (contender === each.contenders[0] ? each.name : "")],
      ["contender", ({ contender }) => labelOf(contender)],
      ["median", ({ contender }) => duration(contender.seconds.median)],
      ["range", ({ contender }) => range(contender.seconds)],
      ["GFLOP/s", ({ contender }) => figures(contender.gigaflops)],
      ["of sgemm", ({ contender }) => percent(contender.shareOfLimit)],
      ["memory MiB", ({ contender }) => contender.peakMemoryMiB ?? ""],
      ["ours is", (row) => (isBest(row) ? ratio(row.each.ratios[row.contender.name]) : "")],
    ],
    rows,
  );
}

function labelOf({ name, variant }) {
  return variant ? `${name}, ${variant}` : name;
}
