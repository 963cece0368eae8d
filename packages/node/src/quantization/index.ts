export { type QuantizationOptions, type QuantizationProgress, quantizeModel } from "./quantize.js";
