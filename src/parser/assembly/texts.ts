/** Tables of texts that were understood before: short ones as two words, longer ones by a hash. */
import { COMMA } from './cursor';
import { ENTRY_BYTES, SHORT_BYTES, SHORT_SLOTS, TEXT } from './memory';

export const MOST_TEXT: u32 = 96;
/** The decision's hash looks as far. */
export const LEAST_TEXT: u32 = 34;
export const LEAST_NAME: u32 = 16;
/** How far from where it belongs an entry may be. */
const MOST_PROBES: u32 = 8;

/** The entry of a text of up to 16 bytes, or the free one where it belongs, or 0 where there is no room. */
export function findShort(table: u32, start: u32, length: u32): u32 {
  const low = load<u64>(start) & mask(length);
  const high = length > 8 ? load<u64>(start, 8) & mask(length - 8) : 0;
  const hash = <u32>(((low ^ (high << 7)) * 0x9e37_79b9_7f4a_7c15) >>> 56);
  for (let probe: u32 = 0; probe < MOST_PROBES; probe++) {
    const entry = table + ((hash + probe) & (SHORT_SLOTS - 1)) * SHORT_BYTES;
    // Lengths are kept with one more, so that an empty text is told from a free entry.
    const kept = load<u32>(entry, 20);
    if (kept == 0 || (kept == length + 1 && load<u64>(entry) == low && load<u64>(entry, 8) == high)) return entry;
  }
  return 0;
}

function mask(bytes: u32): u64 {
  return bytes >= 8 ? ~(<u64>0) : ((<u64>1) << (bytes << 3)) - 1;
}

export function learnShort(table: u32, start: u32, length: u32, value: u32): bool {
  const entry = findShort(table, start, length);
  if (entry == 0) return false;
  store<u64>(entry, load<u64>(start) & mask(length));
  store<u64>(entry, length > 8 ? load<u64>(start, 8) & mask(length - 8) : 0, 8);
  store<u32>(entry, value, 16);
  store<u32>(entry, length + 1, 20);
  return true;
}

export function findText(table: u32, slots: u32, hash: u32, start: u32, length: u32): u32 {
  for (let probe: u32 = 0; probe < MOST_PROBES; probe++) {
    const entry = table + ((hash + probe) & (slots - 1)) * ENTRY_BYTES;
    const kept = load<u32>(entry);
    if (kept == 0 || (kept == length && isSameText(entry + TEXT, start, length))) return entry;
  }
  return 0;
}

/** Of at least 16 bytes; always as many steps, so that none has to be guessed. */
function isSameText(kept: u32, start: u32, length: u32): bool {
  const last = length - 16;
  let same = sameBlock(kept, start, 0);
  same = v128.and(same, sameBlock(kept, start, least(16, last)));
  same = v128.and(same, sameBlock(kept, start, least(32, last)));
  same = v128.and(same, sameBlock(kept, start, least(48, last)));
  same = v128.and(same, sameBlock(kept, start, least(64, last)));
  return i8x16.all_true(v128.and(same, sameBlock(kept, start, last)));
}

function sameBlock(kept: u32, start: u32, at: u32): v128 {
  return i8x16.eq(v128.load(kept + at), v128.load(start + at));
}

function least(one: u32, other: u32): u32 {
  return select<u32>(one, other, one < other);
}

/** The place of the first comma within 32 bytes, or 0. */
export function firstComma(start: u32): u32 {
  const commas = i8x16.splat(<i8>COMMA);
  const near = <u32>i8x16.bitmask(i8x16.eq(v128.load(start), commas));
  const far = <u32>i8x16.bitmask(i8x16.eq(v128.load(start, 16), commas));
  const found = near | (far << 16);
  return found == 0 ? 0 : start + ctz(found);
}
