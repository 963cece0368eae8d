import { UserError } from "@let-there-be-color/core/user-error";

/** The most pixels a picture may have unless asked otherwise: small files can hold large pictures. */
export const DEFAULT_MAX_PIXELS = 2 ** 28;
/** What fits into arrays. */
export const LARGEST_MAX_PIXELS = 2 ** 30;

/** @throws UserError if the limit itself is out of range */
export function assertMaxPixels(maxPixels: number): void {
  if (Number.isInteger(maxPixels) && maxPixels >= 1 && maxPixels <= LARGEST_MAX_PIXELS) return;
  throw new UserError(
    "option-invalid",
    `Expected \`maxPixels\` from 1 to ${LARGEST_MAX_PIXELS} but received ${maxPixels}.`,
  );
}

/**
 * @param name what to call the picture
 * @throws UserError if a picture is larger than the limit
 */
export function assertWithinLimit(
  { width, height }: { readonly width: number; readonly height: number },
  maxPixels: number,
  name: string,
): void {
  if (width * height <= maxPixels) return;
  const millions = (pixels: number) => Math.round(pixels / 1e6).toLocaleString("en");
  throw new UserError(
    "input-broken",
    `${name} has ${width} x ${height} pixels, ${millions(width * height)} million, more than the ${millions(maxPixels)} million of \`maxPixels\`; raise it if the memory suffices (6 to 16 bytes a pixel), or reduce or split the picture.`,
  );
}
