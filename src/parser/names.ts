/** Strings for byte ranges that come again and again: one string object per distinct name, found without decoding. */
import { BLANK, toStrictText } from './bytes.ts';

/** A power of two; a name that falls on another's slot takes it over, so memory has a bound. */
const SLOTS = 4096;
/** Longer names are decoded each time instead of being kept. */
const KEPT_BYTES = 512;

interface KnownName {
  readonly bytes: Uint8Array;
  readonly text: string;
}

export type NameProblem = 'not-utf8' | 'control-character';

export class Names {
  private readonly slots: (KnownName | undefined)[] = new Array<KnownName | undefined>(SLOTS).fill(undefined);
  /** Why the last `read` gave null. */
  problem: NameProblem = 'not-utf8';

  read(bytes: Uint8Array, start: number, end: number): string | null {
    if (start === end) return '';
    let hash = end - start;
    for (let at = start; at < end; at++) hash = Math.imul(hash ^ (bytes[at] ?? 0), 0x01000193);
    const slot = (hash ^ (hash >>> 16)) & (SLOTS - 1);
    const known = this.slots[slot];
    if (known !== undefined && sameBytes(known.bytes, bytes, start, end)) return known.text;
    return this.decode(bytes, start, end, slot);
  }

  private decode(bytes: Uint8Array, start: number, end: number, slot: number): string | null {
    for (let at = start; at < end; at++) {
      const byte = bytes[at] ?? 0;
      if (byte < BLANK || byte === 0x7f) {
        this.problem = 'control-character';
        return null;
      }
    }
    const text = toStrictText(bytes, start, end);
    if (text === null) this.problem = 'not-utf8';
    else if (end - start <= KEPT_BYTES) this.slots[slot] = { bytes: bytes.slice(start, end), text };
    return text;
  }
}

function sameBytes(known: Uint8Array, bytes: Uint8Array, start: number, end: number): boolean {
  const length = end - start;
  if (known.length !== length) return false;
  for (let i = 0; i < length; i++) if (known[i] !== bytes[start + i]) return false;
  return true;
}
