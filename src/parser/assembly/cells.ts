/** Verdicts that differ in nothing that is counted, how many came, and the packets that were refused. */
import { CELL_BYTES, CELL_SLOTS, CELLS, DENIED, DENIED_BYTES, DESTINATION, MOST_CELLS, SOURCE } from './memory';

let denied: u32 = 0;
let cells: u32 = 0;

/** How many refused packets wait to be told. */
export function deniedCount(): u32 {
  return denied;
}

export function forgetDenied(): void {
  denied = 0;
}

/** Its entry, or the free one where it belongs: there is always one. */
export function findCell(remote: u32, port: u32, name: u32, meaning: u32): u32 {
  const where = ((<u64>remote) << 16) | port;
  const what = (name << 16) | (meaning & 0xffff);
  let hash = ((where ^ ((<u64>what) << 40)) * 0x9e37_79b9_7f4a_7c15) ^ (<u64>what * 0xc2b2_ae3d_27d4_eb4f);
  hash ^= hash >>> 32;
  let slot = <u32>hash & (CELL_SLOTS - 1);
  while (true) {
    const cell = CELLS + slot * CELL_BYTES;
    const kept = load<u32>(cell, 8);
    if (kept == 0 || (kept == what && load<u64>(cell) == where)) return cell;
    slot = (slot + 1) & (CELL_SLOTS - 1);
  }
}

export function tellDenied(cell: u32, isV6: bool, protocol: u32, ports: u32): void {
  const entry = DENIED + denied * DENIED_BYTES;
  store<u32>(entry, cell);
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

/** Where verdicts of this kind are counted from now on, or 0 where there is no room. */
export function learnCell(remote: u32, port: u32, name: u32, meaning: u32): u32 {
  const cell = findCell(remote, port, name, meaning);
  if (load<u32>(cell, 8) != 0) return cell;
  if (cells >= MOST_CELLS) return 0;
  cells++;
  store<u64>(cell, ((<u64>remote) << 16) | port);
  store<u32>(cell, (name << 16) | (meaning & 0xffff), 8);
  return cell;
}
