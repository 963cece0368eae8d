// The outermost layer of a protocol buffer (protobuf.dev, "Encoding"). Reading a model's metadata
// needs no more, and this way colourising neither loads the schema of ONNX nor parses the weights.

/** A field that holds a string, bytes or a message. */
export interface LengthDelimitedField {
  readonly number: number;
  readonly bytes: Uint8Array;
  /** Where it begins in its message, with number and length; it ends where its bytes do. */
  readonly start: number;
}

const VARINT = 0;
const FIXED64 = 1;
const LENGTH_DELIMITED = 2;
const FIXED32 = 5;

/**
 * Lists the length-delimited fields of a message in their order; the others are stepped over.
 *
 * @throws RangeError if the data is no protocol buffer or is cut short
 */
export function readLengthDelimitedFields(message: Uint8Array): LengthDelimitedField[] {
  const fields: LengthDelimitedField[] = [];
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = message[at++];
      if (byte === undefined || scale > 2 ** 63) throw new RangeError("A number has no end");
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
  };
  while (at < message.length) {
    const start = at;
    const tag = varint();
    const number = Math.floor(tag / 8);
    if (number === 0) throw new RangeError("A field has no number");
    switch (tag % 8) {
      case VARINT:
        varint();
        break;
      case FIXED64:
        at += 8;
        break;
      case LENGTH_DELIMITED: {
        const length = varint();
        fields.push({ number, bytes: message.subarray(at, at + length), start });
        at += length;
        break;
      }
      case FIXED32:
        at += 4;
        break;
      default:
        throw new RangeError("A field is of no known kind");
    }
  }
  if (at > message.length) throw new RangeError("The last field is cut short");
  return fields;
}

/** A length-delimited field of a message: number and length, then the parts of its bytes in a row. */
export function lengthDelimitedField(number: number, parts: readonly Uint8Array[]): Uint8Array {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const head = [...varintBytes(number * 8 + LENGTH_DELIMITED), ...varintBytes(length)];
  return concatenated([Uint8Array.from(head), ...parts]);
}

export function concatenated(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function varintBytes(value: number): number[] {
  const bytes: number[] = [];
  for (let left = value; ; left = Math.floor(left / 128)) {
    if (left < 128) return [...bytes, left];
    bytes.push((left % 128) + 128);
  }
}
