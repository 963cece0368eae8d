// The networks in TensorFlow.js, channels last as its kernels want. Batch normalisation is folded
// into the convolution before it, as TensorFlow's own converter does.

import * as tf from "@tensorflow/tfjs-core";

const EPSILON = 1e-5;

/**
 * @param config of the network
 * @param tensors parameters by name, `{ shape, data }`
 * @returns a function of L* `[N, H, W, 1]` to `{ ab: [N, H, W, 2], logits: [N, classes] }`
 */
export function tensorflowNetwork(config, tensors) {
  const layers = new Map();
  const layer = (name, make) => {
    if (!layers.has(name)) {
      const made = make(folded(tensors, name));
      for (const tensor of Object.values(made)) tf.keep(tensor);
      layers.set(name, made);
    }
    return layers.get(name);
  };
  const convolve = (name, x, { stride = 1, activation = "relu" } = {}) => {
    const { filter, bias } = layer(name, (values) => ({
      filter: channelsLast(values.weight, values.shape),
      bias: tf.tensor1d(values.bias),
    }));
    // TensorFlow's "same" pads at the end when it halves; an explicit pixel on each side is ours.
    const pad = (filter.shape[0] - 1) / 2;
    return tf.fused.conv2d({ x, filter, strides: stride, pad, bias, activation });
  };
  const connect = (name, a, activation = "relu") => {
    const { b, bias } = layer(name, (values) => ({
      b: transposed(values.weight, values.shape),
      bias: tf.tensor1d(values.bias),
    }));
    return tf.fused.matMul({ a, b, bias, activation });
  };
  const fuse = (map, vector) => {
    const { filter, weight, bias } = layer("fusion", (values) => ({
      filter: channelsLast(values.midLevel, values.midShape),
      weight: transposed(values.global, values.globalShape),
      bias: tf.tensor1d(values.bias),
    }));
    const everywhere = tf.fused.matMul({ a: vector, b: weight, bias });
    const [batch, channels] = everywhere.shape;
    const spread = tf.reshape(everywhere, [batch, 1, 1, channels]);
    return tf.relu(tf.add(tf.conv2d(map, filter, 1, 0), spread));
  };
  return (luminance) => tf.tidy(() => forward(config, luminance, { convolve, connect, fuse }));
}

function forward(config, luminance, { convolve, connect, fuse }) {
  const centred = tf.sub(tf.mul(luminance, 1 / 50), 1);
  const maps = [];
  config.lowLevel.layers.forEach(({ stride }, index) => {
    maps.push(convolve(`low_level.${index}`, maps.at(-1) ?? centred, { stride }));
  });
  let scene = maps.at(-1);
  config.global.layers.forEach(({ stride }, index) => {
    scene = convolve(`global.convolution.${index}`, scene, { stride });
  });
  const flatten = () => tf.reshape(tf.transpose(scene, [0, 3, 1, 2]), [scene.shape[0], -1]);
  const vectors = [config.global.pooling.type === "flatten" ? flatten() : tf.mean(scene, [1, 2])];
  config.global.hidden.forEach((_, index) => {
    vectors.push(connect(`global.hidden.${index}`, vectors.at(-1)));
  });
  const middle = config.midLevel.channels.reduce(
    (x, _, index) => convolve(`mid_level.${index}`, x),
    maps.at(-1),
  );
  let x = fuse(middle, vectors.at(-1));
  const twice = ([, height, width]) => [2 * height, 2 * width];
  config.colorization.stages.forEach((stage, index) => {
    if (index > 0) x = tf.image.resizeNearestNeighbor(x, twice(x.shape));
    stage.forEach((_, place) => {
      x = convolve(`colorization.${index}.${place}`, x);
      if (place > 0 || index === 0 || config.skips === "none") return;
      const source = maps.findLast(({ shape }) => shape[1] === x.shape[1]);
      x = tf.add(x, convolve(`colorization.${index}.skip`, source, { activation: "linear" }));
    });
  });
  const { activation, scale, offset } = config.head;
  const output = convolve("colorization.output", x, { activation: "linear" });
  const normalized = activation === "sigmoid" ? tf.sigmoid(output) : tf.tanh(output);
  const ab = tf.add(tf.mul(normalized, scale), offset);
  const size = twice(ab.shape);
  const logits = config.classification.hidden.reduce(
    (features, _, index) => connect(`classification.hidden.${index}`, features),
    vectors.at(-2),
  );
  return {
    ab:
      config.finalUpsampling === "nearest"
        ? tf.image.resizeNearestNeighbor(ab, size)
        : tf.image.resizeBilinear(ab, size, false, true),
    logits: connect("classification.output", logits, "linear"),
  };
}

/** `[out, in, height, width]` -> `[height, width, in, out]`. */
function channelsLast(weight, shape) {
  return tf.tidy(() => tf.transpose(tf.tensor(weight, shape), [2, 3, 1, 0]));
}

/** TensorFlow.js 4.22 computes `fused.matMul` with `transposeB` wrongly on WebAssembly. */
function transposed(weight, shape) {
  return tf.tidy(() => tf.transpose(tf.tensor2d(weight, shape)));
}

/** Weight and bias of a layer with its normalisation (by running statistics) multiplied in. */
function folded(tensors, name) {
  const value = (suffix) => tensors.get(`${name}.${suffix}`);
  // A normalised layer has no bias of its own.
  const channels = (value("bias") ?? value("normalization.bias")).data.length;
  const { gain, shift } = normalization(value, channels);
  const bias = shift.map((each, i) => each + (value("bias")?.data[i] ?? 0) * gain[i]);
  const scaled = (tensor) => {
    const each = tensor.data.length / channels;
    return tensor.data.map((weight, i) => weight * gain[Math.floor(i / each)]);
  };
  if (name !== "fusion") {
    return { weight: scaled(value("weight")), shape: value("weight").shape, bias };
  }
  return {
    midLevel: scaled(value("mid_level.weight")),
    midShape: value("mid_level.weight").shape,
    global: scaled(value("global.weight")),
    globalShape: value("global.weight").shape,
    bias,
  };
}

function normalization(value, channels) {
  const scale = value("normalization.scale")?.data;
  if (!scale)
    return { gain: new Float32Array(channels).fill(1), shift: new Float32Array(channels) };
  const mean = value("normalization.running_mean").data;
  const variance = value("normalization.running_variance").data;
  const gain = scale.map((each, i) => each / Math.sqrt(variance[i] + EPSILON));
  const shift = value("normalization.bias").data.map((each, i) => each - mean[i] * gain[i]);
  return { gain, shift };
}
