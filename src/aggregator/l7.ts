/** Owns the counts of what proxies decided about requests: per policy where it is known, direction and protocol, in bounded memory. */
import type { Direction, L7Record } from '../model/event.ts';
import type { PolicyRef } from '../model/policy.ts';
import { type L7Row, OTHER } from '../model/summary.ts';

const MOST_ROWS = 2_000;

type Outcome = 'forwarded' | 'denied' | 'errors' | 'redirected' | 'responses';

interface Counted extends Record<Outcome, number> {
  readonly policy: PolicyRef | null;
  readonly direction: Direction | null;
  readonly protocol: string;
  firstMs: number;
  lastMs: number;
}

export interface L7Counts {
  count(record: L7Record, policy: PolicyRef | null, atMs: number): void;
  summary(timed: boolean): readonly L7Row[];
}

const OUTCOMES = {
  Forwarded: 'forwarded',
  Denied: 'denied',
  Error: 'errors',
  Redirected: 'redirected',
} as const satisfies Record<L7Record['verdict'], Outcome>;

export function createL7Counts(): L7Counts {
  const rows = new Map<string, Counted>();

  function rowOf(policy: PolicyRef | null, direction: Direction | null, protocol: string, atMs: number): Counted {
    const key = JSON.stringify([policy?.kind, policy?.namespace, policy?.name, direction, protocol]);
    const known = rows.get(key);
    if (known !== undefined) return known;
    if (rows.size >= MOST_ROWS && protocol !== OTHER) return rowOf(null, direction, OTHER, atMs);
    const counts = { forwarded: 0, denied: 0, errors: 0, redirected: 0, responses: 0 };
    const made = { policy, direction, protocol, ...counts, firstMs: atMs, lastMs: atMs };
    rows.set(key, made);
    return made;
  }

  return {
    count: (record, policy, atMs) => {
      const row = rowOf(policy, record.direction, record.l7.protocol, atMs);
      row[outcomeOf(record)] += 1;
      row.firstMs = Math.min(atMs, row.firstMs);
      row.lastMs = Math.max(atMs, row.lastMs);
    },
    summary: (timed) =>
      Object.freeze(
        [...rows.values()]
          .map(({ policy, firstMs, lastMs, ...row }) =>
            Object.freeze({
              policy: policy === null ? null : Object.freeze({ ...policy }),
              ...row,
              firstSeen: timed ? new Date(firstMs).toISOString() : null,
              lastSeen: timed ? new Date(lastMs).toISOString() : null,
            }),
          )
          .sort(compareRows),
      ),
  };
}

/** A request that was passed on is told again with its response; one that was refused is told once, as whichever. */
function outcomeOf({ flowType, verdict }: L7Record): Outcome {
  return flowType === 'Response' && verdict !== 'Denied' ? 'responses' : OUTCOMES[verdict];
}

function compareRows(a: L7Row, b: L7Row): number {
  return b.denied - a.denied || b.forwarded - a.forwarded || (textOf(a) < textOf(b) ? -1 : 1);
}

function textOf({ policy, direction, protocol }: L7Row): string {
  return [policy?.name, policy?.namespace, policy?.kind, direction, protocol].join('\0');
}
