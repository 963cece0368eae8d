// The physical limit that shares refer to: the fastest large single-precision matrix product that
// ONNX Runtime or PyTorch's BLAS computes, measured in turn with the contenders.

import process from "node:process";
import { fileURLToPath } from "node:url";
import { Contender, prepareAll } from "./contenders.mjs";
import { threads } from "./machine.mjs";
import { pytorchScript } from "./python.mjs";

export class ProductLimit {
  #side;
  #contenders;

  /** @param side of the square matrices */
  static async start({ pytorch, quick }) {
    const side = quick ? 1024 : 2048;
    const candidates = [
      new Contender("sgemm, ONNX Runtime", [
        process.execPath,
        fileURLToPath(new URL("ours/sgemm.mjs", import.meta.url)),
      ]),
    ];
    if (pytorch) {
      candidates.push(new Contender("sgemm, PyTorch", pytorchScript(pytorch.python, "sgemm.py")));
    }
    const limit = new ProductLimit();
    limit.#side = side;
    limit.#contenders = await prepareAll(candidates, { side, threads }, new Set());
    return limit;
  }

  /** To be interleaved with the others. */
  get contenders() {
    return this.#contenders;
  }

  /** The fastest single run of the limit's own contenders among `measured`: `{ by, gigaflops }`. */
  best(measured) {
    const operations = 2 * this.#side ** 3;
    return measured
      .filter(({ contender }) => this.#contenders.includes(contender))
      .map(({ contender, seconds }) => ({
        by: `${contender.name}, ${this.#side} x ${this.#side}`,
        gigaflops: operations / seconds.min / 1e9,
      }))
      .reduce((one, other) => (other.gigaflops > one.gigaflops ? other : one));
  }

  async stop() {
    for (const contender of this.#contenders) await contender.stop();
  }
}
