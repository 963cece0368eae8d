// Methods of an object in another thread, called by name: what goes between the two sides.

import type { StageWatch } from "../watch.js";
import type { PackedError } from "./packed-error.js";

/** A method that can be called from another thread: how it is watched, then arguments that can be cloned. */
// biome-ignore lint/suspicious/noExplicitAny: each method has its own arguments and progress
type CallableMethod = (watch: StageWatch<any>, ...args: any[]) => Promise<unknown>;

/** Names of the methods of a service that can be called from another thread. */
export type MethodOf<Service> = {
  [Name in keyof Service]: Service[Name] extends CallableMethod ? Name : never;
}[keyof Service] &
  string;

export type ArgumentsOf<Method> = Method extends (
  watch: never,
  ...args: infer Arguments
) => Promise<unknown>
  ? Arguments
  : never;

export type ProgressOf<Method> = Method extends (
  watch: StageWatch<infer Progress>,
  ...args: never[]
) => Promise<unknown>
  ? Progress
  : never;

export type AnswerOf<Method> = Method extends (...args: never[]) => Promise<infer Answer>
  ? Answer extends Moved<infer Value>
    ? Value
    : Answer
  : never;

/** An answer whose buffers are moved to the other thread instead of copied. */
export class Moved<Value> {
  readonly value: Value;
  readonly buffers: readonly ArrayBuffer[];

  constructor(value: Value, buffers: readonly ArrayBuffer[]) {
    this.value = value;
    this.buffers = buffers;
  }
}

/** What the calling thread sends. */
export interface Call {
  /** Tells the calls of a thread apart. */
  readonly call: number;
  readonly method: string;
  readonly args: readonly unknown[];
  /** Shared: not 0 as soon as the caller wants no answer any more. [1]. */
  readonly stop: Int32Array;
}

/** What comes back for a call: any number of times its progress, then one of the others. */
export type CallReply =
  | { readonly call: number; readonly type: "progress"; readonly progress: unknown }
  | { readonly call: number; readonly type: "done"; readonly value: unknown }
  | { readonly call: number; readonly type: "failed"; readonly error: PackedError };
