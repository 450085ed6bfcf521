/** Names, identities' words, decisions and the ends of lines: what they mean was learned from an earlier line. */
import { COMMA, endAt, LETTER_M, NEWLINE } from './cursor';
import { DECISION_SLOTS, DECISIONS, NAME_SLOTS, NAMES, TAILS, TEXT, WORDS } from './memory';
import { findShort, findText, firstComma, LEAST_NAME, LEAST_TEXT, learnShort, MOST_TEXT } from './texts';

/** The identity that a word up to a comma stands for, or -1. */
export function takeWord(start: u32): i32 {
  const end = firstComma(start);
  if (end == 0 || end - start > 16) return -1;
  endAt(end);
  const entry = findShort(WORDS, start, end - start);
  return entry == 0 || load<u32>(entry, 20) == 0 ? -1 : load<i32>(entry, 16);
}

/** The protocol that the rest of the line tells, or -1. */
export function takeTail(start: u32): i32 {
  const newlines = i8x16.bitmask(i8x16.eq(v128.load(start), i8x16.splat(<i8>NEWLINE)));
  if (newlines == 0) return -1;
  const length = ctz(newlines);
  endAt(start + length + 1);
  const entry = findShort(TAILS, start, length);
  return entry == 0 || load<u32>(entry, 20) == 0 ? -1 : load<i32>(entry, 16);
}

/** A decision ends with the comma and the blank after its match. */
export function takeDecision(start: u32): u32 {
  const matches =
    matchesIn(start) | (matchesIn(start + 16) << 16) | (matchesIn(start + 32) << 32) | (matchesIn(start + 48) << 48);
  if (matches == 0) return 0;
  const match = start + <u32>ctz(matches);
  const comma = firstComma(match + 8);
  if (comma == 0) return 0;
  const end = comma + 2;
  const length = end - start;
  if (length > MOST_TEXT || length < LEAST_TEXT) return 0;
  endAt(end);
  const entry = findDecision(start, length);
  return entry == 0 || load<u32>(entry) == 0 ? 0 : entry;
}

/** Where a comma, a blank and an m follow each other. */
function matchesIn(block: u32): u64 {
  const commas = i8x16.eq(v128.load(block), i8x16.splat(<i8>COMMA));
  const ms = i8x16.eq(v128.load(block, 2), i8x16.splat(<i8>LETTER_M));
  return <u64>(<u32>i8x16.bitmask(v128.and(commas, ms)));
}

/** Its entry, or the free one where it belongs, or 0. */
function findDecision(start: u32, length: u32): u32 {
  const end = start + length;
  let hash =
    (load<u64>(start, 2) * 0x9e37_79b9_7f4a_7c15) ^
    (load<u64>(start, 10) * 0xc2b2_ae3d_27d4_eb4f) ^
    (load<u64>(start, 18) * 0x1656_67b1_9e37_79f9) ^
    (load<u64>(start, 26) * 0x85eb_ca77_c2b2_ae63) ^
    (load<u64>(end - 24) * 0x27d4_eb2f_1656_67c5) ^
    (load<u64>(end - 16) * 0xd6e8_feb8_6659_fd93);
  hash ^= hash >>> 29;
  hash *= 0xbf58_476d_1ce4_e5b9;
  return findText(DECISIONS, DECISION_SLOTS, <u32>(hash >>> 40), start, length);
}

/** The text begins with the word that is before every name. */
export function findName(start: u32, length: u32): u32 {
  if (length > MOST_TEXT || length < LEAST_NAME) return 0;
  const end = start + length;
  let hash = (load<u64>(end - 8) * 0x9e37_79b9_7f4a_7c15) ^ (load<u64>(end - 16) * 0xc2b2_ae3d_27d4_eb4f) ^ length;
  hash ^= hash >>> 29;
  hash *= 0xbf58_476d_1ce4_e5b9;
  return findText(NAMES, NAME_SLOTS, <u32>(hash >>> 40), start, length);
}

/** A policy's name with the word before it, as they stand in the input; gives its number, or 0 where there is no room. */
export function learnName(start: u32, length: u32): u32 {
  const entry = findName(start, length);
  if (entry == 0) return 0;
  if (load<u32>(entry) == 0) {
    memory.copy(entry + TEXT, start, length);
    store<u32>(entry, length);
    store<u32>(entry, ++names, 4);
  }
  return load<u32>(entry, 4);
}

/** A word for an identity. */
export function learnWord(start: u32, length: u32, identity: u32): bool {
  return length <= 16 && learnShort(WORDS, start, length, identity);
}

/** The rest of a line behind the destination's port. */
export function learnTail(start: u32, length: u32, protocol: u32): bool {
  return length < 16 && learnShort(TAILS, start, length, protocol);
}

/** The text from behind the identity to the addresses. The protocol is in the highest byte of `meaning`. */
export function learnDecision(start: u32, length: u32, meaning: u32, headerPort: i32, flags: u32): bool {
  if (length < LEAST_TEXT || length > MOST_TEXT) return false;
  const entry = findDecision(start, length);
  if (entry == 0) return false;
  memory.copy(entry + TEXT, start, length);
  store<u32>(entry, length);
  store<u32>(entry, meaning, 4);
  store<i32>(entry, headerPort, 8);
  store<u32>(entry, flags, 12);
  return true;
}

let names: u32 = 0;
