/** The two ends of a packet: addresses and ports, as strictly as Go prints them. */
import { CLOSE_BRACKET, COLON, DOT, endAt, ended, OPEN_BRACKET } from './cursor';
import {
  ADDRESS_MASKS,
  ADDRESS_TEXT_BYTES,
  DESTINATION,
  GROUPS,
  KNOWN_SHIFT,
  KNOWN_V4,
  KNOWN_V4_BYTES,
  KNOWN_V6,
  KNOWN_V6_BYTES,
  NIBBLES,
  SOURCE,
} from './memory';
import { takeNumber } from './numbers';

/** ` -> `. */
const ARROW: u32 = 0x203e_2d20;

/** Of the packet that was read last. */
export let sourcePort: i32 = 0;
export let destinationPort: i32 = 0;

/** `A.B.C.D:P -> A.B.C.D:P`. */
export function takeV4Ends(start: u32): bool {
  if (!takeKnownV4(start, SOURCE)) return false;
  sourcePort = takePort(ended);
  if (sourcePort < 0 || load<u32>(ended) != ARROW) return false;
  if (!takeKnownV4(ended + 4, DESTINATION)) return false;
  destinationPort = takePort(ended);
  return destinationPort >= 0;
}

/** `[A]:P -> [A]:P`. */
export function takeV6Ends(start: u32): bool {
  if (!takeKnownV6(start, SOURCE)) return false;
  sourcePort = takePort(ended);
  if (sourcePort < 0 || load<u32>(ended) != ARROW || load<u8>(ended, 4) != OPEN_BRACKET) return false;
  if (!takeKnownV6(ended + 4, DESTINATION)) return false;
  destinationPort = takePort(ended);
  return destinationPort >= 0;
}

function takePort(at: u32): i32 {
  return load<u8>(at) == COLON ? takeNumber(at + 1, 65_535) : -1;
}

/** As `takeKnownV6`; an IPv4 address with its colon has at most sixteen bytes. */
function takeKnownV4(start: u32, address: u32): bool {
  const text = v128.load(start);
  const colons = i8x16.bitmask(i8x16.eq(text, i8x16.splat(<i8>COLON)));
  if (colons == 0) return false;
  const length = <u32>ctz(colons) + 1;
  const whole = v128.and(text, v128.load(ADDRESS_MASKS + ADDRESS_TEXT_BYTES - length));
  const hash =
    (i64x2.extract_lane(whole, 0) * 0x9e37_79b9_7f4a_7c15) ^ (i64x2.extract_lane(whole, 1) * 0xc2b2_ae3d_27d4_eb4f);
  const known = KNOWN_V4 + <u32>(<u64>hash >>> KNOWN_SHIFT) * KNOWN_V4_BYTES;
  if (i8x16.all_true(i8x16.eq(v128.load(known), whole))) {
    store<u32>(address, load<u32>(known, 16), 12);
    endAt(start + length - 1);
    return true;
  }
  if (!takeV4(start, address)) return false;
  v128.store(known, whole);
  store<u32>(known, load<u32>(address, 12), 16);
  return true;
}

/** `A.B.C.D`, put at `address` as the last of four words. */
function takeV4(start: u32, address: u32): bool {
  let value: u32 = 0;
  let at = start;
  for (let octet = 0; octet < 4; octet++) {
    if (octet > 0 && load<u8>(at++) != DOT) return false;
    const number = takeNumber(at, 255);
    if (number < 0) return false;
    value = (value << 8) | <u32>number;
    at = ended;
  }
  store<u32>(address, value, 12);
  return load<u8>(at) == COLON;
}

/** To read an address costs more than all else of a line, and the same few come again and again: each is kept where its text belongs. */
function takeKnownV6(start: u32, address: u32): bool {
  const text = start + 1;
  const brackets = bracketsIn(text) | (bracketsIn(text + 16) << 16) | (bracketsIn(text + 32) << 32);
  const length = <u32>ctz(brackets) + 1;
  if (length > ADDRESS_TEXT_BYTES) return false;
  const mask = ADDRESS_MASKS + ADDRESS_TEXT_BYTES - length;
  const first = v128.and(v128.load(text), v128.load(mask));
  const second = v128.and(v128.load(text, 16), v128.load(mask, 16));
  const third = v128.and(v128.load(text, 32), v128.load(mask, 32));
  const known = KNOWN_V6 + slotOf(first, second, third) * KNOWN_V6_BYTES;
  const same = v128.and(
    i8x16.eq(v128.load(known), first),
    v128.and(i8x16.eq(v128.load(known, 16), second), i8x16.eq(v128.load(known, 32), third)),
  );
  if (i8x16.all_true(same)) {
    v128.store(address, v128.load(known, ADDRESS_TEXT_BYTES));
    endAt(text + length);
    return true;
  }
  if (!takeV6(start, address)) return false;
  v128.store(known, first);
  v128.store(known, second, 16);
  v128.store(known, third, 32);
  v128.store(known, v128.load(address), ADDRESS_TEXT_BYTES);
  return true;
}

