/** Owns the columns that a policy of a report has for programs. */
import type { DirectionUse, PolicyReport, PolicyUse } from '../model/policy-report.ts';
import { hasTraffic } from './phrases.ts';
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
  // A connection between two of its endpoints has one of each.
  ['ingressVerdicts', ({ byDirection }) => verdictsOf(byDirection.ingress)],
  ['egressVerdicts', ({ byDirection }) => verdictsOf(byDirection.egress)],
];

/** Where they were asked for. */
const TRAFFIC_COLUMNS: typeof COLUMNS = [
  ['packets', ({ traffic }) => traffic?.packets ?? ''],
  ['bytes', ({ traffic }) => traffic?.bytes ?? ''],
  ['trafficShared', ({ traffic }) => String(traffic?.shared ?? '')],
  ['trafficLowerBound', ({ traffic }) => String(traffic?.lowerBound ?? '')],
];

/** The names that `--columns` takes. */
export function policiesColumns(traffic: boolean): readonly string[] {
  return [...COLUMNS, ...(traffic ? TRAFFIC_COLUMNS : [])].map(([name]) => name);
}

export function policyCells(report: PolicyReport, names: readonly string[] | null): Cells {
  const columns = names !== null || hasTraffic(report) ? [...COLUMNS, ...TRAFFIC_COLUMNS] : COLUMNS;
  return chooseCells(report.policies, columns, names, report);
}

function verdictsOf({ allowed, redirected, audited, denied }: DirectionUse): number {
  return allowed + redirected + audited + denied;
}
