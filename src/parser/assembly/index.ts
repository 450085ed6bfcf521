/**
 * Counts verdict lines whose every word was read before (AssemblyScript, compiled by tools/kernel.ts).
 *
 * A line is: a fixed beginning, a flow hash, perhaps a policy's name, an endpoint, an identity, the decision, two
 * addresses with ports, and the packet's flags. Hash, numbers and addresses are read here; names, decisions and flags
 * are only compared with what the grammar in TypeScript understood in an earlier line. What is not known is handed back.
 */
import { destinationPort, sourcePort, takeV4Ends, takeV6Ends } from './addresses';
import { beginCell, findCell, hasRoomToTell, tellDenied } from './cells';
import { ended, OPEN_BRACKET } from './cursor';
import { isKnownAddress, isKnownHost } from './known-addresses';
import { ADDRESS_MASKS, ADDRESS_TEXT_BYTES, DESTINATION, SOURCE } from './memory';
import { takeNumber } from './numbers';
import { firstComma } from './texts';
import { findName, takeDecision, takeTail, takeWord } from './words';

export { deniedCount, forgetCells, forgetTold, isFull, learnCell, newCount } from './cells';
export { learnAddress, learnHost } from './known-addresses';
export { CELL_BYTES, CELLS, DENIED, INPUT, INPUT_BYTES, MOST_SLOTS, NEWS, ROOM, ROOM_BYTES } from './memory';
export { learnDecision, learnName, learnTail, learnWord } from './words';

/** What `learnDecision` is told of a decision. */
export const IS_DENIED: u32 = 1;
export const IS_INGRESS: u32 = 2;
export const IS_PATCHED: u32 = 4;
const HOST_IDENTITY: u32 = 1;
/** `Policy v`, `erdict l`, `og: flow`, ` flow 0x`: 27 bytes, the last eight of which overlap. */
const HEAD_0: u64 = 0x7620_7963_696c_6f50;
const HEAD_8: u64 = 0x6c20_7463_6964_7265;
const HEAD_16: u64 = 0x776f_6c66_203a_676f;
const HEAD_19: u64 = 0x7830_2077_6f6c_6620;
const HEAD_BYTES: u32 = 27;
/** ` local E`, `l EP ID `: thirteen bytes. */
const ENDPOINT_0: u64 = 0x4520_6c61_636f_6c20;
const ENDPOINT_5: u64 = 0x2044_4920_5045_206c;
const ENDPOINT_BYTES: u32 = 13;
/** `, Policy`, `icyName `: thirteen bytes. */
const NAME_0: u64 = 0x7963_696c_6f50_202c;
const NAME_5: u64 = 0x2065_6d61_4e79_6369;
export const NAME_BYTES: u32 = 13;
/** `, remote`, `mote ID `: twelve bytes. */
const REMOTE_0: u64 = 0x6574_6f6d_6572_202c;
const REMOTE_4: u64 = 0x2044_4920_6574_6f6d;
const REMOTE_BYTES: u32 = 12;

memory.fill(ADDRESS_MASKS, 0xff, ADDRESS_TEXT_BYTES);

/** Counts whole lines; gives the first that is not known, or where there is no room for more to tell, or `end`. */
export function scan(start: u32, end: u32): u32 {
  let line = start;
  while (line < end && hasRoomToTell()) {
    const next = count(line);
    if (next == 0) break;
    line = next;
  }
  return line;
}

/** Where the next line begins, or 0 where this one is not known. */
function count(line: u32): u32 {
  if (load<u64>(line) != HEAD_0 || load<u64>(line, 8) != HEAD_8) return 0;
  if (load<u64>(line, 16) != HEAD_16 || load<u64>(line, 19) != HEAD_19) return 0;
  let at = afterHash(line + HEAD_BYTES);
  if (at == 0) return 0;
  let name: u32 = 0;
  if (load<u64>(at) == NAME_0 && load<u64>(at, 5) == NAME_5) {
    const end = firstComma(at + NAME_BYTES);
    if (end == 0) return 0;
    const entry = findName(at, end - at);
    if (entry == 0 || load<u32>(entry) == 0) return 0;
    name = load<u32>(entry, 4);
    at = end + 1;
  }
  if (load<u64>(at) != ENDPOINT_0 || load<u64>(at, 5) != ENDPOINT_5) return 0;
  const endpoint = takeNumber(at + ENDPOINT_BYTES, 65_535);
  if (endpoint < 0) return 0;
  at = ended;
  if (load<u64>(at) != REMOTE_0 || load<u64>(at, 4) != REMOTE_4) return 0;
  at += REMOTE_BYTES;
  let remote = takeNumber(at, 99_999_999);
  if (remote < 0) {
    remote = takeWord(at);
    if (remote < 0) return 0;
  }
  at = ended;
  const decision = takeDecision(at);
  if (decision == 0) return 0;
  at = ended;
  const flags = load<u32>(decision, 12);
  if ((name != 0) != ((flags & IS_PATCHED) != 0)) return 0;

  const isV6 = load<u8>(at) == OPEN_BRACKET;
  if (!(isV6 ? takeV6Ends(at) : takeV4Ends(at))) return 0;
  const headerPort = load<i32>(decision, 8);
  if (headerPort >= 0 && headerPort != destinationPort) return 0;
  const protocol = takeTail(ended);
  const meaning = load<u32>(decision, 4);
  if (protocol < 0 || <u32>protocol != meaning >>> 24) return 0;
  const next = ended;

  const local = flags & IS_INGRESS ? DESTINATION : SOURCE;
  if (!isKnownAddress(<u32>endpoint, isV6, local)) return 0;
  if (remote == HOST_IDENTITY && !isKnownHost(isV6, flags & IS_INGRESS ? SOURCE : DESTINATION)) return 0;

  const cell = findCell(<u32>remote, <u32>destinationPort, name, meaning);
  if (load<u32>(cell, 8) == 0 && !beginCell(cell, <u32>remote, <u32>destinationPort, name, meaning)) return 0;
  if (flags & IS_DENIED) {
    tellDenied(name, meaning, isV6, <u32>protocol, ((<u32>sourcePort) << 16) | <u32>destinationPort);
  }
  store<u32>(cell, load<u32>(cell, 12) + 1, 12);
  return next;
}

/** Up to eight hex digits without leading zeros. */
function afterHash(start: u32): u32 {
  const text = v128.load(start);
  const decimal = i8x16.lt_u(i8x16.sub(text, i8x16.splat(48)), i8x16.splat(10));
  const letter = i8x16.lt_u(i8x16.sub(text, i8x16.splat(97)), i8x16.splat(6));
  const digits = ctz(~i8x16.bitmask(v128.or(decimal, letter)));
  return digits == 1 || (digits > 1 && digits <= 8 && load<u8>(start) != 48) ? start + digits : 0;
}
