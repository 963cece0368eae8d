// The command line `ltbc`. Exit codes: 0 all done, 1 some input failed, 2 wrong usage.

import { readFile } from "node:fs/promises";
import { UserError } from "@let-there-be-color/core/user-error";
import { Command, CommanderError } from "commander";
import { withFlags } from "./flags.js";
import type { Streams } from "./streams.js";

const DEFAULT_COMMAND = "colorize";

/** The commands, in the order of the help. Each is loaded when it is wanted: that takes a moment. */
const COMMANDS: Readonly<Record<string, (streams: Streams) => Promise<Command>>> = {
  [DEFAULT_COMMAND]: async (streams) => (await import("./colorize.js")).colorizeCommand(streams),
  train: async () => (await import("./train.js")).trainCommand(),
  export: async () => (await import("./export.js")).exportCommand(),
  "export-training": async () => (await import("./export-training.js")).exportTrainingCommand(),
  evaluate: async (streams) => (await import("./evaluate.js")).evaluateCommand(streams),
};

/** Runs one command line (without `node` and the script) and returns the exit code. */
export async function main(args: readonly string[], streams: Streams = process): Promise<number> {
  const program = await createProgram(args, streams);
  let running = program;
  program.hook("preAction", (_, command) => {
    running = command;
  });
  process.exitCode = 0;
  try {
    if (args.length === 0) program.help({ error: true });
    await program.parseAsync(args, { from: "user" });
    return process.exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    if (error instanceof UserError) {
      streams.stderr.write(`error: ${withFlags(error.message, running)}\n`);
      return error.code === "training-diverged" ? 1 : 2;
    }
    streams.stderr.write(`${error instanceof Error ? error.stack : error}\n`);
    return 1;
  }
}

async function createProgram(args: readonly string[], streams: Streams): Promise<Command> {
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
  for (const name of wantedCommands(args)) {
    const isDefault = name === DEFAULT_COMMAND;
    program.addCommand(await COMMANDS[name]!(streams), { isDefault });
  }
  for (const command of program.commands) command.copyInheritedSettings(program);
  return program;
}

/** The command that a command line names, or all where the program's own help may be asked for. */
function wantedCommands(args: readonly string[]): string[] {
  const first = args[0] ?? "help";
  if (Object.hasOwn(COMMANDS, first)) return [first];
  if (first === "help" || args.includes("--help") || args.includes("-h")) {
    return Object.keys(COMMANDS);
  }
  return [DEFAULT_COMMAND];
}
