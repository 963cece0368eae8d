// What `train-step` and `inference` have in common: cases of a network, contenders for each, in
// turn with the physical limit.

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeSpecification } from "./case.mjs";
import { compare } from "./comparison.mjs";
import { prepareAll } from "./contenders.mjs";
import { efforts, exclusively, interleave, progress } from "./interleave.mjs";
import { ProductLimit } from "./sgemm.mjs";

/**
 * @param options `cases` names for `parseCase`; `candidates(specification)` starts the contenders,
 *   one of them called "ours"; `settings(specification)` is added to what they are told;
 *   `operations(specification)` counts; `effort` may change {@link efforts}; `check(measured, specification)` throws if the contenders
 *   did not compute the same
 * @returns summaries of the cases, and in `missing` lines about contenders that could not take part
 */
export async function compareNetworks(options) {
  const { cases, pytorch, quick, lock, candidates, operations, check } = options;
  const missing = new Set();
  const summaries = [];
  const folder = await mkdtemp(join(tmpdir(), "ltbc-benchmark-"));
  const limit = await ProductLimit.start({ pytorch, quick });
  try {
    for (const name of cases) {
      progress(name);
      const written = await writeSpecification(folder, name);
      const specification = { ...written, ...options.settings?.(written) };
      const competitors = await exclusively(lock, () =>
        prepareAll(candidates(specification), specification, missing),
      );
      const measured = await interleave([...competitors, ...limit.contenders], {
        effort: { ...(quick ? efforts.quick : efforts.full), ...options.effort },
        lock,
        missing,
      });
      for (const contender of competitors) await contender.stop();
      const taking = measured.filter(({ contender }) => competitors.includes(contender));
      check(taking, specification);
      const best = limit.best(measured);
      const { network, side, batchSize } = specification;
      const count = operations(specification);
      summaries.push({
        name,
        network,
        side,
        batchSize,
        gigaOperations: count / 1e9,
        limit: best,
        ...compare(taking, count, best),
      });
    }
  } finally {
    await limit.stop();
    await rm(folder, { recursive: true });
  }
  return { missing: [...missing], cases: summaries };
}

/** The result of our own contender's first run, which the others are compared with. */
export function ourFirst(measured) {
  return measured.find(({ contender }) => contender.name === "ours").first;
}
