// A thread for the tests of calls between threads.

import { UserError } from "@let-there-be-color/core/user-error";
import { serveCalls } from "../threads/serve-calls.js";
import type { StageWatch } from "../watch.js";

export class CalledService {
  async echo<T>(watch: StageWatch<string>, value: T): Promise<T> {
    watch.onProgress?.("heard");
    return value;
  }

  async fail(_: StageWatch<never>, kind: "user" | "type" | "text"): Promise<void> {
    if (kind === "text") throw "no error at all";
    if (kind === "type") throw new TypeError("no such method", { cause: new Error("deeper") });
    const cause = Object.assign(new Error("ENOENT: gone"), { code: "ENOENT", errno: -2 });
    throw new UserError("input-missing", "a.png does not exist.", { cause });
  }

  /** Keeps the thread until `shared[0]` is 1, as a network would, then looks whether it is stopped. */
  async block({ signal, onProgress }: StageWatch<"begun">, shared: Int32Array): Promise<string> {
    onProgress?.("begun");
    await new Promise((sent) => setTimeout(sent, 1));
    Atomics.wait(shared, 0, 0);
    Atomics.store(shared, 1, 1);
    signal?.throwIfAborted();
    Atomics.store(shared, 1, 2);
    return "not stopped";
  }

  async die(_: StageWatch<never>): Promise<void> {
    process.exit(3);
  }
}

serveCalls(new CalledService(), async () => undefined);
