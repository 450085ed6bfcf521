/** A position in a line's bytes, and the steps over fixed words and numbers that make no strings. */

export const NEWLINE = 10;
export const BLANK = 32;
const TAB = 9;
const CARRIAGE_RETURN = 13;
const COMMA = 44;

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
const strictDecoder = new TextDecoder('utf-8', { ignoreBOM: true, fatal: true });

export function toBytes(text: string): Uint8Array {
  return encoder.encode(text);
}

/** What cannot be read as UTF-8 becomes U+FFFD. */
export function toText(bytes: Uint8Array, start: number, end: number): string {
  return decoder.decode(bytes.subarray(start, end));
}

/** Null where the bytes are not UTF-8. */
export function toStrictText(bytes: Uint8Array, start: number, end: number): string | null {
  try {
    return strictDecoder.decode(bytes.subarray(start, end));
  } catch {
    return null;
  }
}

/** Reads a line; every line is followed by a newline in its bytes, so that no step can run past the end. */
export class Cursor {
  bytes: Uint8Array = new Uint8Array(1);
  at = 0;

  /** Steps over `word`, or stays where it is. */
  take(word: Uint8Array): boolean {
    const { bytes, at } = this;
    const length = word.length;
    for (let i = 0; i < length; i++) if (bytes[at + i] !== word[i]) return false;
    this.at = at + length;
    return true;
  }

  /** A decimal number up to `max` without leading zeros, or -1. */
  takeNumber(max: number): number {
    const { bytes } = this;
    let at = this.at;
    let digit = (bytes[at] ?? 0) - 48;
    if (digit < 0 || digit > 9) return -1;
    let value = digit;
    const leadingZero = digit === 0;
    digit = (bytes[++at] ?? 0) - 48;
    while (digit >= 0 && digit <= 9) {
      if (leadingZero) return -1;
      value = value * 10 + digit;
      if (value > max) return -1;
      digit = (bytes[++at] ?? 0) - 48;
    }
    this.at = at;
    return value <= max ? value : -1;
  }

  /** Steps over everything up to a comma, a newline or a control character, and says how long it was. */
  takeField(): number {
    const { bytes } = this;
    let at = this.at;
    let byte = bytes[at] ?? NEWLINE;
    while (byte !== COMMA && byte >= BLANK) byte = bytes[++at] ?? NEWLINE;
    const length = at - this.at;
    this.at = at;
    return length;
  }

  /** Whether nothing but blanks is left of the line; the position is its newline then. */
  takeEnd(): boolean {
    const { bytes } = this;
    let at = this.at;
    let byte = bytes[at];
    while (byte === BLANK || byte === TAB || byte === CARRIAGE_RETURN) byte = bytes[++at];
    this.at = at;
    return byte === NEWLINE;
  }
}
