// Colourises the sample photographs with the bundled model and writes what depends on it:
// docs/images/samples.jpg (grey | colour pairs for the README), docs/images/hints.jpg (what hints do) and
// the golden pictures of the tests. Run after a change of the default weights: npm run build && node scripts/sample-pictures.mjs

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
await hintsPicture();
await colorizer.close();
await sharp({
  create: { width: 4 * width + gap, height: 2 * height + gap, channels: 3, background: "#fff" },
})
  .composite(tiles)
  .jpeg({ quality: 88 })
  .toFile(fileURLToPath(new URL("docs/images/samples.jpg", root)));

/** One picture without a hint and with two different ones, which are marked. */
async function hintsPicture() {
  const [x, y] = [180, 130];
  const panels = await Promise.all(
    [undefined, "#e0c020", "#c05090"].map(async (color, i) => {
      const hints = color ? [{ x, y, color }] : [];
      const input = fileURLToPath(new URL("samples/dandelions.jpg", root));
      const photo = await colorizer.colorize(input, { hints });
      const mark = color
        ? `<circle cx="${x}" cy="${y}" r="10" fill="${color}" stroke="#fff" stroke-width="3"/>`
        : "";
      const size = `width="${photo.width}" height="${photo.height}"`;
      const marked = await sharp(await photo.toBuffer("png"))
        .composite([{ input: Buffer.from(`<svg ${size}>${mark}</svg>`) }])
        .png()
        .toBuffer();
      const panel = await sharp(marked).resize(width, 225).png().toBuffer();
      return { input: panel, left: i * (width + gap), top: 0 };
    }),
  );
  await sharp({
    create: { width: 3 * width + 2 * gap, height: 225, channels: 3, background: "#fff" },
  })
    .composite(panels)
    .jpeg({ quality: 85 })
    .toFile(fileURLToPath(new URL("docs/images/hints.jpg", root)));
}
