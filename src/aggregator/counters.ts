/** Owns the numbers of one row or direction, and which of them a verdict belongs to. */
import type { Verdict } from '../model/event.ts';
import type { Counts } from '../model/summary.ts';

export type Outcome = 'allowed' | 'redirected' | 'audited' | 'denied';

/** The audit flag of the patched Cilium says what would have been; a refused packet stays refused (see design, "Units"). */
export function outcomeOf({ action, audit }: Verdict): Outcome {
  switch (action) {
    case 'allow':
      return audit ? 'audited' : 'allowed';
    case 'redirect':
      return audit ? 'audited' : 'redirected';
    case 'audit':
      return 'audited';
    case 'deny':
      return 'denied';
  }
}

export type Counters = { -readonly [Name in keyof Counts]: Counts[Name] };

export function zeroCounters(): Counters {
  return { allowed: 0, redirected: 0, audited: 0, denied: 0, attempts: 0 };
}
