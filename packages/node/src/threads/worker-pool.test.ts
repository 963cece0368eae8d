import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import type { FragileRequest, FragileSetup } from "../testing/fragile-thread.js";
import { type Pending, WorkerPool } from "./worker-pool.js";

const script = new URL("../testing/fragile-thread.js", import.meta.url);

function fragileSetup(failing = -1): FragileSetup & { alive: () => number; begun: () => number } {
  const counts = new Int32Array(new SharedArrayBuffer(8));
  return {
    ...{ counts, failing },
    begun: () => Atomics.load(counts, 0),
    alive: () => Atomics.load(counts, 1),
  };
}

async function startPool(count: number, setup = fragileSetup()) {
  const answers: Pending<string>[] = [];
  const pool = await WorkerPool.start<FragileRequest, string>(count, {
    script,
    setup: { counts: setup.counts, failing: setup.failing },
    owner: "test",
    onAnswer: (answer) => answers.shift()?.resolve(answer),
  });
  const ask = (thread: number, request: FragileRequest) => {
    const pending = pool.promise<string>();
    answers.push(pending);
    pool.post(thread, request);
    return pending.promise;
  };
  return { pool, setup, ask };
}

test("threads answer, and end with close, which may be called twice", async () => {
  const { pool, setup, ask } = await startPool(2);
  expect(await Promise.all([ask(0, "echo"), ask(1, "echo")])).toEqual(["echo", "echo"]);
  expect(setup.alive()).toBe(2);
  await Promise.all([pool.close(), pool.close()]);
  expect(setup.alive()).toBe(0);
  await pool.close();
});

test.each([0, 2])("none is left if thread %i of three fails to start", async (failing) => {
  const setup = fragileSetup(failing);
  await expect(startPool(3, setup)).rejects.toThrow(/test has died: Error: This thread fails/);
  expect(setup.begun()).toBe(3);
  expect(setup.alive()).toBe(0);
});

test("a thread's death fails all that is promised, and what is asked afterwards", async () => {
  const { pool, setup, ask } = await startPool(2);
  const promised = [ask(1, "ignore"), ask(0, "throw")];
  for (const each of promised)
    await expect(each).rejects.toThrow(/died: Error: This request kills/);
  await expect(ask(1, "echo")).rejects.toThrow(/died: Error: This request kills/);
  await pool.close();
  expect(setup.alive()).toBe(0);
});

test("close fails what is promised", async () => {
  const { pool, ask } = await startPool(1);
  const promised = expect(ask(0, "ignore")).rejects.toThrow("The test has been closed.");
  await pool.close();
  await promised;
});

test("threads that nobody awaits do not keep the process alive, awaited ones do", async () => {
  const program = `
    const { WorkerPool } = await import(${JSON.stringify(new URL("./worker-pool.js", import.meta.url).href)});
    const setup = { counts: new Int32Array(new SharedArrayBuffer(8)), failing: -1 };
    let pending;
    const pool = await WorkerPool.start(1, {
      ...{ script: new URL(${JSON.stringify(script.href)}), setup, owner: "test" },
      onAnswer: (answer) => pending.resolve(answer),
    });
    pending = pool.promise();
    pool.post(0, "echo");
    console.log(await pool.keepingAlive(pending.promise));
    pool.post(0, "ignore");`;
  const options = ["--input-type=module", "--eval", program];
  const { stdout } = await promisify(execFile)(process.execPath, options, { timeout: 30_000 });
  expect(stdout).toBe("echo\n");
});
