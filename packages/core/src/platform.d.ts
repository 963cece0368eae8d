// The globals beyond ECMAScript 2023 that core uses, as far as it uses them. Node, browsers and
// their workers have all of them; nothing else of any platform is known here. The compiled
// declarations name the same types and leave their definition to the platform's own.

declare class TextEncoder {
  /** UTF-8 */
  encode(text: string): Uint8Array<ArrayBuffer>;
}

declare class TextDecoder {
  /** @param encoding default UTF-8; `fatal`: what is not in it is an error, not U+FFFD */
  constructor(encoding?: string, options?: { fatal?: boolean });
  decode(bytes?: Uint8Array): string;
}

interface AbortSignal {
  readonly aborted: boolean;
  readonly reason: unknown;
  throwIfAborted(): void;
  addEventListener(type: "abort", listener: () => void): void;
  removeEventListener(type: "abort", listener: () => void): void;
}
