import { expect, test } from "vitest";
import { inferenceModel, readModelMetadata } from "../model/index.js";
import { initialValues, parameterSpecifications } from "../network/index.js";
import { wide } from "../testing/networks.js";
import { suitedModel } from "./suited-model.js";

const values = initialValues(parameterSpecifications(wide), 1);
const model = inferenceModel(wide, values, { classes: ["sea", "sky", "hill"], workingSize: 224 });

test("a model is arranged where the engine has the kernels and many pictures come", async () => {
  const kernels = { hasBlockedConvolutions: true };
  const arranged = await suitedModel(model, kernels, { workingSize: 224 });
  expect(arranged).not.toBe(model);
  expect(readModelMetadata(arranged)).toEqual(readModelMetadata(model));
  expect(await suitedModel(model, kernels, { workingSize: 224, pictures: 1 })).toBe(model);
  expect(await suitedModel(model, kernels, { workingSize: 2000, pictures: 1 })).not.toBe(model);
});

test("a model stays as it is on any other engine", async () => {
  const kernels = { hasBlockedConvolutions: false };
  expect(await suitedModel(model, kernels, { workingSize: 224 })).toBe(model);
});
