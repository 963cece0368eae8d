// Trains a small network on a folder (or zip) of colour photographs, stops after at most a given time,
// and colourises a photograph with the result:
//
//   node examples/train/train.mjs photographs/ grey.jpg colored.png
//
// Photographs in a folder per class (photographs/beach/…, photographs/forest/…) also teach it to name
// the scene.

import { Colorizer, UserError } from "let-there-be-color";
import { trainOnPictures } from "let-there-be-color/training";

const [photographs, grey, colored, minutes = "30"] = process.argv.slice(2);
if (!colored) {
  console.error("Usage: node train.mjs PHOTOGRAPHS GREY COLORED [MINUTES]");
  process.exit(2);
}

try {
  const run = await trainOnPictures(
    {
      data: photographs,
      // Widths that a laptop trains in minutes; every option of the preset can be replaced.
      network: {
        lowLevel: {
          layers: [
            { channels: 16, stride: 2 },
            { channels: 32, stride: 2 },
            { channels: 64, stride: 2 },
          ],
        },
        midLevel: { channels: [64, 64] },
        global: {
          layers: [{ channels: 64, stride: 2 }],
          pooling: { type: "average" },
          hidden: [64, 64],
        },
        fusion: { channels: 64 },
        colorization: { stages: [[48], [32], [16]] },
      },
      crop: 64,
      batch: 8,
      epochs: 4,
      validationFraction: 0.1,
      maxMinutes: Number(minutes),
    },
    { onProgress: report },
  );
  console.log(`${run.reason} after ${run.step} steps: ${run.modelPath}`);

  const colorizer = await Colorizer.load({ model: run.modelPath });
  const photo = await colorizer.colorize(grey);
  await photo.toFile(colored);
  await colorizer.close();
  if (photo.scenes.length > 0) console.log(`It looks like: ${photo.scenes[0].name}`);
} catch (error) {
  if (!(error instanceof UserError)) throw error;
  // What the user can mend; `code` tells a program which kind of mistake it is.
  console.error(`${error.message} (${error.code})`);
  process.exitCode = 1;
}

/** Every event says what it is in its `type`; docs/training.md lists them. */
function report(event) {
  if (event.type === "prepared") {
    const { training, validation } = event.datasets;
    console.log(`${training.items.length} pictures, ${validation.items.length} to validate on`);
  } else if (event.type === "step" && event.step % 10 === 0) {
    console.log(`step ${event.step} of ${event.totalSteps}`);
  } else if (event.type === "validation") {
    console.log(`epoch ${event.epoch}: validation colour loss ${event.measures.colorLoss}`);
  }
}
