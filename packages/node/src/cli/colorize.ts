// `ltbc colorize`

import { dirname } from "node:path";
import { MOST_ALTERNATIVES, READ_OUT_NAMES } from "@let-there-be-color/core/colorize";
import { DEFAULT_WORKING_SIZE } from "@let-there-be-color/core/model";
import { Command, Option } from "commander";
import { STANDARD_STREAM } from "../archive/inputs.js";
import { prepareOutputFolder } from "../files/output-folder.js";
import { DEFAULT_QUALITY } from "../image/encode.js";
import { looksLikePicture, OUTPUT_FORMATS } from "../image/format.js";
import { LARGEST_MAX_PIXELS } from "../image/pixel-limit.js";
import type { ColorizeCommandOptions } from "./colorize-options.js";
import { colorizeAll } from "./colorize-run.js";
import { withFlags } from "./flags.js";
import { addHint } from "./hints-of-pictures.js";
import { Interruption } from "./interruption.js";
import { numberOption, share } from "./number-option.js";
import { parseRotation } from "./option-values.js";
import { deviceOption, threadsOption } from "./runtime-option.js";
import { type Streams, streamsOf } from "./streams.js";

/**
 * `ltbc colorize`. Sets `process.exitCode` to 1 if some input failed; throws UserErrors for wrong
 * usage, before anything is written.
 */
export function colorizeCommand(streams: Streams = streamsOf(process)): Command {
  return new Command("colorize")
    .description("colourise photographs; `ltbc photo.jpg` alone does this, too")
    .argument(
      "<inputs...>",
      "pictures (JPEG, PNG, WebP, TIFF, AVIF, GIF, BMP), folders of them, patterns in quotes ('scans/**/*.tif'), or - for standard input",
    )
    .option(
      "-o, --output <path>",
      "file for one picture, folder for several (tree and names are kept), or - for standard output (default: beside the input, photo.jpg becomes photo.color.jpg)",
    )
    .option(
      "-m, --model <file>",
      "ONNX colour model (default: the weights that come along); one of another program needs a JSON file beside it: docs/other-models.md",
    )
    .option(
      "-s, --size <pixels>",
      `short side at which the network looks at the picture, 16 to 4096 (default: what the model states, or else ${DEFAULT_WORKING_SIZE}); the output always has the input's size`,
      numberOption(16, 4096, true),
    )
    .addOption(
      new Option(
        "--colors <name>",
        "how decided the colours are, of models that can choose (default: natural)",
      ).choices(READ_OUT_NAMES),
    )
    .option(
      "--saturation <factor>",
      "factor on the colourfulness, 0 (grey) to 2",
      numberOption(0, 2, false),
      1,
    )
    .option("--warmth <w>", "colder -1 to 1 warmer; greys stay grey", numberOption(-1, 1, false), 0)
    .option(
      "--alternatives <n>",
      `write up to n distinct colourings, 1 to ${MOST_ALTERNATIVES}: photo.color.jpg, photo.color-2.jpg, ..`,
      numberOption(1, MOST_ALTERNATIVES, true),
      1,
    )
    .option(
      "--uncertainty",
      "also write where the network is unsure of the colours, white, as photo.uncertainty.png",
    )
    .option(
      "--hint <x,y,color>",
      "colour of the thing at a place of the picture, such as 120,80,#2e5d34 (pixels of the upright picture), or with a radius in pixels 120,80,#2e5d34,15; may be repeated",
      addHint,
    )
    .option(
      "--hints <file>",
      'JSON file of hints: [{"x": 120, "y": 80, "color": "#2e5d34", "radius": 15}, ..], or such lists by picture: {"photo.jpg": [..], ..}',
    )
    .option(
      "--reference <picture>",
      "a picture whose scene as a whole stands in for the picture's own (its greys; its colours are not seen): changes the mood",
    )
    .option("--reference-strength <share>", "share of the reference, 0 (none) to 1", share, 1)
    .option(
      "--rotate <degrees>",
      "turn the pictures clockwise by 90, 180 or 270 degrees, for scans that lie on their side",
      parseRotation,
    )
    .option(
      "--restore-levels",
      "spread the lightness of faded and flat pictures in the output, too (default: for the network only)",
    )
    .option(
      "--skip-color",
      "leave photographs in colour alone; sepia and other toned prints are grey",
    )
    .addOption(
      new Option("--format <name>", "format to write (default: the input's)").choices(
        OUTPUT_FORMATS,
      ),
    )
    .option(
      "--quality <q>",
      `of JPEG, WebP and AVIF, 1 to 100 (default: ${DEFAULT_QUALITY}; lossless WebP stays lossless)`,
      numberOption(1, 100, true),
    )
    .option("--no-provenance", "do not say in the file that a network made its colours (XMP)")
    .option(
      "--max-pixels <n>",
      "refuse larger pictures before they are decoded, 1 to 1073741824 (default: 268435456)",
      numberOption(1, LARGEST_MAX_PIXELS, true),
    )
    .option("--overwrite", "do again what is done, and replace existing outputs (never an input)")
    .option("--watch", "go on with new pictures in the folders as they come, until Ctrl-C")
    .option("--dry-run", "print what would be done and the room needed on the disk; write nothing")
    .option(
      "--report <file>",
      "write what became of every input, with hashes, options and model, as .csv or .json",
    )
    .addOption(deviceOption())
    .addOption(threadsOption())
    .option("--json", "print one line of JSON for each input")
    .option("--quiet", "print nothing but errors")
    .action(async (inputs: string[], options: ColorizeCommandOptions, command: Command) => {
      const inFlags = (message: string) => withFlags(message, command);
      const interruption = new Interruption(() =>
        streams.stderr.line(
          "Stopping: pictures that have colour are written. Ctrl-C again ends at once.",
        ),
      );
      interruption.listen();
      try {
        if (!options.dryRun) await assertOutputTakesFiles(options.output);
        const { failed, left } = await colorizeAll(
          inputs,
          options,
          streams,
          inFlags,
          interruption.signal,
        );
        if (left > 0 && interruption.exitCode !== undefined) {
          process.exitCode = interruption.exitCode;
        } else if (failed > 0 || left > 0) process.exitCode = 1;
      } finally {
        interruption.release();
      }
    });
}

/** @throws UserError if what `--output` names takes no files: once, not for each picture */
async function assertOutputTakesFiles(output: string | undefined): Promise<void> {
  if (output === undefined || output === STANDARD_STREAM) return;
  await prepareOutputFolder(looksLikePicture(output) ? dirname(output) : output);
}
