export { assertRunsOn } from "./device-limits.js";
export { gradients } from "./gradients.js";
export {
  type Attribute,
  type Composite,
  type CompositeGradient,
  type Constant,
  type Dimension,
  Graph,
  GraphError,
  type Node,
  type OutputDeclaration,
  type Shape,
  type Value,
} from "./graph.js";
export * from "./operators/index.js";
export {
  type AdadeltaOptions,
  type AdamOptions,
  type AdamWOptions,
  clippingFactor,
  globalNorm,
  type OptimizerOptions,
  optimizerDefaults,
  optimizerStateNames,
  optimizerUpdate,
  type SgdOptions,
  type Update,
  type UpdateInputs,
} from "./optimizers.js";
export { OPSET_VERSION, type SerializeOptions, serialize } from "./serialize.js";
export type {
  DataType,
  Device,
  DeviceTensor,
  Runtime,
  Session,
  SessionOptions,
  TensorArray,
  TensorValue,
} from "./session.js";
