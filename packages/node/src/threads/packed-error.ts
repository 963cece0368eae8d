// Errors on their way from thread to thread. Structured cloning would make plain errors of them,
// without codes.

import { UserError, type UserErrorCode } from "@let-there-be-color/core/user-error";

/** An error as plain data. */
export interface PackedError {
  readonly isUserError: boolean;
  readonly name: string;
  readonly message: string;
  readonly stack: string | undefined;
  /** Further properties that are plain values: the code, path and system call of a file error. */
  readonly properties: Readonly<Record<string, unknown>>;
  readonly cause: PackedError | undefined;
}

/** Takes an error apart, with its causes. */
export function packedError(error: unknown): PackedError {
  const { name, message, stack, cause } = error instanceof Error ? error : new Error(String(error));
  const properties = Object.entries(error instanceof Error ? error : {}).filter(([, value]) =>
    ["string", "number", "boolean"].includes(typeof value),
  );
  return {
    isUserError: error instanceof UserError,
    ...{ name, message, stack },
    properties: Object.fromEntries(properties),
    cause: cause === undefined ? undefined : packedError(cause),
  };
}

/** The error again, of the class UserError if it was one; its stack is that of the other thread. */
export function unpackedError(packed: PackedError): Error {
  const { isUserError, name, message, stack, properties } = packed;
  const options = packed.cause ? { cause: unpackedError(packed.cause) } : {};
  const error = isUserError
    ? new UserError(properties.code as UserErrorCode, message, options)
    : Object.assign(new Error(message, options), properties);
  const hidden = { writable: true, configurable: true };
  if (error.name !== name) Object.defineProperty(error, "name", { value: name, ...hidden });
  Object.defineProperty(error, "stack", { value: stack, ...hidden });
  return error;
}
