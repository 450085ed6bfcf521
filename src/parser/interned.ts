/** What byte ranges that come again and again stand for: made once, found again without decoding. */

/** A power of two; what falls on another's slot takes it over, so memory has a bound. */
const SLOTS = 2048;
/** Longer ranges are made anew each time instead of being kept. */
const KEPT_BYTES = 512;

interface Kept<T> {
  readonly bytes: Uint8Array;
  readonly value: T;
}

export class Interned<T> {
  private readonly make: (bytes: Uint8Array, start: number, end: number) => T | null;
  /** Most readers of a run see few texts, or none: made with the first one. */
  private slots: (Kept<T> | null)[] | null = null;

  /** `make` gives null for what stands for nothing; that is not kept. */
  constructor(make: (bytes: Uint8Array, start: number, end: number) => T | null) {
    this.make = make;
  }

  read(bytes: Uint8Array, start: number, end: number): T | null {
    let hash = end - start;
    for (let at = start; at < end; at++) hash = Math.imul(hash ^ (bytes[at] ?? 0), 0x01000193);
    const slot = (hash ^ (hash >>> 15)) & (SLOTS - 1);
    this.slots ??= Array.from({ length: SLOTS }, () => null);
    const kept = this.slots[slot] ?? null;
    if (kept !== null && sameBytes(kept.bytes, bytes, start, end)) return kept.value;
    const value = this.make(bytes, start, end);
    if (value !== null && end - start <= KEPT_BYTES) this.slots[slot] = { bytes: bytes.slice(start, end), value };
    return value;
  }
}

function sameBytes(kept: Uint8Array, bytes: Uint8Array, start: number, end: number): boolean {
  const length = end - start;
  if (kept.length !== length) return false;
  for (let i = 0; i < length; i++) if (kept[i] !== bytes[start + i]) return false;
  return true;
}
