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

/** Behind the last newline between `start` and `end`, or `start`. It is near the end of all but hostile input. */
export function afterLastNewline(bytes: Uint8Array, start: number, end: number): number {
  let at = end;
  while (at > start && bytes[at - 1] !== NEWLINE) at--;
  return at;
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

/** A fixed word, compared four bytes at a time; the last four may overlap those before. */
export interface Word {
  readonly words: Int32Array;
  readonly lastAt: number;
}

/** A word of at least four bytes. */
export function toWord(text: string): Word {
  return wordOf(toBytes(text));
}

export function wordOf(bytes: Uint8Array): Word {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const lastAt = bytes.length - 4;
  const words = new Int32Array(Math.ceil(bytes.length / 4));
  for (let i = 0; i < words.length; i++) words[i] = view.getInt32(Math.min(i * 4, lastAt), true);
  return { words, lastAt };
}

/** Words of which one is expected; a word is looked for with what follows it, so that none passes as the beginning of another. */
export interface Choice<T> {
  /** The first four bytes of each word. */
  readonly firsts: Int32Array;
  /** Where to begin to look, by a hash of the first four bytes. */
  readonly beginnings: Uint8Array;
  readonly words: readonly Word[];
  readonly values: readonly T[];
}

export function toChoice<T>(entries: readonly (readonly [text: string, value: T])[]): Choice<T> {
  const words = entries.map(([text]) => toWord(text));
  const firsts = Int32Array.from(words, (word) => word.words[0] ?? 0);
  const beginnings = new Uint8Array(64).fill(words.length);
  for (let i = words.length - 1; i >= 0; i--) beginnings[beginningOf(firsts[i] ?? 0)] = i;
  return { words, firsts, beginnings, values: entries.map(([, value]) => value) };
}

function beginningOf(first: number): number {
  return Math.imul(first, 0x9e3779b1) >>> 26;
}

/** Reads a line; every line is followed by a newline in its bytes, so that no step can run past the end. */
export class Cursor {
  bytes: Uint8Array = new Uint8Array(1);
  at = 0;
  private view = new DataView(this.bytes.buffer);
  /** Where the last four bytes begin. */
  private lastWordAt = -3;

  open(bytes: Uint8Array): void {
    // Buffers, which are a subclass, would make each access in the hot path one of two kinds.
    this.bytes = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.lastWordAt = bytes.byteLength - 4;
    this.at = 0;
  }

  /** Steps over `word`, or stays where it is. */
  take(word: Word): boolean {
    const { view, at } = this;
    const { words, lastAt } = word;
    if (at + lastAt > this.lastWordAt) return false;
    const last = words.length - 1;
    for (let i = 0; i < last; i++) if (view.getInt32(at + i * 4, true) !== words[i]) return false;
    if (view.getInt32(at + lastAt, true) !== words[last]) return false;
    this.at = at + lastAt + 4;
    return true;
  }

  /** A number that differs for most texts that differ within the next `count` times eight bytes; -1 too near the end. */
  sample(count: number): number {
    const { view, at } = this;
    if (at + count * 8 > this.lastWordAt) return -1;
    let hash = 0;
    for (let i = 0; i < count; i++) hash = Math.imul(hash ^ view.getInt32(at + i * 8 + 2, true), 0x9e3779b1);
    return (hash ^ (hash >>> 15)) & 0x7fffffff;
  }

  /** The same for all of a range of at least four bytes, not negative. */
  hash(start: number, end: number): number {
    const { view } = this;
    let hash = 0;
    for (let at = start; at + 4 <= end; at += 4) hash = Math.imul(hash ^ view.getInt32(at, true), 0x9e3779b1);
    hash = Math.imul(hash ^ view.getInt32(end - 4, true), 0x9e3779b1);
    return (hash ^ (hash >>> 15)) & 0x7fffffff;
  }

  /** The same for words that are too short for `Word`. */
  takeShort(word: Uint8Array): boolean {
    const { bytes, at } = this;
    for (let i = 0; i < word.length; i++) if (bytes[at + i] !== word[i]) return false;
    this.at = at + word.length;
    return true;
  }

  /** Steps over one of the words and says which, or -1. */
  takeOneOf(choice: Choice<unknown>): number {
    const { firsts, words, beginnings } = choice;
    if (this.at > this.lastWordAt) return -1;
    const first = this.view.getInt32(this.at, true);
    for (let i = beginnings[beginningOf(first)] ?? 0; i < firsts.length; i++) {
      if (firsts[i] !== first) continue;
      const word = words[i];
      if (word !== undefined && this.take(word)) return i;
    }
    return -1;
  }

  /** Steps over a byte if it is this one. */
  takeByte(byte: number): boolean {
    if (this.bytes[this.at] !== byte) return false;
    this.at++;
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
