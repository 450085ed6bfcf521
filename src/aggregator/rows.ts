/** Owns the rows, and which of them an attribution is credited to: one for each of its policies, in its direction. */
import type { Direction } from '../model/event.ts';
import { type Attribution, IMPLICIT_DEFAULT_DENY, type PolicyRef, policyKey, UNATTRIBUTED } from '../model/policy.ts';
import { OTHER } from '../model/summary.ts';
import type { Limits } from './limits.ts';
import { createRow, type Row } from './row.ts';

export interface Rows {
  of(attribution: Attribution, direction: Direction): readonly Row[];
  all(): readonly Row[];
}

/** For a verdict that came without an answer. */
const NO_ANSWER: Attribution = unattributed('no-state');
const FOLDED: Attribution = unattributed(null);

function unattributed(reason: Attribution['reason']): Attribution {
  return { grade: 'unattributed', policies: [], isolatedBy: [], reason, ambiguous: false };
}

export function orNoAnswer(attribution: Attribution | null): Attribution {
  return attribution ?? NO_ANSWER;
}

/** `firstOwner`: the flow set's owners below are taken. */
export function createRows(firstOwner: number, limits: Limits): Rows {
  const rows = new Map<string, Row>();
  const credited = {
    ingress: new Map<Attribution, readonly Row[]>(),
    egress: new Map<Attribution, readonly Row[]>(),
  };
  let folding = 0;

  function make(policy: PolicyRef, direction: Direction, attribution: Attribution): Row {
    return createRow({ policy, direction, attribution }, firstOwner + rows.size, limits);
  }

  function rowOf(policy: PolicyRef, direction: Direction, attribution: Attribution): Row {
    const key = keyOf(policy, direction, attribution);
    const known = rows.get(key);
    if (known !== undefined) return known;
    if (rows.size - folding >= limits.rows) return otherRow(direction);
    const made = make(policy, direction, attribution);
    rows.set(key, made);
    return made;
  }

  function otherRow(direction: Direction): Row {
    const known = rows.get(direction);
    if (known !== undefined) return known;
    const made = make({ kind: null, namespace: null, name: OTHER }, direction, FOLDED);
    rows.set(direction, made);
    folding += 1;
    return made;
  }

  function rowsOf(attribution: Attribution, direction: Direction): readonly Row[] {
    const policies = attribution.policies.length > 0 ? attribution.policies : [unnamed(attribution)];
    return [...new Set(policies.map((policy) => rowOf(policy, direction, attribution)))];
  }

  return {
    of: (attribution, direction) => {
      const known = credited[direction].get(attribution);
      if (known !== undefined) return known;
      const found = rowsOf(attribution, direction);
      // Answers are few; were they not, they are looked up by what they say.
      if (credited[direction].size < limits.rows * 4) credited[direction].set(attribution, found);
      return found;
    },
    all: () => [...rows.values()],
  };
}

function unnamed({ grade }: Attribution): PolicyRef {
  return { kind: null, namespace: null, name: grade === 'default-deny' ? IMPLICIT_DEFAULT_DENY : UNATTRIBUTED };
}

/** Two answers that name the same policy in the same way meet in one row, whatever else they name. */
function keyOf(policy: PolicyRef, direction: Direction, attribution: Attribution): string {
  const { grade, reason, ambiguous, isolatedBy } = attribution;
  const isolating = isolatedBy.map(policyKey).sort();
  return JSON.stringify([direction, policyKey(policy), grade, reason, ambiguous, isolating]);
}
