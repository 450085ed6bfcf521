/** Owns the meeting of denied verdicts and the drops that follow from them: the same flow within a moment, whichever is read first. */

/** Both come from one program run of the kernel; apart are only the buffers of its processors. */
const MOMENT_MS = 2_000;
const MOST_FLOWS = 10_000;
/** A drop follows its verdict within a few lines. */
const MOST_NOTED = 64;
/** Packets of one flow. */
const MOST_ITEMS = 64;

/** `Verdict` and `Drop` are what the caller wants to have back when the other one comes. */
export interface DropJoin<Verdict, Drop> {
  /** The drop that waited for this verdict, or null; then the verdict waits. */
  verdict(flowKey: number, verdict: Verdict, atMs: number): Drop | null;
  /** The verdict that waited for this drop under one of its keys, or null; then the drop waits under the first. */
  drop(flowKeys: readonly number[], drop: Drop, atMs: number): Verdict | null;
}

interface Waiting<Item> {
  readonly items: Item[];
  lastMs: number;
}

export function createDropJoin<Verdict, Drop>(): DropJoin<Verdict, Drop> {
  const verdicts = createQueue<Verdict>();
  const drops = createQueue<Drop>();
  // Most streams carry no drops: until the first one comes, the last verdicts are only noted, without a new object.
  let hasDrops = false;
  const notedKeys = new Float64Array(MOST_NOTED);
  const notedMs = new Float64Array(MOST_NOTED);
  const noted: Verdict[] = [];
  let notes = 0;

  function begin(): void {
    hasDrops = true;
    for (let note = Math.max(0, notes - MOST_NOTED); note < notes; note += 1) {
      const at = note % MOST_NOTED;
      const verdict = noted[at];
      if (verdict !== undefined) verdicts.put(notedKeys[at] ?? 0, verdict, notedMs[at] ?? 0);
    }
  }

  return {
    verdict: (flowKey, verdict, atMs) => {
      if (!hasDrops) {
        const at = notes % MOST_NOTED;
        notedKeys[at] = flowKey;
        notedMs[at] = atMs;
        noted[at] = verdict;
        notes += 1;
        return null;
      }
      const drop = drops.take(flowKey, atMs);
      if (drop === null) verdicts.put(flowKey, verdict, atMs);
      return drop;
    },
    drop: (flowKeys, drop, atMs) => {
      if (!hasDrops) begin();
      for (const flowKey of flowKeys) {
        const verdict = verdicts.take(flowKey, atMs);
        if (verdict !== null) return verdict;
      }
      const [first] = flowKeys;
      if (first !== undefined) drops.put(first, drop, atMs);
      return null;
    },
  };
}

/**
 * Two halves: what is young becomes old when the young half is full or a moment has passed, and is forgotten when that
 * happens again. To forget one by one from the front of a map costs more the more it forgets.
 */
function createQueue<Item>() {
  let young = new Map<number, Waiting<Item>>();
  let old = new Map<number, Waiting<Item>>();
  let sinceMs = 0;

  function age(atMs: number): void {
    if (young.size < MOST_FLOWS / 2 && atMs - sinceMs <= MOMENT_MS) return;
    old = young;
    young = new Map();
    sinceMs = atMs;
  }

  function find(key: number, atMs: number): Waiting<Item> | null {
    const known = young.get(key) ?? old.get(key);
    return known === undefined || atMs - known.lastMs > MOMENT_MS ? null : known;
  }

  return {
    put: (key: number, item: Item, atMs: number): void => {
      age(atMs);
      const known = find(key, atMs);
      if (known === null) {
        young.set(key, { items: [item], lastMs: atMs });
        return;
      }
      known.items.push(item);
      if (known.items.length > MOST_ITEMS) known.items.shift();
      known.lastMs = atMs;
      young.set(key, known);
    },
    take: (key: number, atMs: number): Item | null => {
      const known = find(key, atMs);
      const item = known?.items.shift();
      if (known?.items.length === 0) {
        young.delete(key);
        old.delete(key);
      }
      return item ?? null;
    },
  };
}
