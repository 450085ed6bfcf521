/** Owns which of two sides' things are the same one: by the surest sign first, and never by a sign that several share. */

export type Pair<T> = { readonly before: T; readonly after: T | null } | { readonly before: null; readonly after: T };

/** Null where the thing has no such sign. */
type Sign<T> = (thing: T) => string | null;

/** A sign for each side; given in both orders where they differ, so that it does not matter which side is which. */
export type Signs<T> = readonly [before: Sign<T>, after: Sign<T>];

export function matchUp<T>(before: readonly T[], after: readonly T[], stages: readonly Signs<T>[]): readonly Pair<T>[] {
  const pairs: Pair<T>[] = [];
  let [left, right] = [before, after];
  for (const [signBefore, signAfter] of stages) {
    const known = onlyOnes(right, signAfter);
    const matched = new Set<T>();
    for (const [sign, thing] of onlyOnes(left, signBefore)) {
      const same = known.get(sign);
      if (same === undefined) continue;
      pairs.push({ before: thing, after: same });
      matched.add(thing).add(same);
    }
    left = left.filter((thing) => !matched.has(thing));
    right = right.filter((thing) => !matched.has(thing));
  }
  return [
    ...pairs,
    ...left.map((thing) => ({ before: thing, after: null })),
    ...right.map((thing) => ({ before: null, after: thing })),
  ];
}

/** Those that share their sign with no other on their side. */
function onlyOnes<T>(things: readonly T[], signOf: Sign<T>): ReadonlyMap<string, T> {
  const found = new Map<string, T>();
  const twice = new Set<string>();
  for (const thing of things) {
    const sign = signOf(thing);
    if (sign === null) continue;
    if (found.has(sign)) twice.add(sign);
    found.set(sign, thing);
  }
  for (const sign of twice) found.delete(sign);
  return found;
}
