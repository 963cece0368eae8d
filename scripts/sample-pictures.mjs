// Colourises the sample photographs with the bundled model and writes what depends on it:
// docs/images/samples.jpg (grey | colour pairs for the README) and the golden pictures of the
// tests. Run after a change of the default weights: npm run build && node scripts/sample-pictures.mjs

import { mkdir, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { Colorizer } from "let-there-be-color";
import sharp from "sharp";

const names = ["mountain-path", "meadow", "forest-stream", "dandelions"];
const [width, height, gap] = [400, 267, 6];
const root = new URL("../", import.meta.url);
const golden = new URL("packages/node/src/testing/golden/", root);
await mkdir(golden, { recursive: true });
await mkdir(new URL("docs/images/", root), { recursive: true });

const colorizer = await Colorizer.load();
const tiles = [];
for (const [index, name] of names.entries()) {
  const grey = fileURLToPath(new URL(`samples/${name}.jpg`, root));
  const color = await (await colorizer.colorize(grey)).toBuffer("png");
  await writeFile(
    new URL(`${name}.png`, golden),
    await sharp(color).resize({ width: 160 }).png().toBuffer(),
  );
  for (const [side, input] of [grey, color].entries()) {
    const tile = sharp(input).resize(width, height).toColourspace("srgb").png();
    tiles.push({
      input: await tile.toBuffer(),
      left: ((index % 2) * 2 + side) * width + (index % 2) * gap,
      top: Math.floor(index / 2) * (height + gap),
    });
  }
}
await colorizer.close();
await sharp({
  create: { width: 4 * width + gap, height: 2 * height + gap, channels: 3, background: "#fff" },
})
  .composite(tiles)
  .jpeg({ quality: 88 })
  .toFile(fileURLToPath(new URL("docs/images/samples.jpg", root)));
