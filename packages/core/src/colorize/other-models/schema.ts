import * as z from "zod";
import { LARGEST_WORKING_SIZE, SMALLEST_WORKING_SIZE } from "../../model/model-metadata.js";
import type { ModelInterface } from "./model-interface.js";

const numbers = (count: number) => z.union([z.number(), z.array(z.number()).length(count)]);
const perChannel = z.union([z.number(), z.array(z.number()).min(1).max(3)]);
const nonZero = (value: number | readonly number[]) => [value].flat().every((each) => each !== 0);
const side = z.int().min(1).max(LARGEST_WORKING_SIZE);

const input = z
  .strictObject({
    name: z.string().min(1),
    picture: z.enum(["lightness", "srgb"]),
    white: z.number().positive().optional(),
    channels: z.literal([1, 3]).optional(),
    mean: perChannel.optional(),
    deviation: perChannel.refine(nonZero, "expected to divide by other numbers than 0").optional(),
  })
  .superRefine(({ picture, channels = picture === "srgb" ? 3 : 1, mean, deviation }, context) => {
    for (const [name, values] of Object.entries({ mean, deviation })) {
      if (!Array.isArray(values) || values.length === channels) continue;
      const message = `expected one number or ${channels}, one for each channel, but found ${values.length}`;
      context.addIssue({ code: "custom", path: [name], message });
    }
  });

const size = z.union(
  [
    z.strictObject({ width: side, height: side }),
    z.strictObject({
      workingSize: z.int().min(SMALLEST_WORKING_SIZE).max(LARGEST_WORKING_SIZE),
      multiple: z.int().min(1).max(256),
    }),
  ],
  {
    error: `expected { width, height } or { workingSize, multiple } in pixels (sides up to ${LARGEST_WORKING_SIZE}, a working size from ${SMALLEST_WORKING_SIZE}, a multiple up to 256)`,
  },
);

const output = z.strictObject({
  name: z.string().min(1),
  scale: numbers(2).refine(nonZero, "expected other numbers than 0").optional(),
  offset: numbers(2).optional(),
  stride: z.int().min(1).max(64).optional(),
});

export const modelInterfaceSchema: z.ZodType<ModelInterface> = z
  .strictObject({ input, size, output })
  .superRefine(({ size, output: { stride = 1 } }, context) => {
    const sides = "width" in size ? [size.width, size.height] : [size.multiple];
    if (sides.every((each) => each % stride === 0)) return;
    const message = `expected the sides of the input to be multiples of the output's stride ${stride}`;
    context.addIssue({ code: "custom", path: ["output", "stride"], message });
  });
