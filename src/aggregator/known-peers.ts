/** Owns who a peer is: numbers that nodes give for themselves are one peer where they are called the same. */
import type { GroupPeer } from '../model/groups.ts';

/** `node`: the one that gave the number; null where it means the same on every node. */
interface Met<T> {
  readonly node: string | null;
  readonly peer: GroupPeer;
  readonly of: T;
}

/** `keyOf` tells what else has to be equal; the first of equal ones takes the place of all. */
export function joinKnown<T>(met: readonly Met<T>[], keyOf: (of: T) => string, add: (a: T, b: T) => T): T[] {
  const joined = new Map<string, T>();
  met.forEach(({ node, peer: { name, labels }, of }, at) => {
    const key = node === null || name === null ? String(at) : JSON.stringify([name, labels, keyOf(of)]);
    const known = joined.get(key);
    joined.set(key, known === undefined ? of : add(known, of));
  });
  return [...joined.values()];
}

/** One number where both have it. */
export function commonIdentity(a: GroupPeer, b: GroupPeer): number | null {
  return a.identity === b.identity ? a.identity : null;
}