function bracketsIn(block: u32): u64 {
  return <u64>(<u32>i8x16.bitmask(i8x16.eq(v128.load(block), i8x16.splat(<i8>CLOSE_BRACKET))));
}

function slotOf(first: v128, second: v128, third: v128): u32 {
  const hash =
    (i64x2.extract_lane(first, 0) * 0x9e37_79b9_7f4a_7c15) ^
    (i64x2.extract_lane(first, 1) * 0xc2b2_ae3d_27d4_eb4f) ^
    (i64x2.extract_lane(second, 0) * 0x1656_67b1_9e37_79f9) ^
    (i64x2.extract_lane(second, 1) * 0x85eb_ca77_c2b2_ae63) ^
    (i64x2.extract_lane(third, 0) * 0x27d4_eb2f_1656_67c5);
  return <u32>(<u64>hash >>> KNOWN_SHIFT);
}

/** What each of 16 hex digits says, kept at `to`; gives the bytes that are none as bits. */
function storeNibbles(from: u32, to: u32): u64 {
  const text = v128.load(from);
  const decimal = i8x16.sub(text, i8x16.splat(48));
  const letter = i8x16.sub(text, i8x16.splat(97));
  const isDecimal = i8x16.lt_u(decimal, i8x16.splat(10));
  const isLetter = i8x16.lt_u(letter, i8x16.splat(6));
  v128.store(to, v128.bitselect(decimal, i8x16.add(letter, i8x16.splat(10)), isDecimal));
  return ~(<u64>(<u32>i8x16.bitmask(v128.or(isDecimal, isLetter)))) & 0xffff;
}

/** `[` address `]`, lower case and without leading zeros, with at most one `::`; put at `address` as four words. */
function takeV6(start: u32, address: u32): bool {
  const text = start + 1;
  const others =
    storeNibbles(text, NIBBLES) |
    (storeNibbles(text + 16, NIBBLES + 16) << 16) |
    (storeNibbles(text + 32, NIBBLES + 32) << 32);
  let at: u32 = 0;
  let groups: u32 = 0;
  let gapAt: i32 = -1;
  if (load<u8>(text) == COLON) {
    if (load<u8>(text, 1) != COLON) return false;
    gapAt = 0;
    at = 2;
  }
  while (groups < 8) {
    const digits = <u32>ctz(others >>> at);
    if (digits == 0) break;
    if (digits > 4 || (digits > 1 && load<u8>(NIBBLES + at) == 0)) return false;
    at += digits;
    // The last four digits, of which those of this group are in the higher bytes.
    const group = (load<u32>(NIBBLES - 4 + at) >>> ((4 - digits) << 3)) << ((4 - digits) << 3);
    const value = (group >>> 24) | ((group >>> 12) & 0xf0) | (group & 0xf00) | (group << 12);
    store<u16>(GROUPS + (groups << 1), <u16>value);
    groups++;
    if (load<u8>(text + at) != COLON) break;
    if (load<u8>(text + at, 1) == COLON) {
      if (gapAt >= 0) return false;
      gapAt = <i32>groups;
      at += 2;
    } else if (groups < 8 && ((others >>> (at + 1)) & 1) == 0) {
      at++;
    } else {
      return false;
    }
  }
  if (gapAt < 0 ? groups != 8 : groups > 7) return false;
  if (load<u8>(text + at) != CLOSE_BRACKET) return false;
  if (gapAt >= 0) widen(<u32>gapAt, groups);
  for (let word: u32 = 0; word < 4; word++) {
    const pair = GROUPS + (word << 2);
    store<u32>(address + (word << 2), ((<u32>load<u16>(pair)) << 16) | load<u16>(pair, 2));
  }
  endAt(text + at + 1);
  return true;
}

/** Puts the groups behind a `::` to the end, and zeros into the gap. */
function widen(gapAt: u32, groups: u32): void {
  let from = <i32>groups - 1;
  for (let to = 7; to >= <i32>gapAt; to--) {
    store<u16>(GROUPS + ((<u32>to) << 1), from >= <i32>gapAt ? load<u16>(GROUPS + ((<u32>from) << 1)) : 0);
    from--;
  }
}
