/** Owns which rows come closest to what an expectation asked for. */
import type { PolicyRow, Summary } from '../model/summary.ts';
import type { CountExpectation } from './expectation.ts';

const MOST = 3;

/** The likeliest first: the same policy, then the same direction, then what was counted of the same kind. */
export function nearestRows(
  { policy, direction, metric }: CountExpectation,
  { policies }: Summary,
): readonly PolicyRow[] {
  const score = (row: PolicyRow) =>
    (policy !== null && row.policy.name === policy.name ? 4 : 0) +
    (direction === null || row.direction === direction ? 2 : 0) +
    (row[metric] > 0 ? 1 : 0);
  return policies.toSorted((a, b) => score(b) - score(a)).slice(0, MOST);
}
