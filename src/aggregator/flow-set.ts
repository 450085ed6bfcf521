/** Owns which flows were already seen for which owner (a row, a direction), in bounded memory and without allocating per flow. */

const FIRST_SLOTS = 1024;
const WORDS = 4;
const HIGH_BITS = 2 ** 32;

/** For whom a flow is new, as bits. */
export const NEW_FOR_OWNER = 1;
export const NEW_FOR_PART = 2;

export interface FlowSet {
  /**
   * For whom this flow is new: for `owner`, and for that part of it; nobody where the set is full.
   * A flow belongs to one part nearly always, which costs nothing beside the owner's entry.
   */
  add(owner: number, part: number, flowKey: number): number;
  /** Whether a flow that the owner has is new for one more part. */
  addPart(part: number, flowKey: number): boolean;
  /** Whether a flow was met that there was no room for. */
  readonly overflowed: boolean;
}

/** An open-addressing table of (low word, high word, owner + 1, first part): exact, since a flow key has at most 53 bits. */
export function createFlowSet(limit: number): FlowSet {
  let slots = FIRST_SLOTS;
  let table = new Uint32Array(slots * WORDS);
  let size = 0;
  let overflowed = false;

  /** The offset of the entry, or of the free slot where it belongs. */
  function find(low: number, high: number, tag: number): number {
    const mask = slots - 1;
    let slot = hash(low, high, tag) & mask;
    for (;;) {
      const at = slot * WORDS;
      const found = table[at + 2];
      if (found === 0 || (found === tag && table[at] === low && table[at + 1] === high)) return at;
      slot = (slot + 1) & mask;
    }
  }

  function put(at: number, low: number, high: number, tag: number, part: number): void {
    table[at] = low;
    table[at + 1] = high;
    table[at + 2] = tag;
    table[at + 3] = part;
  }

  function grow(): void {
    const old = table;
    slots *= 2;
    table = new Uint32Array(slots * WORDS);
    for (let at = 0; at < old.length; at += WORDS) {
      const [low = 0, high = 0, tag = 0, part = 0] = [old[at], old[at + 1], old[at + 2], old[at + 3]];
      if (tag !== 0) put(find(low, high, tag), low, high, tag, part);
    }
  }

  function add(owner: number, part: number, flowKey: number): number {
    const low = flowKey >>> 0;
    const high = Math.floor(flowKey / HIGH_BITS) >>> 0;
    const tag = owner + 1;
    const at = find(low, high, tag);
    if (table[at + 2] !== 0) return table[at + 3] === part || !addPart(part, flowKey) ? 0 : NEW_FOR_PART;
    if (size >= limit) {
      overflowed = true;
      return 0;
    }
    put(at, low, high, tag, part);
    size += 1;
    if (size * 2 > slots) grow();
    return NEW_FOR_OWNER | NEW_FOR_PART;
  }

  function addPart(part: number, flowKey: number): boolean {
    return add(part, part, flowKey) !== 0;
  }

  return {
    get overflowed() {
      return overflowed;
    },
    add,
    addPart,
  };
}

/** MurmurHash3's finalizer over the three words: neighbouring flow keys must not share slots. */
function hash(low: number, high: number, tag: number): number {
  let mixed = low ^ Math.imul(high, 0x9e3779b1) ^ Math.imul(tag, 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}
