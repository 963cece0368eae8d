import type { Size, UncertaintyPlane } from "@let-there-be-color/core/colorize";
import sharp from "sharp";
import { assertWritable, writeWhole } from "./files/output-file.js";

/** Where the network was unsure of a picture's colours. */
export class UncertaintyMap implements UncertaintyPlane {
  /** 0 sure .. 1 no idea: `[height, width]`. */
  readonly values: Float32Array;
  /** Size of the map, smaller than the picture. */
  readonly width: number;
  readonly height: number;
  readonly #picture: Size;
  readonly #inputPath: string | undefined;

  /** @internal Made by `ColorPhoto.uncertainty`. */
  constructor(plane: UncertaintyPlane, picture: Size, inputPath: string | undefined) {
    this.values = plane.values;
    this.width = plane.width;
    this.height = plane.height;
    this.#picture = picture;
    this.#inputPath = inputPath;
  }

  /** An 8-bit grey PNG of the picture's size, black where the network was sure. */
  async toBuffer(): Promise<Buffer> {
    const { width, height, values } = this;
    const codes = Uint8Array.from(values, (value) => Math.round(255 * Math.min(value, 1)));
    return sharp(codes, { raw: { width, height, channels: 1 } })
      .resize({ ...this.#picture, fit: "fill", kernel: "linear" })
      .toColourspace("b-w")
      .png()
      .toBuffer();
  }

  /**
   * Writes {@link toBuffer} to a file, whole or not at all. Missing folders are made.
   *
   * @param options `overwrite`: replace an existing file (default false), never the input itself
   * @throws UserError if the file exists or is the input, or cannot be written
   */
  async toFile(path: string, { overwrite = false }: { overwrite?: boolean } = {}): Promise<void> {
    await assertWritable(path, { input: this.#inputPath, overwrite });
    await writeWhole(path, await this.toBuffer(), { overwrite });
  }
}
