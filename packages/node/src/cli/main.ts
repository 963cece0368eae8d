// The command line `ltbc`. Exit codes: 0 all done, 1 some input failed, 2 wrong usage, 130 interrupted.

import { UserError, type UserErrorCode } from "@let-there-be-color/core/user-error";
import { Command, CommanderError } from "commander";
import { PACKAGE_VERSION } from "../package-version.js";
import { escapeControls } from "../printing/escape-controls.js";
import { withFlags } from "./flags.js";
import { assertNoMistypedCommand } from "./mistaken-words.js";
import { type ProcessStreams, type Streams, streamsOf } from "./streams.js";

const DEFAULT_COMMAND = "colorize";

/** The commands, in the order of the help. Each is loaded when it is wanted: that takes a moment. */
const COMMANDS: Readonly<Record<string, (streams: Streams) => Promise<Command>>> = {
  [DEFAULT_COMMAND]: async (streams) => (await import("./colorize.js")).colorizeCommand(streams),
  train: async (streams) => (await import("./train.js")).trainCommand(streams),
  export: async (streams) => (await import("./export.js")).exportCommand(streams),
  "export-training": async (streams) =>
    (await import("./export-training.js")).exportTrainingCommand(streams),
  evaluate: async (streams) => (await import("./evaluate.js")).evaluateCommand(streams),
  doctor: async (streams) => (await import("./doctor.js")).doctorCommand(streams),
};

/** Other spellings, of which none is shown. */
const SPELLINGS: Readonly<Record<string, string>> = {
  colourise: DEFAULT_COMMAND,
  colourize: DEFAULT_COMMAND,
  colorise: DEFAULT_COMMAND,
};

/** Failures of the work, not of its order. */
const FAILED_WORK: ReadonlySet<UserErrorCode> = new Set([
  "training-diverged",
  "output-unwritable",
  "folder-in-use",
]);

/** Runs one command line (without `node` and the script) and returns the exit code. */
export async function main(
  words: readonly string[],
  processStreams: ProcessStreams = process,
): Promise<number> {
  const streams = streamsOf(processStreams);
  const spelled = SPELLINGS[words[0] ?? ""];
  const args = spelled === undefined ? words : [spelled, ...words.slice(1)];
  const program = await createProgram(args, streams);
  let running = program;
  program.hook("preAction", async (_, command) => {
    running = command;
    if (!isCommand(args[0])) await assertNoMistypedCommand(command.args, Object.keys(COMMANDS));
  });
  process.exitCode = 0;
  try {
    if (args.length === 0) program.help({ error: true });
    // Before the options of another command are complained about.
    if (!isCommand(args[0])) await assertNoMistypedCommand(args.slice(0, 1), Object.keys(COMMANDS));
    await program.parseAsync(args, { from: "user" });
    return process.exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    if (error instanceof UserError) {
      streams.stderr.line(`error: ${withFlags(error.message, running)}`);
      return FAILED_WORK.has(error.code) ? 1 : 2;
    }
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    for (const line of text.split("\n")) streams.stderr.line(line);
    return 1;
  }
}

async function createProgram(args: readonly string[], streams: Streams): Promise<Command> {
  const program = new Command("ltbc")
    .description("Colourise grey photographs, and train networks that do.")
    .version(PACKAGE_VERSION)
    .addHelpText(
      "after",
      "\nExit codes: 0 all done, 1 some input failed, 2 wrong usage, 130 interrupted.",
    )
    .exitOverride()
    .configureOutput({
      writeOut: (text) => streams.stdout.write(text),
      writeErr: (text) => streams.stderr.write(text.split("\n").map(escapeControls).join("\n")),
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
  if (isCommand(first)) return [first];
  if (first === "help" || args.includes("--help") || args.includes("-h")) {
    return Object.keys(COMMANDS);
  }
  return [DEFAULT_COMMAND];
}

function isCommand(word: string | undefined): boolean {
  return word !== undefined && Object.hasOwn(COMMANDS, word);
}
