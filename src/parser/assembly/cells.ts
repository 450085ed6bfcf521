/** Verdicts that differ in nothing that is counted, how many came, and the packets that were refused. */
import {
  CELL_BYTES,
  CELLS,
  DENIED,
  DENIED_BYTES,
  DESTINATION,
  FIRST_SLOTS,
  MOST_DENIED,
  MOST_NEWS,
  MOST_SLOTS,
  NEWS,
  SOURCE,
} from './memory';

let denied: u32 = 0;
let news: u32 = 0;
let cells: u32 = 0;
/** A power of two, and no more than there are cells for: what is spread over more memory is slower to reach. */
let slots: u32 = FIRST_SLOTS;

/** How many refused packets wait to be told. */
export function deniedCount(): u32 {
  return denied;
}

/** How many new cells wait to be told. */
export function newCount(): u32 {
  return news;
}

/** The caller was told of the refused packets and of the new cells. */
export function forgetTold(): void {
  denied = 0;
  news = 0;
}

export function hasRoomToTell(): bool {
  return denied < MOST_DENIED && news < MOST_NEWS;
}

function whatOf(name: u32, meaning: u32): u32 {
  return (name << 16) | (meaning & 0xffff);
}

/** Its entry, or the free one where it belongs: there is always one. */
export function findCell(remote: u32, port: u32, name: u32, meaning: u32): u32 {
  const where = ((<u64>remote) << 16) | port;
  const what = whatOf(name, meaning);
  let hash = ((where ^ ((<u64>what) << 40)) * 0x9e37_79b9_7f4a_7c15) ^ (<u64>what * 0xc2b2_ae3d_27d4_eb4f);
  hash ^= hash >>> 32;
  let slot = <u32>hash & (slots - 1);
  while (true) {
    const cell = CELLS + slot * CELL_BYTES;
    const kept = load<u32>(cell, 8);
    if (kept == 0 || (kept == what && load<u64>(cell) == where)) return cell;
    slot = (slot + 1) & (slots - 1);
  }
}

export function tellDenied(name: u32, meaning: u32, isV6: bool, protocol: u32, ports: u32): void {
  const entry = DENIED + denied * DENIED_BYTES;
  store<u32>(entry, whatOf(name, meaning));
  store<u32>(entry, flowLane(isV6, protocol, ports, 0x85eb_ca6b), 4);
  store<u32>(entry, flowLane(isV6, ~protocol, ports, 0xc2b2_ae35), 8);
  denied++;
}

/** As `flowKeyOf` in flow-key.ts mixes it. */
function flowLane(isV6: bool, seed: u32, ports: u32, factor: u32): u32 {
  let lane = mix(mix(mix(seed ^ load<u32>(SOURCE, 12), factor) ^ load<u32>(DESTINATION, 12), factor) ^ ports, factor);
  if (!isV6) return lane;
  for (let word: u32 = 0; word < 12; word += 4) lane = mix(lane ^ load<u32>(SOURCE + word), factor);
  for (let word: u32 = 0; word < 12; word += 4) lane = mix(lane ^ load<u32>(DESTINATION + word), factor);
  return lane;
}

function mix(value: u32, factor: u32): u32 {
  const product = value * factor;
  return ((product ^ (product >>> 15)) * 0x27d4_eb2f) ^ (product >>> 13);
}

/** Where verdicts of this kind are counted from now on, or 0 where it is full. */
export function learnCell(remote: u32, port: u32, name: u32, meaning: u32): u32 {
  const cell = findCell(remote, port, name, meaning);
  return load<u32>(cell, 8) != 0 || fillCell(cell, remote, port, name, meaning) ? cell : 0;
}

/** Nothing is begun any more: a quarter of the slots is left free, so that whatever is looked for is found or missed soon. */
export function isFull(): bool {
  return cells >= slots - (slots >>> 2);
}

/** For a caller that knows all counts: begins anew, with more slots if there can be more. */
export function forgetCells(): void {
  memory.fill(CELLS, 0, slots * CELL_BYTES);
  cells = 0;
  if (slots < MOST_SLOTS) slots <<= 1;
}

function fillCell(cell: u32, remote: u32, port: u32, name: u32, meaning: u32): bool {
  if (isFull()) return false;
  cells++;
  store<u64>(cell, ((<u64>remote) << 16) | port);
  store<u32>(cell, whatOf(name, meaning), 8);
  return true;
}

/** As `learnCell`, for a line of which every word is known: the caller has to be told. */
export function beginCell(cell: u32, remote: u32, port: u32, name: u32, meaning: u32): bool {
  if (!fillCell(cell, remote, port, name, meaning)) return false;
  store<u32>(NEWS + (news << 2), cell);
  news++;
  return true;
}
