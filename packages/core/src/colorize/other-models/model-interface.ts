// How a colouriser of another program is fed and read, as plain data from a JSON file beside it.

import { UserError } from "../../user-error.js";

/** What a network of one grey picture in and a* and b* out needs to know about itself. */
export interface ModelInterface {
  readonly input: {
    readonly name: string;
    /** L* of CIELAB, or the grey of that lightness as sRGB. */
    readonly picture: "lightness" | "srgb";
    /** What white is before `mean` and `deviation`; black is 0. Default 100 for L*, 1 for sRGB. */
    readonly white?: number | undefined;
    /** `[1, channels, H, W]`; three are equal but for mean and deviation. Default 1 for L*, 3 for sRGB. */
    readonly channels?: 1 | 3 | undefined;
    /** Subtracted, one number or one for each channel. Default 0. */
    readonly mean?: number | readonly number[] | undefined;
    /** Divided by after that, one number or one for each channel. Default 1. */
    readonly deviation?: number | readonly number[] | undefined;
  };
  /** At which the network works: one size for all, or any short side and multiples of a number. */
  readonly size:
    | { readonly width: number; readonly height: number }
    | { readonly workingSize: number; readonly multiple: number };
  readonly output: {
    /** Of the output `[1, 2, H / stride, W / stride]`. */
    readonly name: string;
    /** What makes CIELAB units of it, for both or for a* and b*: value * scale + offset. Default 1. */
    readonly scale?: number | readonly number[] | undefined;
    /** CIELAB units. Default 0. */
    readonly offset?: number | readonly number[] | undefined;
    /** Sides of the input divided by those of the output. Default 1. */
    readonly stride?: number | undefined;
  };
}

/** Where the form of the file is described. */
export const DOCUMENTATION = "docs/other-models.md";

/**
 * Reads the text of a JSON file.
 *
 * @param name of the file, for messages
 * @throws UserError if it is no JSON, or does not have the form of a {@link ModelInterface}
 */
export async function parseModelInterface(text: string, name: string): Promise<ModelInterface> {
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch (error) {
    throw invalid(name, `it is no JSON (${(error as Error).message})`, error);
  }
  return checkedModelInterface(content, name);
}

/**
 * Checks the form.
 *
 * @param name of what is checked, for messages
 * @throws UserError if it does not have it
 */
export async function checkedModelInterface(
  content: unknown,
  name: string,
): Promise<ModelInterface> {
  // Loaded when it is needed: models of this project do without.
  const { modelInterfaceSchema } = await import("./schema.js");
  const { data, error } = modelInterfaceSchema.safeParse(content);
  if (data) return data;
  const [issue] = error.issues;
  const place = issue!.path.length > 0 ? `${issue!.path.join(".")}: ` : "";
  throw invalid(name, `${place}${issue!.message}`, error);
}

function invalid(name: string, reason: string, cause: unknown): UserError {
  return new UserError(
    "model-invalid",
    `${name} does not say how the model is fed and read: ${reason}; ${DOCUMENTATION} describes the form.`,
    { cause },
  );
}
