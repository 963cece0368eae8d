import { expect, it } from "vitest";
import { escapeControls } from "./escape-controls.js";

it("leaves a terminal nothing to obey, on one line", () => {
  expect(escapeControls("red \u001b[31m.jpg")).toBe("red \\u001b[31m.jpg");
  expect(escapeControls("two\nlines\r\tand a \u007fdelete")).toBe(
    "two\\nlines\\r\\tand a \\u007fdelete",
  );
  expect(escapeControls("\u009b2J\u202egpj.exe\u2028")).toBe("\\u009b2J\\u202egpj.exe\\u2028");
});

it("leaves names of all languages as they are", () => {
  const names = "Großmutter’s Zürich, 東京.jpg, عائلة, 👨‍👩‍👧, naïve";
  expect(escapeControls(names)).toBe(names);
});

it("shows bytes of names that are no UTF-8", () => {
  expect(escapeControls("Caf\udce9 \u{1f600}.jpg")).toBe("Caf\\udce9 \u{1f600}.jpg");
});

it("keeps what a line of JSON says", () => {
  const value = { input: "a\u009b\n\u001b\u202e\\n.jpg" };
  const line = escapeControls(JSON.stringify(value));
  expect(line).not.toMatch(/[\p{Cc}\u202e]/u);
  expect(JSON.parse(line)).toEqual(value);
});
