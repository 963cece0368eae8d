// MobileNetEdgeTPU (Google 2019, github.com/tensorflow/models, slim/nets/mobilenet): inverted
// residuals whose first half, where maps are large, joins expansion and depthwise convolution to one
// plain 3x3 convolution. ReLU after every layer but the projections.

import type { Value } from "../../graph/graph.js";
import { add } from "../../graph/operators/index.js";
import type { NetworkContext } from "../layers.js";
import { type BackboneNormalization, backboneLayer } from "./backbone-layer.js";

export interface MobilenetEdgetpuConfig extends BackboneNormalization {
  readonly kind: "mobilenet-edgetpu";
}

interface Block {
  /** One plain convolution expands ("fused"), or a 1x1 and a depthwise one. */
  readonly form: "fused" | "separate";
  readonly kernel: 3 | 5;
  readonly stride: 1 | 2;
  readonly expanded: number;
  readonly channels: number;
  readonly residual: boolean;
}

/** A block, then three like it with a stride of 1 that add to what they get. */
function group(
  form: Block["form"],
  kernel: Block["kernel"],
  stride: Block["stride"],
  [first, rest]: readonly [number, number],
  channels: number,
): Block[] {
  const more: Block = { form, kernel, stride: 1, expanded: rest, channels, residual: true };
  return [{ ...more, stride, expanded: first, residual: false }, more, more, more];
}

const blocks: readonly Block[] = [
  ...group("fused", 3, 2, [128, 128], 32),
  ...group("fused", 3, 2, [256, 192], 48),
  ...group("separate", 3, 2, [384, 384], 96),
  ...group("separate", 3, 1, [768, 384], 96),
  ...group("separate", 5, 2, [768, 640], 160),
  { form: "separate", kernel: 3, stride: 1, expanded: 1280, channels: 192, residual: false },
];
const FIRST = { expanded: 32, channels: 16 };
const LAST = 1280;

/** A layer and its number in Google's order, which counts additions, too. */
export interface NumberedLayer {
  readonly name: string;
  readonly number: number;
  /** Of the weight: `[O, C, k, k]`, C 1 in depthwise layers and 3 in the first. */
  readonly shape: readonly [number, number, number, number];
}

/** Every layer, in order. */
export function mobilenetEdgetpuLayers(): NumberedLayer[] {
  const layers: NumberedLayer[] = [];
  let number = 0;
  const push = (name: string, outputs: number, inputs: number, kernel: number) =>
    layers.push({
      name: `encoder.${name}`,
      number: number++,
      shape: [outputs, inputs, kernel, kernel],
    });
  push("first.expand", FIRST.expanded, 3, 3);
  push("first.project", FIRST.channels, FIRST.expanded, 1);
  let inputs = FIRST.channels;
  blocks.forEach(({ form, kernel, expanded, channels, residual }, index) => {
    const name = `block${index + 1}`;
    push(`${name}.expand`, expanded, inputs, form === "fused" ? kernel : 1);
    if (form === "separate") push(`${name}.depthwise`, expanded, 1, kernel);
    push(`${name}.project`, channels, expanded, 1);
    if (residual) number++;
    inputs = channels;
  });
  push("last", LAST, inputs, 1);
  return layers;
}

/** @see backboneFeatures */
export function mobilenetEdgetpuFeatures(
  context: NetworkContext,
  encoder: MobilenetEdgetpuConfig,
  image: Value,
): Value[] {
  const layer = (
    name: string,
    x: Value,
    channels: number,
    options: { kernel?: number; stride?: 1 | 2; depthwise?: boolean; linear?: boolean } = {},
  ) => {
    const { kernel = 1, stride = 1, depthwise = false, linear = false } = options;
    const activation = linear ? "linear" : "relu";
    return backboneLayer(context, encoder, `encoder.${name}`, x, {
      channels,
      kernel,
      stride,
      depthwise,
      activation,
    });
  };
  const maps: Value[] = [];
  let x = layer("first.expand", image, FIRST.expanded, { kernel: 3, stride: 2 });
  x = layer("first.project", x, FIRST.channels, { linear: true });
  blocks.forEach(({ form, kernel, stride, expanded, channels, residual }, index) => {
    const name = `block${index + 1}`;
    let y: Value;
    if (form === "fused") {
      if (stride === 2) maps.push(x);
      y = layer(`${name}.expand`, x, expanded, { kernel, stride });
    } else {
      y = layer(`${name}.expand`, x, expanded);
      // The widest map of its scale, already computed for the way down.
      if (stride === 2) maps.push(y);
      y = layer(`${name}.depthwise`, y, expanded, { kernel, stride, depthwise: true });
    }
    y = layer(`${name}.project`, y, channels, { linear: true });
    x = residual ? add(y, x) : y;
  });
  return [...maps, layer("last", x, LAST)];
}
