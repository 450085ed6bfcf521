/** Owns the answer to *did it break anything?* */
import type { ComparedSubject, CompareVerdict } from '../model/compare.ts';
import { amountsOf } from './change.ts';

/** `isKnown`: whether what broke would be seen. */
export function verdictOf(changes: readonly ComparedSubject[], isKnown: boolean): CompareVerdict {
  const has = (holds: (change: ComparedSubject) => boolean) => changes.some(holds);
  if (has(({ change }) => change === 'became-denied')) return 'broken';
  if (has(isNewlyDenied)) return 'newly-denied';
  if (has((each) => isQuiet(each) && each.isCertain)) return 'gone-quiet';
  if (!isKnown) return 'unknown';
  return has(({ change }) => change === 'became-allowed' || change === 'partly-allowed') ? 'opened' : 'unbroken';
}

/** Denied after and not before; nobody knows that it was allowed, or it still is. */
export function isNewlyDenied({ change, after }: ComparedSubject): boolean {
  return change === 'partly-denied' || (change === 'new' && amountsOf(after).denied > 0);
}

/** Let through before, and not seen at all after. */
export function isQuiet({ change, before }: ComparedSubject): boolean {
  const { allowed, audited } = amountsOf(before);
  return change === 'gone' && allowed + audited > 0;
}
