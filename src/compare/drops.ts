/** Owns which drop reasons are new or gone. */
import type { ComparedDrop, CompareInput } from '../model/compare.ts';
import type { Proof } from './change.ts';

type Drop = CompareInput['drops'][number];

/** `proof` holds only where drops were listened for. */
export function compareDrops(before: readonly Drop[], after: readonly Drop[], proof: Proof): readonly ComparedDrop[] {
  const was = packetsByReason(before);
  const is = packetsByReason(after);
  const news = missingIn(was, is).map(
    ([{ reason, direction }, packets]): ComparedDrop => ({
      ...{ reason, direction, change: 'new', isCertain: proof.before },
      ...{ before: 0, after: packets },
    }),
  );
  const gone = missingIn(is, was).map(
    ([{ reason, direction }, packets]): ComparedDrop => ({
      ...{ reason, direction, change: 'gone', isCertain: proof.after },
      ...{ before: packets, after: 0 },
    }),
  );
  return [...news, ...gone];
}

type Reasons = ReadonlyMap<string, readonly [Drop, number]>;

function packetsByReason(drops: readonly Drop[]): Reasons {
  const found = new Map<string, readonly [Drop, number]>();
  for (const drop of drops) {
    const key = JSON.stringify([drop.reason, drop.direction]);
    found.set(key, [drop, (found.get(key)?.[1] ?? 0) + drop.packets]);
  }
  return found;
}

/** Most packets first. */
function missingIn(known: Reasons, all: Reasons): readonly (readonly [Drop, number])[] {
  return [...all]
    .flatMap(([key, found]) => (known.has(key) || found[1] === 0 ? [] : [found]))
    .sort(([a, x], [b, y]) => y - x || (a.reason < b.reason ? -1 : 1));
}
