import { UserError } from "@let-there-be-color/core/user-error";
import { afterAll, describe, expect, it } from "vitest";
import type { CalledService } from "../testing/called-thread.js";
import { ThreadCalls } from "./thread-calls.js";

const options = {
  script: new URL("../testing/called-thread.js", import.meta.url),
  owner: "test",
};
const calls = new ThreadCalls<CalledService>(options);
afterAll(() => calls.close());

describe("calls between threads", () => {
  it("are answered in any order, with their progress", async () => {
    const heard: string[] = [];
    const onProgress = (progress: string) => void heard.push(progress);
    const answers = [1, 2, 3].map((value) => calls.call("echo", [value], { onProgress }));
    expect(await Promise.all(answers)).toEqual([1, 2, 3]);
    expect(heard).toEqual(["heard", "heard", "heard"]);
  });

  it("fail with the thread's own errors: class, code, cause and stack", async () => {
    const user = await calls.call("fail", ["user"]).catch((reason) => reason);
    expect(user).toBeInstanceOf(UserError);
    expect(user).toMatchObject({ code: "input-missing", message: "a.png does not exist." });
    expect(user.cause).toMatchObject({ message: "ENOENT: gone", code: "ENOENT", errno: -2 });
    const type = await calls.call("fail", ["type"]).catch((reason) => reason);
    expect(type).not.toBeInstanceOf(UserError);
    expect(String(type)).toBe("TypeError: no such method");
    expect(type.stack).toMatch(/called-thread/);
    expect(type.cause.message).toBe("deeper");
    await expect(calls.call("fail", ["text"])).rejects.toThrow("no error at all");
  });

  it("refuse what cannot be sent, and go on", async () => {
    const refused = await calls.call("echo", [() => 1]).then(String, (reason: Error) => reason);
    expect(refused).toMatchObject({ code: "option-invalid" });
    expect(String(refused)).toMatch(/plain values .*`echo`/);
    expect(await calls.call("echo", ["after"])).toBe("after");
  });

  it("end at once when they are aborted, while the thread is busy, which then stops", async () => {
    const shared = new Int32Array(new SharedArrayBuffer(8));
    const stop = new AbortController();
    const onProgress = () => stop.abort(new Error("enough"));
    const unwanted: string[] = [];
    const watch = { signal: stop.signal, onProgress };
    const call = calls.call("block", [shared], watch, (answer) => void unwanted.push(answer));
    await expect(call).rejects.toThrow("enough");
    expect(shared[1]).toBe(0); // the thread is still in the midst of it
    Atomics.store(shared, 0, 1);
    Atomics.notify(shared, 0);
    await expect.poll(() => shared[1]).toBe(1);
    expect(await calls.call("echo", ["next"])).toBe("next");
    expect([shared[1], unwanted]).toEqual([1, []]);
    const aborted = calls.call("echo", [0], { signal: AbortSignal.abort("before") });
    await expect(aborted).rejects.toBe("before");
  });

  it("end with what their progress function throws; the answer is disposed of", async () => {
    const onProgress = () => {
      throw new RangeError("mine");
    };
    const unwanted: unknown[] = [];
    const call = calls.call("echo", [7], { onProgress }, (answer) => void unwanted.push(answer));
    await expect(call).rejects.toThrow(new RangeError("mine"));
    await calls.call("echo", [0]);
    expect(unwanted).toEqual([7]);
  });

  it("all fail when the thread dies, also later ones", async () => {
    const mortal = new ThreadCalls<CalledService>(options);
    const shared = new Int32Array(new SharedArrayBuffer(8));
    Atomics.store(shared, 0, 1);
    const all = [mortal.call("die", []), mortal.call("block", [shared]), mortal.call("echo", [1])];
    const ends = await Promise.allSettled(all);
    expect(ends[0]).toMatchObject({ status: "rejected" });
    await expect(all[0]).rejects.toThrow("A thread of the test has died: it ended with code 3.");
    await expect(mortal.call("echo", [2])).rejects.toThrow(/has died/);
    await mortal.close();
  });
});
