// `ltbc evaluate`

import { basename } from "node:path";
import { READ_OUT_NAMES, type ReadOutName } from "@let-there-be-color/core/colorize";
import { DEFAULT_WORKING_SIZE } from "@let-there-be-color/core/model";
import { UserError } from "@let-there-be-color/core/user-error";
import { Command, InvalidArgumentError, Option } from "commander";
import { openDataset, usualMinimumChroma } from "../dataset/index.js";
import {
  Evaluation,
  type EvaluationOptions,
  type EvaluationProgress,
} from "../evaluation/evaluate.js";
import { DEFAULT_PROTOCOL, describeProtocol, parseProtocol } from "../evaluation/protocol.js";
import { type EvaluationResult, summarize } from "../evaluation/summary.js";
import {
  AVERAGE_COLOR,
  type Candidate,
  distinctNames,
  loadModelCandidate,
  readOutCandidates,
} from "../evaluation/systems.js";
import { pictureJson, summaryTable } from "../evaluation/tables.js";
import { assertReportFolderFree, REPORT_FILES, writeReport } from "../evaluation/write-report.js";
import type { RuntimeOptions } from "../runtime/onnx-runtime.js";
import { numberOption, seedNumber } from "./number-option.js";
import { deviceOption, threadsOption } from "./runtime-option.js";
import { type Streams, streamsOf } from "./streams.js";

interface EvaluateCommandOptions extends RuntimeOptions {
  readonly model?: string;
  readonly predictions?: string;
  readonly compare?: readonly string[];
  readonly colors?: readonly string[];
  readonly report?: string;
  readonly overwrite?: boolean;
  readonly protocol: string;
  readonly size?: number;
  readonly unlabelled?: boolean;
  readonly list?: string;
  readonly categories?: string;
  readonly minimumChroma: number;
  readonly averageColor: readonly [number, number];
  readonly limit?: number;
  readonly seed: number;
  readonly workers?: number;
  readonly json?: boolean;
  readonly quiet?: boolean;
}

/** Pause between two lines of progress where they cannot overwrite each other, milliseconds. */
const PROGRESS_MILLISECONDS = 10_000;

/**
 * `ltbc evaluate`. Sets `process.exitCode` to 1 if a picture could not be judged; throws UserErrors
 * for wrong usage.
 */
export function evaluateCommand(streams: Streams = streamsOf(process)): Command {
  return new Command("evaluate")
    .description(
      "measure how close automatic colour comes to the truth, beside grey and an average colour",
    )
    .argument("[truth...]", "folders or zips of colour photographs, best with a folder per class")
    .option("-m, --model <file>", "ONNX colour model (default: the weights that come along)")
    .option(
      "--predictions <folder>",
      "judge pictures that any system has coloured, named like their truths, instead of a model",
    )
    .option(
      "--compare <a> <b...>",
      "compare two models (.onnx) or two folders of coloured pictures, or one of each; one model with several --colors",
    )
    .option(
      "--colors <names...>",
      `read-outs to judge, each as a system of its own: ${READ_OUT_NAMES.join(", ")} (default: natural, of models that can choose)`,
    )
    .option(
      "-r, --report <folder>",
      `write ${REPORT_FILES.join(", ")} to this folder (made if missing)`,
    )
    .option("--overwrite", "replace a report that is there already")
    .option(
      "-p, --protocol <name>",
      "size to judge at: ctest256 (resized to 256 x 256), val5k-crop256 (centred square, then 256 x 256), shortN (short side at most N, whole picture), squashN, cropN; N from 16 to 2048 pixels",
      DEFAULT_PROTOCOL,
    )
    .option(
      "-s, --size <pixels>",
      `short side at which the network looks at the picture, 16 to 4096 (default: what the model states, or else ${DEFAULT_WORKING_SIZE})`,
      numberOption(16, 4096, true),
    )
    .option("--unlabelled", "folders are not classes: no top-1, no table of classes")
    .option("--list <file>", "file with a line 'path label' per picture, as Places365's")
    .option("--categories <file>", "class names of the list's labels (default: beside the list)")
    .option(
      "--minimum-chroma <chroma>",
      "leave out truths with less mean chroma, which are grey themselves; CIELAB units, 0 to 100",
      numberOption(0, 100, false),
      usualMinimumChroma,
    )
    .addOption(
      new Option("--average-color <a,b>", "chroma of the average colour baseline, CIELAB units")
        .argParser(parseChroma)
        .default(AVERAGE_COLOR, AVERAGE_COLOR.join(",")),
    )
    .option(
      "--limit <n>",
      "evaluate n pictures only, spread evenly over the data set (default: all)",
      numberOption(1, 1e9, true),
    )
    .option("--seed <n>", "of the bootstrap intervals, 0 to 4294967295", seedNumber, 0)
    .addOption(deviceOption())
    .addOption(threadsOption("half of the cores"))
    .option(
      "--workers <n>",
      "threads that decode and measure, 1 to 64 (default: the cores that the network leaves, at most 8)",
      numberOption(1, 64, true),
    )
    .option("--json", "print one line of JSON for each picture, then one with the summary")
    .option("--quiet", "print no progress")
    .action(async (truth: string[], options: EvaluateCommandOptions) => {
      const failures = await evaluateAll(truth, options, streams);
      if (failures > 0) process.exitCode = 1;
    });
}

