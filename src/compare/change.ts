/** Owns what became of somebody between two sides, and whether that is certain. */
import type { Change, Credit, RateChange } from '../model/compare.ts';

export interface Amounts {
  readonly allowed: number;
  readonly audited: number;
  readonly denied: number;
}

/** Of each side: whether what is not there did not happen. */
export interface Proof {
  readonly before: boolean;
  readonly after: boolean;
}

/** Only whether there are any is asked: a verdict that several policies are credited with counts for each. */
export function amountsOf(credits: readonly Credit[]): Amounts {
  const sum = (name: keyof Amounts) => credits.reduce((total, credit) => total + credit[name], 0);
  return { allowed: sum('allowed'), audited: sum('audited'), denied: sum('denied') };
}

function passes({ allowed, audited }: Amounts): boolean {
  return allowed + audited > 0;
}

function isSeen(amounts: Amounts): boolean {
  return passes(amounts) || amounts.denied > 0;
}

/** Null where nothing changed. `deniedRate`: what became of the denied packets per second. */
export function changeOf(before: Amounts, after: Amounts, deniedRate: RateChange): Change | null {
  if (!isSeen(before)) return isSeen(after) ? 'new' : null;
  if (!isSeen(after)) return 'gone';
  const [passed, passing] = [passes(before), passes(after)];
  const [wasDenied, isDenied] = [before.denied > 0, after.denied > 0];
  // Where some was denied before, what was let through may have ended by itself, unless more is denied in its place.
  if (passed && !passing) {
    if (!wasDenied) return 'became-denied';
    return deniedRate === 'more' ? 'denied-instead' : 'no-longer-allowed';
  }
  if (!passed && passing) {
    if (!isDenied) return 'became-allowed';
    return deniedRate === 'less' ? 'allowed-instead' : 'partly-allowed';
  }
  if (!wasDenied && isDenied) return 'partly-denied';
  if (wasDenied && !isDenied) return 'no-longer-denied';
  return auditChange(before, after);
}

function auditChange(before: Amounts, after: Amounts): Change | null {
  if (before.audited === 0 && after.audited > 0) return 'became-audited';
  return before.audited > 0 && after.audited === 0 ? 'no-longer-audited' : null;
}

/** Every change says that something was not there: that has to be proven by one of the two. */
export function isCertain(change: Change, proof: Proof): boolean {
  switch (change) {
    // Not denied before and denied after, or let through before and not after: either is a change.
    case 'became-denied':
    case 'became-allowed':
      return proof.before || proof.after;
    case 'new':
    case 'partly-denied':
    case 'allowed-instead':
    case 'partly-allowed':
    case 'became-audited':
      return proof.before;
    case 'gone':
    case 'denied-instead':
    case 'no-longer-allowed':
    case 'no-longer-denied':
    case 'no-longer-audited':
      return proof.after;
  }
}
