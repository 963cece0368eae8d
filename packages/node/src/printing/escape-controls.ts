/**
 * Control characters of C0 and C1 (ECMA-48), which a terminal obeys, the separators of lines and
 * paragraphs, the marks that turn the direction of writing (Unicode Standard Annex 9), and halves of
 * surrogate pairs, which stand for bytes of names that are no UTF-8.
 */
const controls = /[\p{Cc}\p{Surrogate}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu;

const named: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };

/**
 * Text as one line that can do nothing to a terminal or a log: control characters, which names of
 * files may hold, become `\n`, `\t`, `\u001b` and so on. These are escapes of JSON, too, so that a line
 * of JSON still says the same.
 */
export function escapeControls(text: string): string {
  return text.replace(
    controls,
    (control) => named[control] ?? `\\u${control.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
