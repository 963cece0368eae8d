// The same weights and pictures for every contender, in files.

import { parameterSpecifications } from "@let-there-be-color/core/network";
import { writeSafetensors } from "let-there-be-color/training";
import { fromFloat16, toFloat16 } from "../packages/core/dist/model/float16.js";

/** Uniform in [-1, 1) by xorshift32: fast, and the same on every machine. */
export function uniform(seed) {
  let state = seed;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state / 2 ** 31;
  };
}

/**
 * Random parameters of a network, with the deviations it starts training from. In half precision, as a
 * model file stores them: whoever computes with them computes the same.
 */
export function randomParameters(network) {
  const draw = uniform(1);
  return new Map(
    parameterSpecifications(network).map(({ name, shape, initialization }) => {
      const data = new Float32Array(shape.reduce((product, length) => product * length, 1));
      if (initialization.type === "constant") data.fill(initialization.value);
      else {
        // A uniform number in [-1, 1) has a variance of one third.
        const bound = Math.sqrt((3 * initialization.gain) / initialization.fanIn);
        for (let i = 0; i < data.length; i++) data[i] = bound * draw();
      }
      return [name, { dtype: "F32", shape, data: fromFloat16(toFloat16(data)) }];
    }),
  );
}

/** Writes random parameters as safetensors. */
export async function writeParameters(path, network) {
  await writeSafetensors(path, randomParameters(network));
}

/** Writes a batch of smooth pictures with noise: `luminance`, `ab`, `labels`. */
export async function writeBatch(path, { network, batchSize, side }) {
  const draw = uniform(2);
  const pixels = side * side;
  const luminance = new Float32Array(batchSize * pixels);
  const ab = new Float32Array(2 * batchSize * pixels);
  for (let picture = 0; picture < batchSize; picture++) {
    const [x0, y0, a0, b0] = [draw(), draw(), 40 * draw(), 40 * draw()];
    for (let i = 0; i < pixels; i++) {
      const [x, y] = [(i % side) / side - 0.5 - x0, Math.floor(i / side) / side - 0.5 - y0];
      const wave = Math.sin(5 * x + 3 * y) * Math.cos(4 * y - x);
      luminance[picture * pixels + i] = 50 + 35 * wave + 10 * draw();
      ab[2 * picture * pixels + i] = a0 + 20 * wave;
      ab[(2 * picture + 1) * pixels + i] = b0 - 15 * wave;
    }
  }
  const labels = BigInt64Array.from({ length: batchSize }, (_, i) =>
    BigInt((i * 37) % network.classes),
  );
  await writeSafetensors(
    path,
    new Map([
      ["luminance", { dtype: "F32", shape: [batchSize, 1, side, side], data: luminance }],
      ["ab", { dtype: "F32", shape: [batchSize, 2, side, side], data: ab }],
      ["labels", { dtype: "I64", shape: [batchSize], data: labels }],
    ]),
  );
}
