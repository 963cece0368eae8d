// What page and test tell each other.

import type { StepResult } from "@let-there-be-color/core/training";

/** Where the test serves the page's input, and waits for its report. */
export const paths = {
  task: "/task.json",
  model: "/model.onnx",
  gray: "/gray",
  report: "/report",
} as const;

/** What the page shall do. */
export interface Task {
  /** Size of the grey picture, whose 8-bit sRGB codes are at `paths.gray`. */
  readonly width: number;
  readonly height: number;
  readonly threads: number;
  /** Bundles of all parts of core, which must load. */
  readonly modules: readonly string[];
}

/** What the page found, or why it failed. */
export type Report =
  | {
      readonly threads: number;
      /** Names of what each of the task's modules exports. */
      readonly exports: readonly (readonly string[])[];
      /** The colourised picture: sRGB, `[height, width, 3]`. */
      readonly pixels: readonly number[];
      readonly scenes: Readonly<Record<string, number>>;
      readonly steps: readonly StepResult[];
    }
  | { readonly failure: string };
