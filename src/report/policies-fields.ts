/** Owns the columns that a policy of a report has for programs. */
import type { PolicyReport, PolicyUse } from '../model/policy-report.ts';
import { type Cell, type Cells, chooseCells } from './policy-fields.ts';

type Column = (use: PolicyUse, report: PolicyReport) => Cell;

/** Empty is what nobody can tell. */
const COLUMNS: readonly (readonly [name: string, column: Column])[] = [
  ['policy', ({ policy }) => policy.name],
  ['namespace', ({ policy }) => policy.namespace ?? ''],
  ['kind', ({ policy }) => policy.kind ?? ''],
  ['standing', ({ standing }) => standing],
  ['exists', ({ exists }) => (exists === null ? '' : String(exists))],
  ['created', ({ created }) => created ?? ''],
  ['isolates', ({ isolates }) => isolates.join('; ')],
  ['pods', ({ selects }) => selects?.pods ?? ''],
  ['others', ({ selects }) => selects?.others ?? ''],
  ['listened', ({ selects }) => selects?.listened ?? ''],
  ['enforcement', ({ enforcement }) => enforcement?.status ?? ''],
  ['notEnforced', ({ enforcement }) => enforcement?.reasons.join('; ') ?? ''],
  ['allowed', ({ seen }) => seen.allowed],
  ['redirected', ({ seen }) => seen.redirected],
  ['audited', ({ seen }) => seen.audited],
  ['denied', ({ seen }) => seen.denied],
  ['attempts', ({ seen }) => seen.attempts],
  ['shared', ({ seen }) => seen.shared],
  ['defaultDenied', ({ seen }) => seen.defaultDenied],
  ['defaultAudited', ({ seen }) => seen.defaultAudited],
  ['ambiguous', ({ seen }) => seen.ambiguous],
  ['nodes', ({ nodes }) => nodes?.total ?? ''],
  ['nodesHeard', ({ nodes }) => nodes?.heard ?? ''],
  ['nodesSeen', ({ nodes }) => nodes?.seen ?? ''],
  ['observedSeconds', ({ observedSeconds }) => observedSeconds ?? ''],
  ['firstSeen', ({ seen }) => seen.firstSeen ?? ''],
  ['lastSeen', ({ seen }) => seen.lastSeen ?? ''],
  // A line that is taken out of its file still says what its numbers are worth.
  ['completeness', (_use, { completeness }) => completeness.status],
];

/** The names that `--columns` takes. */
export const POLICIES_COLUMNS: readonly string[] = COLUMNS.map(([name]) => name);

export function policyCells(report: PolicyReport, names: readonly string[] | null): Cells {
  return chooseCells(report.policies, COLUMNS, names, report);
}
