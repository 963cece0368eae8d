// Words that are taken for pictures and mean something else. `ltbc photo.jpg` needs no command, so a
// mistyped command would otherwise colourise the folder that follows.

import { stat } from "node:fs/promises";
import { UserError } from "@let-there-be-color/core/user-error";
import { Command, CommanderError } from "commander";
import { exists } from "../files/atomic-file.js";
import { looksLikePicture } from "../image/format.js";

/** A name without a path, an extension, an option's dash or the wildcards of a pattern. */
const bareWord = /^[^-./\\*?[\]{}][^./\\*?[\]{}]*$/u;

/**
 * Checks the inputs of a command line that names no command.
 *
 * @throws UserError if the first is neither file nor folder and looks like a mistyped command, or a
 * later one is nearly the name of a command
 */
export async function assertNoMistypedCommand(
  inputs: readonly string[],
  commands: readonly string[],
): Promise<void> {
  for (const [i, input] of inputs.entries()) {
    if (!bareWord.test(input) || (await exists(input))) continue;
    const suggestion = suggested(input, commands);
    if (i > 0 && suggestion === "") continue;
    throw new UserError(
      "option-invalid",
      `There is no command ${input}, nor a picture or folder of that name. ${suggestion || `Commands are ${commands.join(", ")}; ltbc --help explains them.`}`,
    );
  }
}

/** `(Did you mean evaluate?)`, or nothing if no command is near. */
function suggested(word: string, commands: readonly string[]): string {
  if (commands.includes(word)) return `To run ltbc ${word}, begin with it.`;
  const program = new Command().exitOverride().configureOutput({ outputError: () => undefined });
  for (const name of commands) program.command(name).action(() => undefined);
  try {
    program.parse([word], { from: "user" });
  } catch (error) {
    if (error instanceof CommanderError) return error.message.split("\n")[1] ?? "";
    throw error;
  }
  return "";
}

/**
 * Checks for the habit of other tools, `ltbc in.jpg out.jpg`.
 *
 * @throws UserError if there are two names, the second one of a picture that does not exist
 */
export async function assertNoMistakenOutput(inputs: readonly string[]): Promise<void> {
  const [input, output, ...more] = inputs;
  if (input === undefined || output === undefined || more.length > 0) return;
  if (!looksLikePicture(output) || /[*?[\]{}]/.test(output) || (await exists(output))) return;
  const first = await stat(input).catch(() => undefined);
  if (first?.isDirectory()) return;
  throw new UserError(
    "option-invalid",
    `${output} does not exist. To write the coloured picture to it: ltbc ${quoted(input)} -o ${quoted(output)}`,
  );
}

/** A word as a shell takes it. */
function quoted(word: string): string {
  return /^[\w./:@%+,-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
