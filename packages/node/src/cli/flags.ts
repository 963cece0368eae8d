import type { Command } from "commander";

/** Options of the library that have another name on the command line. */
const otherNames: Readonly<Record<string, string>> = {
  runFolder: "output",
  workingSize: "size",
  batchSize: "batch",
  data: "dataset",
};

/**
 * A message of the library in the words of a command: names of options, which stand in backticks,
 * become its flags, and names of its arguments `<name>`.
 *
 * @example
 * withFlags("leave out `validationFraction`", train) // "leave out --validation-fraction"
 */
export function withFlags(message: string, command: Command): string {
  return message.replace(/`([A-Za-z]+)`/g, (quoted, name: string) => {
    for (const candidate of [name, otherNames[name]]) {
      const option = command.options.find((each) => each.attributeName() === candidate);
      if (option) return option.long ?? option.flags;
      if (command.registeredArguments.some((each) => each.name() === candidate)) {
        return `<${candidate}>`;
      }
    }
    return quoted;
  });
}