function parseChroma(text: string): readonly [number, number] {
  const [a, b, ...more] = text.split(",").map(numberOption(-128, 128, false));
  if (a === undefined || b === undefined || more.length > 0) {
    throw new InvalidArgumentError("Expected a* and b* from -128 to 128, as in 2,5.");
  }
  return [a, b];
}

/** Returns how many pictures could not be judged. */
async function evaluateAll(
  truthArguments: readonly string[],
  options: EvaluateCommandOptions,
  streams: Streams,
): Promise<number> {
  const { report } = options;
  const { systems, colors, truth: following } = split(options);
  const sources = [...truthArguments, ...following];
  assertUsage(sources, options);
  const protocol = parseProtocol(options.protocol);
  const { list, categories, overwrite = false } = options;
  if (report !== undefined) {
    const inputs = [list, categories].filter((file) => file !== undefined);
    await assertReportFolderFree(report, { overwrite, inputs });
  }
  const labelled = !options.unlabelled;
  const truth = await openDataset(sources.map((path) => ({ path, labelled, list, categories })));
  const candidates = await loadCandidates(systems, colors, options);
  const settings: EvaluationOptions = {
    truth,
    candidates,
    protocol,
    minimumChroma: options.minimumChroma,
    averageColor: options.averageColor,
    limit: options.limit,
    workers: options.workers,
  };
  const evaluation = await Evaluation.start(settings);
  try {
    const progress = showing(evaluation, options, streams);
    const { rows, failures, grey } = await evaluation.collect({ onProgress: progress.show });
    progress.clear();
    if (rows.length === 0) {
      streams.stderr.line(
        `No picture could be judged: ${failures.length} failed, ${grey.length} are grey themselves (--minimum-chroma ${options.minimumChroma}).`,
      );
      return Math.max(failures.length, 1);
    }
    const date = new Date().toISOString().slice(0, 10);
    const result: EvaluationResult = {
      format: "let-there-be-color evaluation",
      formatVersion: 1,
      settings: {
        date,
        truth: sources,
        candidates: candidates.map(describeCandidate),
        protocol: { ...protocol, description: describeProtocol(protocol) },
        minimumChroma: options.minimumChroma,
        averageColor: options.averageColor,
        limit: options.limit ?? null,
        seed: options.seed,
      },
      ...summarize(rows, {
        systemNames: evaluation.systemNames,
        candidates: candidates.length,
        seed: options.seed,
      }),
      failures,
      grey,
      time: evaluation.time,
    };
    if (options.json) streams.stdout.line(JSON.stringify({ summary: result }));
    else
      streams.stdout.write(
        `${protocol.name}: ${describeProtocol(protocol)}\n\n${summaryTable(result)}`,
      );
    if (report !== undefined) {
      const candidateNames = candidates.map(({ name }) => name);
      const dataset = sources.map((path) => basename(path)).join(", ");
      const words = `${protocol.name} (${describeProtocol(protocol)})`;
      await writeReport(
        report,
        { result, rows, candidateNames, dataset, protocol: words, date },
        evaluation,
      );
      if (!options.json) {
        streams.stdout.write("\n");
        streams.stdout.line(`${report}: ${REPORT_FILES.join(", ")}`);
      }
    }
    if (grey.length > 0) {
      streams.stderr.line(`${grey.length} pictures are grey themselves and were left out.`);
    }
    if (failures.length > 0) {
      streams.stderr.line(
        `${failures.length} pictures could not be judged, the other ${rows.length} were.`,
      );
    }
    await streams.stdout.flushed();
    return failures.length;
  } finally {
    await evaluation.close();
  }
}

/** What the options with several values name. */
interface Named {
  /** Models and folders; undefined for the default model. */
  readonly systems: readonly (string | undefined)[];
  readonly colors: readonly ReadOutName[];
  /** `--compare a b photos`: what follows the two is truth, and so is what no read-out is called. */
  readonly truth: readonly string[];
}

