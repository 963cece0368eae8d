/** Text made safe for HTML content and quoted attributes. */
export function escapeHtml(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("'", "&#39;");
}

/** Colours that the style has for candidates. */
const CANDIDATE_COLORS = 6;

/** Colour of a system: candidates first, then the baselines grey and average colour. */
export function systemColor(system: number, candidates: number): string {
  if (system < candidates) return `var(--system-${system % CANDIDATE_COLORS})`;
  return system === candidates ? "var(--grey)" : "var(--average)";
}

/** A key of the systems' colours. */
export function legend(entries: readonly { name: string; color: string }[]): string {
  const items = entries.map(
    ({ name, color }) =>
      `<li><span class="swatch" style="background:${color}"></span>${escapeHtml(name)}</li>`,
  );
  return `<ul class="legend">${items.join("")}</ul>`;
}
