import type { Notice } from "../notice.js";

/** How many pixels a length of the original has. */
export interface Resolution {
  readonly x: number;
  readonly y: number;
  /** `none`: only the ratio of `x` and `y` means something, the shape of a pixel. */
  readonly unit: "inch" | "centimeter" | "none";
}

/** A text in a PNG file (PNG 3rd edition, 11.3.3). */
export interface PngText {
  /** "Title", "Author", "Description", "Copyright", "Comment", ..., or any other. */
  readonly keyword: string;
  readonly text: string;
  /** RFC 3066, of an international text. */
  readonly language?: string;
  /** The keyword in that language. */
  readonly translatedKeyword?: string;
}

/** What a picture file says about itself, as it was found; what it lacks is left out. */
export interface PictureMetadata {
  /** EXIF: a TIFF structure without any prefix of a container. */
  readonly exif?: Uint8Array;
  /** An XMP packet. That of a long one in a JPEG file is put together. */
  readonly xmp?: string;
  /** IPTC-IIM: the data sets, without any prefix of a container. */
  readonly iptc?: Uint8Array;
  /** Photoshop image resources ("8BIM"), without those that are kept elsewhere: IPTC, EXIF, XMP. */
  readonly photoshopResources?: Uint8Array;
  /** Comments of JPEG and GIF, in an encoding that the file does not tell. */
  readonly comments?: readonly Uint8Array[];
  /** Texts of PNG. */
  readonly texts?: readonly PngText[];
  readonly resolution?: Resolution;
}

/** Metadata with what could not be read of it. */
export interface FoundMetadata {
  readonly metadata: PictureMetadata;
  readonly notices: readonly Notice[];
}

/** A file with what could not be kept in it. */
export interface WrittenMetadata {
  readonly bytes: Uint8Array;
  readonly notices: readonly Notice[];
}

/** What a reader of one container finds: metadata, and names of what is there but cannot be read. */
export interface ContainerMetadata extends PictureMetadata {
  /** What is damaged, in words: "EXIF". */
  readonly damaged?: readonly string[];
  /** What is there but no output can have, in words that end a sentence begun by "not kept:". */
  readonly foreign?: readonly string[];
}
