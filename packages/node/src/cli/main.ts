// The command line `ltbc`. Exit codes: 0 all done, 1 some input failed, 2 wrong usage.

import { readFile } from "node:fs/promises";
import { UserError } from "@let-there-be-color/core/user-error";
import { Command, CommanderError } from "commander";
import { DivergenceError } from "../training/divergence.js";
import { colorizeCommand } from "./colorize.js";
import { evaluateCommand } from "./evaluate.js";
import { exportCommand } from "./export.js";
import { exportTrainingCommand } from "./export-training.js";
import type { Streams } from "./streams.js";
import { trainCommand } from "./train.js";

/** Runs one command line (without `node` and the script) and returns the exit code. */
export async function main(args: readonly string[], streams: Streams = process): Promise<number> {
  const program = await createProgram(streams);
  process.exitCode = 0;
  try {
    if (args.length === 0) program.help({ error: true });
    await program.parseAsync(args, { from: "user" });
    return process.exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    if (error instanceof UserError) {
      streams.stderr.write(`error: ${error.message}\n`);
      return error instanceof DivergenceError ? 1 : 2;
    }
    streams.stderr.write(`${error instanceof Error ? error.stack : error}\n`);
    return 1;
  }
}

async function createProgram(streams: Streams): Promise<Command> {
  const manifest = new URL("../../package.json", import.meta.url);
  const { version } = JSON.parse(await readFile(manifest, "utf8")) as { version: string };
  const program = new Command("ltbc")
    .description("Colourise grey photographs, and train networks that do.")
    .version(version)
    .addHelpText("after", "\nExit codes: 0 all done, 1 some input failed, 2 wrong usage.")
    .exitOverride()
    .configureOutput({
      writeOut: (text) => streams.stdout.write(text),
      writeErr: (text) => streams.stderr.write(text),
    });
  program.addCommand(colorizeCommand(streams), { isDefault: true });
  program.addCommand(trainCommand());
  program.addCommand(exportCommand());
  program.addCommand(exportTrainingCommand());
  program.addCommand(evaluateCommand(streams));
  for (const command of program.commands) command.copyInheritedSettings(program);
  return program;
}
