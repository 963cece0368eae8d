import { defineConfig } from "vitest/config";

/** Closes the output with one plain line that any reader of a log understands. */
const plainSummary = {
  onTestRunEnd(modules) {
    const count = (state) =>
      modules.reduce((sum, module) => sum + [...module.children.allTests(state)].length, 0);
    console.log(
      `${count("passed")} passed, ${count("failed")} failed, ${count("skipped")} skipped`,
    );
  },
};

// Tests run on the compiled output: what is tested is what users run, worker threads included.
export default defineConfig({
  test: {
    include: ["packages/*/dist/**/*.test.js", "benchmarks/*.test.mjs", "examples/*/*.test.mjs"],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    reporters: ["default", plainSummary],
  },
});
