import type {
  BackboneNetworkConfig,
  ConvolutionLayer,
  NetworkConfig,
  PaperNetworkConfig,
} from "./config.js";
import { mobilenetV1Channels } from "./encoders/mobilenet-v1.js";

export const presetNames = [
  "iizuka2016",
  "jacob-darcet2021",
  "compact",
  "mobilenet",
  "mobilenet-edgetpu",
] as const;
export type PresetName = (typeof presetNames)[number];

function layers(...specification: (number | `${number}/2`)[]): ConvolutionLayer[] {
  return specification.map((each) =>
    typeof each === "number"
      ? { channels: each, stride: 1 }
      : { channels: Number.parseInt(each, 10), stride: 2 },
  );
}

/** Table 1 of Iizuka, Simo-Serra & Ishikawa 2016, with a 512-channel last global convolution. */
const iizuka2016: PaperNetworkConfig = {
  name: "iizuka2016",
  classes: 365,
  lowLevel: { layers: layers("64/2", 128, "128/2", 256, "256/2", 512) },
  midLevel: { channels: [512, 256] },
  global: {
    layers: layers("512/2", 512, "512/2", 512),
    pooling: { type: "flatten", imageSize: 224 },
    hidden: [1024, 512, 256],
  },
  fusion: { channels: 256 },
  colorization: { stages: [[128], [64, 64], [32]] },
  classification: { hidden: [], dropout: 0 },
  normalization: "batch",
  activation: "relu",
  skips: "none",
  head: { activation: "sigmoid", offset: -128, scale: 255 },
  finalUpsampling: "nearest",
};

/** Jacob & Darcet 2021: no batch normalisation, hidden units in the classifier. */
const jacobDarcet2021: PaperNetworkConfig = {
  ...iizuka2016,
  name: "jacob-darcet2021",
  normalization: "none",
  classification: { hidden: [400], dropout: 0 },
};

/**
 * For CPUs and browsers: about half the paper's widths, global average pooling instead of the
 * large matrix, residual connections from the low-level features to the colorization network.
 * Batch normalisation, without which the narrow classification branch hardly starts to learn.
 */
const compact: PaperNetworkConfig = {
  name: "compact",
  classes: 100,
  lowLevel: { layers: layers("32/2", 64, "64/2", 128, "128/2", 256) },
  midLevel: { channels: [256, 128] },
  global: {
    layers: layers("256/2", 256, "256/2", 256),
    pooling: { type: "average" },
    hidden: [512, 256, 128],
  },
  fusion: { channels: 128 },
  colorization: { stages: [[128], [64, 64], [32]] },
  classification: { hidden: [], dropout: 0 },
  normalization: "batch",
  activation: "relu",
  skips: "add",
  head: { activation: "tanh", offset: 0, scale: 100 },
  finalUpsampling: "bilinear",
};

/**
 * MobileNet v1 of width 0.75 in place of the paper's encoder, and a narrow colorization network: for
 * training from the weights of an image classifier, whose normalisation is frozen.
 */
const mobilenet: BackboneNetworkConfig = {
  name: "mobilenet",
  classes: 100,
  encoder: {
    kind: "mobilenet-v1",
    channels: mobilenetV1Channels(0.75),
    normalization: "frozen",
    epsilon: 1e-3,
  },
  global: { hidden: [256] },
  fusion: { channels: 256 },
  colorization: { stages: [[], [128], [64], [64]] },
  classification: { hidden: [], dropout: 0 },
  normalization: "batch",
  activation: "relu",
  skips: "add",
  hints: true,
  reference: true,
  head: { type: "quantized", spacing: 10, stride: 4 },
  finalUpsampling: "bilinear",
};

/**
 * MobileNetEdgeTPU as the encoder, and a wider colorization network: what the bundled weights are.
 * Dearer to run than `mobilenet` by a third, and dear to train unless its first blocks are frozen.
 */
const mobilenetEdgetpu: BackboneNetworkConfig = {
  ...mobilenet,
  name: "mobilenet-edgetpu",
  encoder: { kind: "mobilenet-edgetpu", normalization: "none", epsilon: 1e-3 },
  colorization: { stages: [[], [256], [128], [64]] },
};

const presets: Readonly<Record<PresetName, NetworkConfig>> = {
  iizuka2016,
  "jacob-darcet2021": jacobDarcet2021,
  compact,
  mobilenet,
  "mobilenet-edgetpu": mobilenetEdgetpu,
};

/** A preset, with any of its options replaced. */
export function networkPreset(
  name: PresetName,
  overrides: Partial<NetworkConfig> = {},
): NetworkConfig {
  return { ...presets[name], ...overrides } as NetworkConfig;
}
