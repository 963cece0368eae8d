import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

it("the launcher says nothing about the build and hands on the exit code", () => {
  const launcher = fileURLToPath(new URL("../../bin/ltbc.js", import.meta.url));
  const args = [launcher, "photo.jpg", "--no-such-option"];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: "utf8" });
  expect(stdout).toBe("");
  expect(stderr).toMatch(/^error: unknown option '--no-such-option'/);
  expect(status).toBe(2);
});
