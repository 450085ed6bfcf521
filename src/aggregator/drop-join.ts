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
  /** The verdict that waited for this drop, or null; then the drop waits. */
  drop(flowKey: number, drop: Drop, atMs: number): Verdict | null;
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
    drop: (flowKey, drop, atMs) => {
      if (!hasDrops) begin();
      const verdict = verdicts.take(flowKey, atMs);
      if (verdict === null) drops.put(flowKey, drop, atMs);
      return verdict;
    },
  };
}

function createQueue<Item>() {
  // In the order of their last arrival, so that what waited in vain is at the front.
  const waiting = new Map<number, Waiting<Item>>();

  function forgetStale(atMs: number): void {
    for (const [key, { lastMs }] of waiting) {
      if (waiting.size <= MOST_FLOWS && atMs - lastMs <= MOMENT_MS) return;
      waiting.delete(key);
    }
  }

  return {
    put: (key: number, item: Item, atMs: number): void => {
      const known = waiting.get(key) ?? { items: [], lastMs: atMs };
      known.items.push(item);
      if (known.items.length > MOST_ITEMS) known.items.shift();
      known.lastMs = atMs;
      waiting.delete(key);
      waiting.set(key, known);
      forgetStale(atMs);
    },
    take: (key: number, atMs: number): Item | null => {
      forgetStale(atMs);
      const known = waiting.get(key);
      const item = known?.items.shift();
      if (known?.items.length === 0) waiting.delete(key);
      return item ?? null;
    },
  };
}
