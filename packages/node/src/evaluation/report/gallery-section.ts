import type { PictureRow } from "../evaluate.js";
import type { GallerySection } from "../gallery.js";
import type { ShownPicture } from "../picture-task.js";
import { escapeHtml } from "./html.js";

/** The pictures of every row that is shown, by the row's item. */
export type ShownPictures = ReadonlyMap<number, ShownPicture>;

/** A section of cards, each with a slider from grey over the prediction(s) to the truth. */
export function gallerySection(
  section: GallerySection,
  shown: ShownPictures,
  candidateNames: readonly string[],
): string {
  const cards = section.rows.flatMap((row) => {
    const pictures = shown.get(row.item);
    return pictures ? [card(row, pictures, candidateNames)] : [];
  });
  const content =
    cards.length > 0 ? `<div class="gallery">${cards.join("")}</div>` : `<p class="note">None.</p>`;
  return `<section id="${section.id}"><h3>${escapeHtml(section.title)}</h3><p class="note">${escapeHtml(section.note)}</p>${content}</section>`;
}

function card(row: PictureRow, pictures: ShownPicture, candidateNames: readonly string[]): string {
  const single = candidateNames.length === 1;
  const layers = [
    { label: "grey", source: pictures.grey },
    ...pictures.candidates.map((source, c) => ({
      label: single ? "predicted" : candidateNames[c]!,
      source,
    })),
    { label: "truth", source: pictures.truth },
  ];
  const images = layers.map(
    ({ label, source }, i) =>
      `<img src="${source}" alt="${escapeHtml(label)}" width="${pictures.width}" height="${pictures.height}" data-layer="${i}" title="${escapeHtml(label)}">`,
  );
  const buttons = layers.map(
    ({ label }, i) =>
      `<button type="button" data-to="${100 * i}" title="${escapeHtml(label)}">${escapeHtml(label)}</button>`,
  );
  const span = 100 * (layers.length - 1);
  return `<figure class="card"><div class="stage" style="--layers:${layers.length}">${images.join("")}<span class="divider"></span></div><input type="range" min="0" max="${span}" value="100" aria-label="${escapeHtml(`From grey to truth: ${row.name}`)}"><div class="ticks">${buttons.join("")}</div><figcaption>${caption(row, candidateNames)}</figcaption></figure>`;
}

function caption(row: PictureRow, candidateNames: readonly string[]): string {
  const file = row.name.split("/").slice(-2).join("/");
  const grey = row.systems[candidateNames.length]!.ciede2000.toFixed(1);
  const lines = [`<span class="file" title="${escapeHtml(row.name)}">${escapeHtml(file)}</span>`];
  for (const [c, name] of candidateNames.entries()) {
    const { ciede2000, psnr, sepia } = row.systems[c]!;
    const who = candidateNames.length > 1 ? `${escapeHtml(name)}: ` : "";
    const brown = sepia >= 0.25 ? ` · sepia ${sepia.toFixed(2)}` : "";
    lines.push(`${who}ΔE ${ciede2000.toFixed(1)} (grey ${grey}) · ${psnr.toFixed(1)} dB${brown}`);
  }
  for (const [c, scene] of row.scenes.entries()) {
    if (!scene) continue;
    const who = candidateNames.length > 1 ? `${escapeHtml(candidateNames[c]!)} ` : "";
    const mark = scene.rank === 0 ? "right" : scene.rank > 0 ? "wrong" : "";
    const place = scene.rank > 0 ? `, true class ranked ${scene.rank + 1}` : "";
    lines.push(
      `${who}sees <span class="${mark}">${escapeHtml(scene.best)}</span> ${Math.round(100 * scene.probability)} %${place}`,
    );
  }
  return lines.join("<br>");
}
