import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, it } from "vitest";

const module = JSON.stringify(new URL("./uninterrupted.js", import.meta.url).href);

it("a process that exits waits for what another thread has begun in its engine, and for no more", async () => {
  const thread = `
    const { parentPort, workerData: { engine, done } } = require("node:worker_threads");
    import(${module}).then(async ({ shareEngineState, uninterrupted }) => {
      shareEngineState(engine);
      await uninterrupted(async () => {
        parentPort.postMessage("begun");
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 300);
        Atomics.add(done, 0, 1);
      });
      await uninterrupted(async () => Atomics.add(done, 0, 10));
    });`;
  const program = `
    import { Worker } from "node:worker_threads";
    const { awaitAtExit, newEngineState } = await import(${module});
    const engine = newEngineState();
    const done = new Int32Array(new SharedArrayBuffer(4));
    awaitAtExit(engine);
    process.on("exit", () => console.log(done[0]));
    const options = { eval: true, execArgv: [], workerData: { engine, done } };
    const thread = new Worker(${JSON.stringify(thread)}, options);
    thread.on("message", () => process.exit(7));`;
  const words = ["--input-type=module", "--eval", program];
  const run = promisify(execFile)(process.execPath, words, { timeout: 30_000 });
  expect(await run.catch((error) => error)).toMatchObject({ code: 7, stdout: "1\n", stderr: "" });
});
