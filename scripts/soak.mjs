// A long trial, outside of the tests: a mixed archive of a thousand small pictures goes through one
// command that is killed three times on the way, and has to come out complete and correct.
//
//   npm run build && node scripts/soak.mjs [--pictures 1000] [--broken 20] [--kills 3] [--keep]
//
// Its small form is packages/node/src/testing/soak/soak.test.ts. Metadata are checked by exiftool where it
// is installed, memory where there is /proc.

import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";

const testing = new URL("../packages/node/dist/testing/soak/", import.meta.url);
const { makeMixedArchive } = await import(new URL("mixed-archive.js", testing));
const { findFaults, findFaultsByExiftool, runKilled } = await import(new URL("soak.js", testing));

const { values } = parseArgs({
  options: {
    pictures: { type: "string", default: "1000" },
    broken: { type: "string", default: "20" },
    kills: { type: "string", default: "3" },
    keep: { type: "boolean", default: false },
  },
});
const [pictures, broken, kills] = [values.pictures, values.broken, values.kills].map(Number);

const root = await mkdtemp(join(tmpdir(), "ltbc-soak-"));
const [input, output] = [join(root, "in"), join(root, "out")];
const report = join(root, "report.json");
try {
  await mkdir(input);
  const archive = await makeMixedArchive(input, { pictures, broken });
  console.log(`${archive.good.length} good pictures, ${archive.broken.length} broken, in ${input}`);
  const runs = await runKilled([input, "-o", output, "--report", report], {
    pictures: archive.good.length,
    kills,
  });
  for (const { done, end, seconds, memory } of runs) {
    const thirds = [0, 1, 2].map((i) => {
      const size = Math.ceil(memory.length / 3);
      return Math.round(Math.max(0, ...memory.slice(i * size, (i + 1) * size)));
    });
    const resident = memory.length > 0 ? `; memory by thirds ${thirds.join(", ")} MB` : "";
    console.log(`${done} done in ${seconds.toFixed(1)} s, ended by ${end}${resident}`);
  }
  console.log(
    runs
      .at(-1)
      .stderr.trimEnd()
      .split("\n")
      .slice(-3 - broken)
      .join("\n"),
  );
  const byExiftool = findFaultsByExiftool(archive, output);
  if (!byExiftool) console.log("exiftool is not installed: metadata were not checked");
  const faults = [...(await findFaults(archive, { input, output, report })), ...(byExiftool ?? [])];
  const done = runs.reduce((sum, run) => sum + run.done, 0);
  const most = archive.good.length + 4 * kills;
  if (done > most) faults.push(`${done} pictures were done, more than once, not at most ${most}`);
  if (runs.at(-1).end !== 1) faults.push(`the last run ended with ${runs.at(-1).end}, not 1`);
  for (const fault of faults) console.log(`FAULT ${fault}`);
  console.log(faults.length === 0 ? "complete and correct" : `${faults.length} faults`);
  process.exitCode = faults.length === 0 ? 0 : 1;
} finally {
  if (!values.keep) await rm(root, { recursive: true, force: true });
}
