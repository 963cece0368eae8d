// What the types of the public API promise; checked when the tests are compiled.

import type { ReadStream } from "node:fs";
import type { Readable } from "node:stream";
import type { PresetName } from "@let-there-be-color/core/network";
import { expectTypeOf, it } from "vitest";
import {
  type ColorizeProgress,
  Colorizer,
  type ColorPhoto,
  type LoadProgress,
  type OutputFormat,
  type PictureInput,
  type RawPixels,
  type UncertaintyMap,
  type UserError,
  type UserErrorCode,
  type Watch,
} from "./index.js";
import {
  type TrainedRun,
  type TrainOnPicturesEvent,
  type TrainOnPicturesOptions,
  trainOnPictures,
} from "./training/index.js";

it("the Colorizer takes paths, bytes and pixels, and can be watched", () => {
  expectTypeOf(Colorizer.load).parameter(1).toEqualTypeOf<Watch<LoadProgress> | undefined>();
  expectTypeOf(Colorizer.load).returns.resolves.toEqualTypeOf<Colorizer>();
  type Input = Parameters<Colorizer["colorize"]>[0];
  expectTypeOf<Input>().toEqualTypeOf<PictureInput>();
  expectTypeOf<string | URL | Uint8Array | Buffer | ArrayBuffer | RawPixels>().toExtend<Input>();
  expectTypeOf<Blob | File | Readable | ReadStream | Response["body"]>().toExtend<Input | null>();
  expectTypeOf<AsyncGenerator<Buffer>>().toExtend<Input>();
  expectTypeOf<number | Response | null | undefined>().not.toExtend<Input>();
  expectTypeOf<ColorPhoto["release"]>().returns.toEqualTypeOf<void>();
  expectTypeOf<ColorPhoto>().toExtend<Disposable>();
  expectTypeOf<ColorPhoto["uncertainty"]>().returns.resolves.toEqualTypeOf<UncertaintyMap>();
  expectTypeOf<Colorizer["colorize"]>()
    .parameter(2)
    .toEqualTypeOf<Watch<ColorizeProgress> | undefined>();
  expectTypeOf<Colorizer["colorize"]>().returns.resolves.toEqualTypeOf<ColorPhoto>();
  expectTypeOf<Colorizer>().toExtend<AsyncDisposable>();
  expectTypeOf<RawPixels["channels"]>().toEqualTypeOf<1 | 2 | 3 | 4>();
  expectTypeOf<ColorPhoto["pixels"]>().toEqualTypeOf<Uint8Array | Uint16Array>();
  // What comes out can be put in again.
  expectTypeOf<ColorPhoto["channels"]>().toExtend<RawPixels["channels"]>();
  expectTypeOf<OutputFormat>().toEqualTypeOf<"jpeg" | "png" | "webp" | "tiff" | "avif">();
});

it("codes of errors are a closed list", () => {
  expectTypeOf<UserError["code"]>().toEqualTypeOf<UserErrorCode>();
  expectTypeOf<"input-broken">().toExtend<UserErrorCode>();
  expectTypeOf<"something">().not.toExtend<UserErrorCode>();
});

it("training takes data and a preset, and its events narrow by type", () => {
  expectTypeOf(trainOnPictures).parameter(0).toEqualTypeOf<TrainOnPicturesOptions>();
  expectTypeOf(trainOnPictures).returns.resolves.toEqualTypeOf<TrainedRun>();
  expectTypeOf<TrainOnPicturesOptions["preset"]>().toEqualTypeOf<PresetName | undefined>();
  expectTypeOf<{ data: string; epochs: number }>().toExtend<TrainOnPicturesOptions>();
  expectTypeOf<{ data: string; epochs: string }>().not.toExtend<TrainOnPicturesOptions>();
  type Step = Extract<TrainOnPicturesEvent, { type: "step" }>;
  expectTypeOf<Step["secondsLeft"]>().toEqualTypeOf<number | null>();
  expectTypeOf<Extract<TrainOnPicturesEvent, { type: "sometimes" }>>().toBeNever();
});
