import { defineConfig } from "vitest/config";

// Tests run on the compiled output: what is tested is what users run, worker threads included.
export default defineConfig({
  test: {
    include: ["packages/*/dist/**/*.test.js"],
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
