import { join } from "node:path";
import {
  type DataType,
  Graph,
  gemm,
  globalAveragePool,
  serialize,
  type TensorValue,
} from "@let-there-be-color/core/graph";
import {
  type BackboneConfig,
  type BackboneNetworkConfig,
  backboneFeatures,
  initialValues,
  inSinglePrecision,
  type NetworkContext,
  networkPreset,
  ParameterSource,
  parameterSpecifications,
  pretrainedBackbone,
  type StoredParameters,
} from "@let-there-be-color/core/network";
import { describe, expect, test } from "vitest";
import { createRuntime } from "../../runtime/onnx-runtime.js";
import { encoderFile, narrowEncoder } from "../../testing/encoder-file.js";
import { folderForTests } from "../../testing/temporary-folder.js";
import { readSafetensors, writeSafetensors } from "../safetensors.js";
import { readEncoderWeights } from "./encoder-weights.js";

const preset = networkPreset("mobilenet") as BackboneNetworkConfig;
const network = { ...preset, encoder: narrowEncoder };
const folder = await folderForTests();

describe("weights of an encoder", () => {
  test("are read by name, with where they came from", async () => {
    const path = join(folder, "encoder.safetensors");
    await writeSafetensors(path, encoderFile(network), { source: "a test", licence: "CC0-1.0" });
    const { network: found, values, origin } = await readEncoderWeights(path, network);
    expect(found).toEqual(network);
    expect(origin).toMatchObject({ file: "encoder.safetensors", source: "a test" });
    expect(origin.licence).toBe("CC0-1.0");
    const expected = initialValues(parameterSpecifications(network), 1);
    expect([...values.keys()].sort()).toEqual(
      [...expected.keys()].filter((name) => name.startsWith("encoder.")).sort(),
    );
    for (const [name, { shape, data }] of values) {
      expect(shape, name).toEqual(expected.get(name)!.shape);
      const worst = data.reduce(
        (most, value, index) => Math.max(most, Math.abs(value - expected.get(name)!.data[index]!)),
        0,
      );
      expect(worst, name).toBeLessThan(1e-6);
    }
  });

  test("of another encoder name the file and the tensor", async () => {
    const path = join(folder, "other.safetensors");
    const file = encoderFile(network);
    file.delete("block3.pointwise.weight");
    await writeSafetensors(path, file);
    await expect(readEncoderWeights(path, network)).rejects.toThrow(
      /other\.safetensors: Expected the encoder's weights to hold block3\.pointwise\.weight/,
    );
    await expect(readEncoderWeights(path, networkPreset("compact"))).rejects.toThrow(
      /compact has the paper's own/,
    );
    await expect(readEncoderWeights(join(folder, "none"), network)).rejects.toThrow(
      /Expected a file with the encoder's weights: ENOENT/,
    );
  });
});

// LTBC_ENCODERS: a folder with the weights and test vectors of classifiers.
describe.skipIf(!process.env.LTBC_ENCODERS)(
  "classifiers give the logits of their test vectors",
  () => {
    const epsilon = 1e-3;
    const v1 = preset.encoder;
    const cases: [file: string, encoder: BackboneConfig][] = [
      ["mobilenet-v1-0.75", { ...v1, normalization: "frozen" }],
      ["mobilenet-v1-0.75", { ...v1, normalization: "batch" }],
      ["mobilenet-v1-0.75", { ...v1, normalization: "none" }],
      ["mobilenet-edgetpu-1.0", { kind: "mobilenet-edgetpu", normalization: "none", epsilon }],
    ];

    test.each(cases)("%s %o", async (file, chosen) => {
      const read = async (name: string): Promise<StoredParameters> => {
        const { tensors } = await readSafetensors(join(process.env.LTBC_ENCODERS!, name));
        return tensors as unknown as StoredParameters;
      };
      const tensors = await read(`${file}.safetensors`);
      const vector = inSinglePrecision(await read(`${file}.test-vector.safetensors`));
      const { encoder, values } = pretrainedBackbone(chosen, tensors, 3);
      const graph = new Graph();
      const context: NetworkContext = {
        config: { ...preset, encoder },
        parameters: ParameterSource.constants(graph, values),
        mode: "inference",
        updatedStatistics: new Map(),
        noise: () => graph.scalar(0),
      };
      const float32: DataType = "float32";
      const constant = (name: string) => {
        const { shape, data } = inSinglePrecision(tensors).get(name)!;
        return graph.constant(float32, shape, data);
      };
      const image = vector.get("input")!;
      const maps = backboneFeatures(context, encoder, graph.input("x", float32, image.shape));
      const pooled = globalAveragePool(maps.at(-1)!);
      const [weight, bias] = [constant("classifier.weight"), constant("classifier.bias")];
      graph.output("logits", gemm(pooled, weight, bias, { transposeB: true }));
      const session = await (await createRuntime()).createSession(serialize(graph, { name: file }));
      const { logits } = await session.run({ x: { type: float32, ...image } });
      await session.release();
      const expected = vector.get("logits")!.data;
      const range = Math.max(...expected) - Math.min(...expected);
      const actual = (logits as TensorValue).data as Float32Array;
      const worst = expected.reduce(
        (most, value, index) => Math.max(most, Math.abs(value - actual[index]!)),
        0,
      );
      expect(actual.length).toBe(expected.length);
      expect(worst / range).toBeLessThan(1e-4);
    });
  },
);