function split({ compare, predictions, model, colors = [] }: EvaluateCommandOptions): Named {
  const isReadOut = (text: string): text is ReadOutName =>
    READ_OUT_NAMES.some((name) => name === text);
  const readOuts = colors.filter(isReadOut);
  const others = colors.filter((text) => !isReadOut(text));
  if (colors.length > 0 && readOuts.length === 0) {
    throw new UserError(
      "option-invalid",
      `Expected --colors to be of ${READ_OUT_NAMES.join(", ")} but received ${others.join(", ")}.`,
    );
  }
  return {
    systems: compare?.slice(0, 2) ?? [predictions ?? model],
    colors: [...new Set(readOuts)],
    truth: [...(compare?.slice(2) ?? []), ...others],
  };
}

function assertUsage(sources: readonly string[], options: EvaluateCommandOptions): void {
  const { compare, predictions, model } = options;
  if (compare && compare.length < 2 && split(options).colors.length < 2) {
    throw new UserError(
      "option-invalid",
      `Expected two models or folders to compare, or several --colors of one model, but received one, ${compare[0]}.`,
    );
  }
  if ([compare, predictions, model].filter((value) => value !== undefined).length > 1) {
    throw new UserError(
      "option-invalid",
      "Expected one of --model, --predictions and --compare, not several.",
    );
  }
  if (sources.length === 0) {
    throw new UserError(
      "option-invalid",
      "Expected a folder or zip of colour photographs to compare with, as in `ltbc evaluate photos`.",
    );
  }
}

async function loadCandidates(
  systems: Named["systems"],
  colors: Named["colors"],
  { model, size, device, threads }: EvaluateCommandOptions,
): Promise<Candidate[]> {
  const runtimeOptions: RuntimeOptions = {
    ...(device === undefined ? {} : { device }),
    ...(threads === undefined ? {} : { threads }),
  };
  const candidates: Candidate[] = [];
  for (const path of systems) {
    if (path === undefined || path === model || path.endsWith(".onnx")) {
      candidates.push(await loadModelCandidate(path, size, runtimeOptions));
    } else {
      const pictures = await openDataset([{ path, labelled: false }]);
      candidates.push({ kind: "folder", name: basename(path), pictures });
    }
  }
  const names = distinctNames(candidates.map(({ name }) => name));
  const named = candidates.map((candidate, i) => ({ ...candidate, name: names[i]! }));
  return colors.length === 0 ? named : withReadOuts(named, colors);
}

/** Models without read-outs are judged as they are, if another has some. */
function withReadOuts(candidates: readonly Candidate[], colors: Named["colors"]): Candidate[] {
  const canChoose = candidates.some((c) => c.kind === "model" && c.model.readOuts);
  return candidates.flatMap((candidate): Candidate[] => {
    if (candidate.kind === "folder") return [candidate];
    if (canChoose && !candidate.model.readOuts) return [candidate];
    return readOutCandidates(candidate, colors);
  });
}

function describeCandidate(candidate: Candidate): Record<string, unknown> {
  const { kind, name } = candidate;
  return candidate.kind === "model"
    ? {
        kind,
        name,
        workingSize: candidate.workingSize,
        ...(candidate.colors === undefined ? {} : { colors: candidate.colors }),
        metadata: candidate.model.metadata.properties,
      }
    : { kind, name, folder: candidate.pictures.sources[0]!.givenPath };
}

/** Shows what happens, and how long it will take. */
function showing(
  evaluation: Evaluation,
  { json, quiet }: EvaluateCommandOptions,
  { stdout, stderr }: Streams,
): { show: (progress: EvaluationProgress) => void; clear: () => void } {
  const overwrites = stderr.isTTY;
  const clear = overwrites && !quiet ? "\r\u001b[K" : "";
  const start = performance.now();
  let lastShown = start;
  const show = (progress: EvaluationProgress) => {
    if (progress.type === "picture") {
      if (json) stdout.line(pictureJson(progress.row, evaluation.systemNames));
    } else if (progress.type === "failed") {
      stderr.write(clear);
      stderr.line(`error: ${progress.failure.name}: ${progress.failure.reason}`);
    }
    const now = performance.now();
    if (quiet || now - lastShown < (overwrites ? 200 : PROGRESS_MILLISECONDS)) return;
    lastShown = now;
    const { done, pictures } = progress;
    const rate = done / ((now - start) / 1000);
    const seconds = Math.round((pictures - done) / rate);
    const line = `${done} of ${pictures} pictures, ${rate.toFixed(1)} a second, ${seconds} s left`;
    stderr.write(overwrites ? `${clear}${line}` : `${line}\n`);
  };
  return { show, clear: () => stderr.write(clear) };
}
