/** The two ends of a packet: addresses and ports, as strictly as Go prints them. */
import { CLOSE_BRACKET, COLON, DOT, endAt, ended, OPEN_BRACKET } from './cursor';
import { DESTINATION, GROUPS, NIBBLES, SOURCE } from './memory';
import { octet, othersIn, port, takeNumber } from './numbers';

/** ` -> `. */
const ARROW: u32 = 0x203e_2d20;

/** Of the packet that was read last. */
export let sourcePort: i32 = 0;
export let destinationPort: i32 = 0;

/** `A.B.C.D:P -> A.B.C.D:P`: where each number ends is found first, so that they can be read side by side. */
export function takeV4Ends(start: u32): bool {
  let others =
    othersIn(start) | (othersIn(start + 16) << 16) | (othersIn(start + 32) << 32) | (othersIn(start + 48) << 48);
  const a = <u32>ctz(others);
  others &= others - 1;
  const b = <u32>ctz(others);
  others &= others - 1;
  const c = <u32>ctz(others);
  others &= others - 1;
  const d = <u32>ctz(others);
  others &= others - 1;
  const arrow = <u32>ctz(others);
  if (arrow > 24 || load<u32>(start + arrow) != ARROW) return false;
  const to = arrow + 4;
  others = (others >>> to) << to;
  const e = <u32>ctz(others);
  others &= others - 1;
  const f = <u32>ctz(others);
  others &= others - 1;
  const g = <u32>ctz(others);
  others &= others - 1;
  const h = <u32>ctz(others);
  others &= others - 1;
  const end = <u32>ctz(others);
  if (others == 0) return false;
  const separators =
    (<u32>load<u8>(start + a) ^ DOT) |
    (<u32>load<u8>(start + b) ^ DOT) |
    (<u32>load<u8>(start + c) ^ DOT) |
    (<u32>load<u8>(start + d) ^ COLON) |
    (<u32>load<u8>(start + e) ^ DOT) |
    (<u32>load<u8>(start + f) ^ DOT) |
    (<u32>load<u8>(start + g) ^ DOT) |
    (<u32>load<u8>(start + h) ^ COLON);
  if (separators != 0) return false;
  const source0 = octet(start, a);
  const source1 = octet(start + a + 1, b - a - 1);
  const source2 = octet(start + b + 1, c - b - 1);
  const source3 = octet(start + c + 1, d - c - 1);
  const destination0 = octet(start + to, e - to);
  const destination1 = octet(start + e + 1, f - e - 1);
  const destination2 = octet(start + f + 1, g - f - 1);
  const destination3 = octet(start + g + 1, h - g - 1);
  sourcePort = port(start + d + 1, arrow - d - 1);
  destinationPort = port(start + h + 1, end - h - 1);
  const octets = source0 | source1 | source2 | source3 | destination0 | destination1 | destination2 | destination3;
  if (octets > 255 || (sourcePort | destinationPort) > 65_535) return false;
  store<u32>(SOURCE, (source0 << 24) | (source1 << 16) | (source2 << 8) | source3, 12);
  store<u32>(DESTINATION, (destination0 << 24) | (destination1 << 16) | (destination2 << 8) | destination3, 12);
  endAt(start + end);
  return true;
}

/** `[A]:P -> [A]:P`. */
export function takeV6Ends(start: u32): bool {
  if (!takeV6(start, SOURCE)) return false;
  sourcePort = takePort(ended);
  if (sourcePort < 0 || load<u32>(ended) != ARROW || load<u8>(ended, 4) != OPEN_BRACKET) return false;
  if (!takeV6(ended + 4, DESTINATION)) return false;
  destinationPort = takePort(ended);
  return destinationPort >= 0;
}

function takePort(at: u32): i32 {
  return load<u8>(at) == COLON ? takeNumber(at + 1, 65_535) : -1;
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
