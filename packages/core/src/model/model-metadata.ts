// What a colour model says about itself in the `metadata_props` of its ONNX file.

import { UserError } from "../user-error.js";
import { readLengthDelimitedFields } from "./protobuf-wire.js";

/** The self-description of a colour model. */
export interface ModelMetadata {
  /** Names of the scene classes in the order of `scene_logits` (`ltbc.classes`); may be empty. */
  readonly classes: readonly string[];
  /** Short side, in pixels, that the model works best at (`ltbc.workingSize`). */
  readonly workingSize: number;
  /** Sides that are multiples of this need no padding (`ltbc.multiple`). */
  readonly multiple: number;
  /** Every property as it stands in the file. */
  readonly properties: Readonly<Record<string, string>>;
}

// Field numbers of ModelProto (onnx.proto3).
const GRAPH_FIELD = 7;
const METADATA_PROPS_FIELD = 14;

/** The short side used when a model does not state its own: that of Iizuka et al. 2016. */
export const DEFAULT_WORKING_SIZE = 224;

/** Short sides in pixels at which a network may be told to look at a picture. */
export const SMALLEST_WORKING_SIZE = 16;
export const LARGEST_WORKING_SIZE = 4096;

/** The multiple used when a model does not state its own: the paper's networks halve three times. */
export const DEFAULT_MULTIPLE = 8;

function parseClasses(json: string | undefined): string[] {
  if (!json) return [];
  let classes: unknown;
  try {
    classes = JSON.parse(json);
  } catch {
    classes = undefined;
  }
  if (!Array.isArray(classes) || classes.some((name) => typeof name !== "string")) {
    throw new UserError(
      "model-invalid",
      `Expected the model's property ltbc.classes to be a JSON array of names but found ${json.slice(0, 60)}; export the model again`,
    );
  }
  return classes;
}

function parseWorkingSize(text: string | undefined): number {
  if (!text) return DEFAULT_WORKING_SIZE;
  const size = Number(text);
  if (!Number.isInteger(size) || size < SMALLEST_WORKING_SIZE) {
    throw new UserError(
      "model-invalid",
      `Expected the model's property ltbc.workingSize to be a whole number of pixels from ${SMALLEST_WORKING_SIZE} but found ${text}; export the model again`,
    );
  }
  return size;
}

function parseMultiple(text: string | undefined): number {
  if (!text) return DEFAULT_MULTIPLE;
  const multiple = Number(text);
  if (!Number.isInteger(multiple) || multiple < 1 || multiple > 256) {
    throw new UserError(
      "model-invalid",
      `Expected the model's property ltbc.multiple to be a whole number of pixels from 1 to 256 but found ${text}; export the model again`,
    );
  }
  return multiple;
}

/**
 * Reads the metadata of a serialised ONNX model.
 *
 * @throws UserError if the bytes are no ONNX model or a property is malformed
 */
export function readModelMetadata(model: Uint8Array): ModelMetadata {
  let properties: Readonly<Record<string, string>>;
  let hasGraph: boolean;
  try {
    const fields = readLengthDelimitedFields(model);
    hasGraph = fields.some(({ number }) => number === GRAPH_FIELD);
    const entries = fields.filter(({ number }) => number === METADATA_PROPS_FIELD);
    properties = Object.fromEntries(entries.map(({ bytes }) => readProperty(bytes)));
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new UserError(
      "model-invalid",
      "Expected an ONNX model but the data is not one, or is cut short",
      { cause: error },
    );
  }
  if (!hasGraph)
    throw new UserError("model-invalid", "Expected an ONNX model but the data holds no graph");
  return {
    classes: parseClasses(properties["ltbc.classes"]),
    workingSize: parseWorkingSize(properties["ltbc.workingSize"]),
    multiple: parseMultiple(properties["ltbc.multiple"]),
    properties,
  };
}

/** Key (field 1) and value (field 2) of a StringStringEntryProto. */
function readProperty(entry: Uint8Array): [key: string, value: string] {
  const text = new Map(
    readLengthDelimitedFields(entry).map(({ number, bytes }) => [number, bytes] as const),
  );
  const decoder = new TextDecoder();
  return [decoder.decode(text.get(1)), decoder.decode(text.get(2))];
}
