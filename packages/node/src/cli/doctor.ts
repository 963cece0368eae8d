import { Command } from "commander";
import { type DiagnoseOptions, diagnose } from "../diagnosis/diagnosis.js";
import { isFound } from "../diagnosis/finding.js";
import { diagnosisLines } from "../diagnosis/lines.js";
import { withFlags } from "./flags.js";
import { deviceOption, threadsOption } from "./runtime-option.js";
import { type Streams, streamsOf } from "./streams.js";

interface DoctorOptions extends DiagnoseOptions {
  readonly json?: boolean;
}

/** `ltbc doctor`. Sets `process.exitCode` to 1 if pictures cannot be colourised on this machine. */
export function doctorCommand(streams: Streams = streamsOf(process)): Command {
  return new Command("doctor")
    .description(
      "show versions, machine, devices and model, test them, and say what would be faster; what a bug report needs",
    )
    .option(
      "-m, --model <file>",
      "ONNX colour model to test (default: the weights that come along)",
    )
    .addOption(deviceOption())
    .addOption(threadsOption())
    .option("--json", "print one line of JSON")
    .action(async ({ json, ...options }: DoctorOptions, command: Command) => {
      const { stdout } = streams;
      const diagnosis = await diagnose(options);
      if (json) stdout.line(JSON.stringify(diagnosis));
      else for (const line of diagnosisLines(diagnosis)) stdout.line(withFlags(line, command));
      if (!isFound(diagnosis.selfTest) || !isFound(diagnosis.pictures)) process.exitCode = 1;
      await stdout.flushed();
    });
}
