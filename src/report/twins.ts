/** Rows that would look the same: one policy that is known in two ways, where the output has no place that says in which. */
import type { Grade } from '../model/policy.ts';
import type { PolicyRow } from '../model/summary.ts';
import { rowTitle } from './phrases.ts';

const KNOWN_BY: Readonly<Record<Grade, string | null>> = {
  datapath: 'as the agent printed it',
  correlated: 'as Hubble named it',
  derived: "as looked up in the agent's state",
  'default-deny': null,
  unattributed: null,
};

/** How the policy of a row is known, where another row looks the same; else null. */
export function toldApart(rows: readonly PolicyRow[]): (row: PolicyRow) => string | null {
  const keyOf = (row: PolicyRow) => `${row.direction} ${rowTitle(row)}`;
  const grades = new Map<string, Set<Grade>>();
  for (const row of rows) grades.set(keyOf(row), (grades.get(keyOf(row)) ?? new Set()).add(row.attribution));
  return (row) => ((grades.get(keyOf(row))?.size ?? 0) < 2 ? null : KNOWN_BY[row.attribution]);
}
