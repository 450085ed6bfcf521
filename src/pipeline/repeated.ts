/** Flows that were told before: a stream that broke is asked for a little more than was missed. */
import type { HubbleFlow } from '../model/hubble.ts';

export interface Repeated {
  /** Remembers the flow where it is new. */
  has(flow: HubbleFlow): boolean;
}

/** Of a second and more; older ones are not asked for again. */
const MOST_KEPT = 16_384;

export function createRepeated(): Repeated {
  // The oldest are in the first, which is thrown away when the second is full.
  let older = new Set<string>();
  let newer = new Set<string>();
  return {
    has: ({ uuid }) => {
      if (uuid === null) return false;
      if (newer.has(uuid) || older.has(uuid)) return true;
      newer.add(uuid);
      if (newer.size >= MOST_KEPT) {
        older = newer;
        newer = new Set();
      }
      return false;
    },
  };
}
