import {
  type BackboneNetworkConfig,
  networkPreset,
  parameterSpecifications,
} from "@let-there-be-color/core/network";
import { checkParameterGroups, learningRateFactor } from "@let-there-be-color/core/objective";
import { expect, test } from "vitest";
import { pretrainedEncoderGroups } from "./preset-defaults.js";

test("pretrained encoders learn slowly, and what is dear and gains nothing not at all", () => {
  const factors = (name: "mobilenet" | "mobilenet-edgetpu") => {
    const network = networkPreset(name) as BackboneNetworkConfig;
    const groups = pretrainedEncoderGroups(network.encoder);
    checkParameterGroups(groups, parameterSpecifications(network));
    return (parameter: string) => learningRateFactor(groups, parameter);
  };
  const v1 = factors("mobilenet");
  expect(v1("encoder.block1.depthwise.weight")).toBe(0);
  expect(v1("encoder.block1.pointwise.weight")).toBe(0.03);
  const edgetpu = factors("mobilenet-edgetpu");
  expect(edgetpu("encoder.first.expand.weight")).toBe(0);
  expect(edgetpu("encoder.block8.project.weight")).toBe(0);
  expect(edgetpu("encoder.block9.expand.weight")).toBe(0.03);
  expect(edgetpu("encoder.block10.project.weight")).toBe(0.03);
  expect(edgetpu("encoder.block9.depthwise.weight")).toBe(0);
  expect(edgetpu("fusion.global.weight")).toBe(1);
});
