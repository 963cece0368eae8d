/**
 * A mistake the user can mend: bad input, a missing file, an impossible option. Its message says
 * what was expected, what came and what to do next, in one or two lines; command lines print the
 * message alone, never the stack.
 */
export class UserError extends Error {
  override readonly name = "UserError";
}
