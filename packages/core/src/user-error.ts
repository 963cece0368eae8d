/**
 * What kind of mistake a {@link UserError} reports. Codes are stable: programs may act on them,
 * while messages are for people and may change.
 *
 * - `option-invalid`: an option is out of range, unknown, or contradicts another
 * - `input-missing`: a file or folder does not exist or cannot be read
 * - `input-broken`: a picture is empty, cut short, damaged, or of a kind that is not supported
 * - `data-invalid`: a data set has no pictures, too few, the wrong classes, or is not the same any more
 * - `model-invalid`: a file is no model, or one that this version cannot run
 * - `checkpoint-invalid`: a run folder holds no usable checkpoint, or one of another network or version
 * - `device-unavailable`: the device, its driver or its libraries are not there
 * - `output-exists`: the output is there already, or is the input itself
 * - `folder-in-use`: another process works on the output or run folder
 * - `output-unwritable`: the output cannot be written, or its format cannot hold the picture
 * - `training-diverged`: a loss became NaN or infinite; the last good checkpoint is kept
 */
export type UserErrorCode =
  | "option-invalid"
  | "input-missing"
  | "input-broken"
  | "data-invalid"
  | "model-invalid"
  | "checkpoint-invalid"
  | "device-unavailable"
  | "output-exists"
  | "folder-in-use"
  | "output-unwritable"
  | "training-diverged";

/**
 * A mistake the user can mend: bad input, a missing file, an impossible option. Its message says
 * what was expected, what came and what to do next, in one or two lines; command lines print the
 * message alone, never the stack. Names of options stand in backticks, so that a command line can
 * put its flags in their place.
 *
 * @example
 * try {
 *   await colorizer.colorize(upload);
 * } catch (error) {
 *   if (error instanceof UserError && error.code === "input-broken") return reply(422, error.message);
 *   throw error;
 * }
 */
export class UserError extends Error {
  override readonly name = "UserError";
  readonly code: UserErrorCode;

  /** @param options `cause`: the error that this one explains */
  constructor(code: UserErrorCode, message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.code = code;
  }
}

/**
 * Does something, and puts what it is about, such as the name of a file, in front of the messages of
 * UserErrors.
 *
 * @example
 * const metadata = await naming("model.onnx", () => readModelMetadata(bytes));
 */
export async function naming<T>(name: string, task: () => T | Promise<T>): Promise<T> {
  try {
    return await task();
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    throw new UserError(error.code, `${name}: ${error.message}`, { cause: error });
  }
}
