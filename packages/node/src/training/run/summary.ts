// What `ltbc train` says before the first step and after the last.

import { basename } from "node:path";
import { countParameters } from "@let-there-be-color/core/network";
import {
  type MeasureSet,
  measureText,
  objectiveOf,
  selectingMeasure,
} from "@let-there-be-color/core/objective";
import { describeSchedule } from "@let-there-be-color/core/training";
import { duration, validationTable } from "../progress.js";
import type { PreparedEvent, TrainedRun } from "../train-on-pictures.js";
import type { RunConfiguration } from "./configuration.js";
import type { RunDatasets, SkippedFiles } from "./data.js";

/** At most so many broken files are named. */
const mostNames = 20;

/** What was chosen, line by line. */
export function startUpLines(event: PreparedEvent): string[] {
  const { configuration, plan, datasets, resumedFrom, rejected } = event;
  const { network, classes, phases, optimizer, clipNorm, patience, data } = configuration;
  const objective = objectiveOf(configuration.objective, network);
  const millions = (countParameters(network) / 1e6).toFixed(2);
  const clipping = clipNorm > 0 ? `gradients clipped to norm ${clipNorm}` : "no gradient clipping";
  const decay =
    optimizer.weightDecay === undefined ? "" : `, weight decay ${optimizer.weightDecay}`;
  const classText =
    classes.length > 0 ? `${classes.length} classes` : "no classes: colour loss only";
  const threads = event.threads > 0 ? `, ${event.threads} threads` : "";
  return [
    ...rejected.map(
      ({ path, reason }) => `Damaged checkpoint ${basename(path)} is not used: ${reason}`,
    ),
    ...(resumedFrom ? [`Continuing from ${resumedFrom.path} (step ${resumedFrom.step})`] : []),
    line("Network", `${network.name}, ${millions} million parameters, ${classText}`),
    ...encoderLines(configuration),
    line("Pictures", pictureText(datasets, data.validation.length > 0, configuration)),
    line("Device", `${event.device}${threads}`),
    ...phases.map((phase, index) => {
      const { crop, epochs, batchSize, resize } = phase;
      const steps = plan[index]?.batchesPerEpoch ?? 0;
      return line(
        phases.length > 1 ? `Phase ${index + 1}` : "Training",
        `${counted(epochs, "epoch")} of ${counted(steps, "step")}, batch ${batchSize}, crops of ${crop} pixels from ` +
          `pictures scaled to ${resize}`,
      );
    }),
    ...pictureChangeLines(configuration),
    line("Optimizer", `${optimizer.type}${decay}, ${clipping}`),
    line("Rate", describeSchedule(configuration.learningRate)),
    ...learningLines(configuration),
    line("Loss", objective.description),
    line(
      "Best model",
      `${objective.selection.better === "lower" ? "lowest" : "highest"} validation ${titleOf(objective)}${patience > 0 ? `; stops after ${patience} epochs without a better one` : ""}`,
    ),
    line(
      "Run folder",
      `${event.runFolder}: a checkpoint each epoch and every ${event.checkpointMinutes} minutes, ` +
        "journal.jsonl, curves.svg",
    ),
  ];
}

/** Results, the skipped files, and how to go on. */
export function closingLines(run: TrainedRun): string[] {
  const { best, reason, configuration } = run;
  const objective = objectiveOf(configuration.objective, configuration.network);
  const how = {
    finished: "Training is finished",
    time: "The time limit is reached",
    interrupted: "Training was interrupted",
  }[reason];
  const lines = [`${how}: ${run.step} steps in ${duration(run.seconds)}.`];
  if (run.validations.length > 0) {
    lines.push("", ...validationTable(run.validations, objective, best?.epoch ?? null), "");
  }
  lines.push(...skippedLines(run.skipped));
  lines.push(
    best
      ? `Best model: epoch ${best.epoch}, validation ${titleOf(objective)} ${measureText(selectingMeasure(objective), best.value)}, exported to ${run.modelPath}`
      : `No epoch is finished, so nothing is validated; the present model is exported to ${run.modelPath}`,
  );
  if (reason !== "finished") {
    lines.push(`Saved ${run.checkpoint}. Continue with: ltbc train --resume ${run.runFolder}`);
  }
  return lines;
}

/** How much of a picture crops show, and what is done to it before the network sees it. */
function pictureChangeLines({ views, augmentation = {} }: RunConfiguration): string[] {
  const percent = (share: number) => Number((100 * share).toPrecision(3));
  const changes = Object.entries(augmentation).filter(([, share]) => share > 0);
  return [
    ...(views
      ? [line("Views", `of ${views.map(percent).join(" to ")} % of a picture's short side`)]
      : []),
    ...(changes.length > 0
      ? [line("Changed", changes.map(([name, share]) => `${name} ${percent(share)} %`).join(", "))]
      : []),
  ];
}

/** Where the encoder's weights and statistics come from. */
function encoderLines({
  network: { encoder },
  encoderOrigin,
  encoderStatistics = 0,
}: RunConfiguration): string[] {
  if (!encoder) return [];
  const from = encoderOrigin ? `weights of ${encoderOrigin.file}` : "weights from the seed";
  const statistics = encoderStatistics > 0 ? `, statistics of ${encoderStatistics} batches` : "";
  return [
    line(
      "Encoder",
      `${encoder.kind}, ${from}, normalisation ${encoder.normalization}${statistics}`,
    ),
  ];
}

/** Which parts of the network learn otherwise than the rest, and whether their average is kept. */
function learningLines({ parameterGroups, movingAverage }: RunConfiguration): string[] {
  const groups = parameterGroups.map(({ pattern, learningRateFactor }) =>
    learningRateFactor === 0 ? `${pattern} frozen` : `${pattern} x ${learningRateFactor}`,
  );
  return [
    ...(groups.length > 0 ? [line("Parameters", groups.join(", "))] : []),
    ...(movingAverage > 0
      ? [line("Average", `of the weights, decay ${movingAverage}: validated and exported`)]
      : []),
  ];
}

function titleOf(objective: MeasureSet): string {
  return selectingMeasure(objective).title.toLowerCase();
}

function pictureText(
  { training, validation }: RunDatasets,
  separate: boolean,
  { data, seed }: RunConfiguration,
): string {
  const origin = separate
    ? "from sources of their own"
    : `${data.validationFraction * 100} % of every class, seed ${seed}`;
  const ignored = new Set([...training.ignored, ...validation.ignored]).size;
  const unlabelled = training.items.filter(({ label }) => label < 0).length;
  return (
    `${training.items.length} for training` +
    (unlabelled > 0 ? ` (${unlabelled} without a class)` : "") +
    `, ${validation.items.length} for validation (${origin})` +
    (ignored > 0 ? `; ignored ${counted(ignored, "file")} without a picture's name` : "")
  );
}

function skippedLines({ broken, grey }: SkippedFiles): string[] {
  const lines: string[] = [];
  if (broken.size > 0) {
    lines.push(`Left out as broken: ${counted(broken.size, "file")}`);
    for (const [name, reason] of [...broken].slice(0, mostNames)) {
      lines.push(`  ${name}: ${reason}`);
    }
    if (broken.size > mostNames) lines.push(`  and ${broken.size - mostNames} more`);
  }
  if (grey.size > 0) lines.push(`Left out as grey: ${counted(grey.size, "picture")}`);
  return lines;
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

function line(title: string, text: string): string {
  return `${title.padEnd(11)} ${text}`;
}
