// The program of a trial's process: takes a trial, answers with what came of it.

import { finding } from "./finding.js";
import { doTrial, type Trial } from "./trials.js";

process.once("message", async (trial: Trial) => {
  const found = await finding(() => doTrial(trial));
  process.send?.(found, () => process.disconnect());
});
