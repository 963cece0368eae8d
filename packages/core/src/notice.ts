/**
 * What a {@link Notice} tells. Codes are stable: programs may act on them, while messages are for
 * people and may change.
 *
 * - `pages-left-out`: only some of the pages or frames of a file were taken
 * - `not-kept`: the format of the output cannot hold something that the input has
 * - `kept-elsewhere`: it is kept, but not where the input had it
 * - `metadata-damaged`: something that the input says about itself cannot be read, and is left out
 * - `fewer-alternatives`: the network holds fewer colourings likely than were asked for
 * - `repaired`: the file has a mistake that does not touch the picture
 * - `color-assumed`: what the samples of the file mean is not said, or cannot be read, and was assumed
 * - `color-photograph`: a photograph in colour was treated as grey
 * - `nearly-grey`, `one-brown`: the colours look as if the network had not known what it saw
 * - `one-tone`: there is nothing to be seen, such as on a blank page
 */
export type NoticeCode =
  | "pages-left-out"
  | "not-kept"
  | "kept-elsewhere"
  | "metadata-damaged"
  | "fewer-alternatives"
  | "repaired"
  | "color-assumed"
  | "color-photograph"
  | "nearly-grey"
  | "one-brown"
  | "one-tone";

/**
 * Something to know about one picture that is no error: what could not be kept, what looks doubtful,
 * what was decided for the user. The message is one line, with what to do about it if anything can be
 * done; names of options stand in backticks, as in the messages of errors.
 */
export interface Notice {
  readonly code: NoticeCode;
  readonly message: string;
}
