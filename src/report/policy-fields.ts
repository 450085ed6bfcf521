/** Owns the columns that a row of a summary has for programs: of policies, and of groups. */
import type { GroupField, GroupRow } from '../model/groups.ts';
import type { PolicyRow, Summary } from '../model/summary.ts';
import { AUDIT_COLUMNS, auditLines } from './audit-fields.ts';
import { groupColumns } from './group-fields.ts';
import { peerTitles } from './peer-title.ts';
import { hasTraffic, policyText, portText } from './phrases.ts';

export type Cell = string | number;
type Column<Row> = readonly [name: string, cell: (row: Row, summary: Summary) => Cell];

/** What rows of both kinds count. */
const COUNTS: readonly Column<PolicyRow | GroupRow>[] = [
  ['allowed', ({ allowed }) => allowed],
  ['redirected', ({ redirected }) => redirected],
  ['audited', ({ audited }) => audited],
  ['denied', ({ denied }) => denied],
  ['attempts', ({ attempts }) => attempts],
  ['shared', ({ shared }) => shared],
  ['ambiguous', ({ ambiguous }) => String(ambiguous)],
  ['ratePerSecond', ({ ratePerSecond }) => ratePerSecond],
  ['firstSeen', ({ firstSeen }) => firstSeen ?? ''],
  ['lastSeen', ({ lastSeen }) => lastSeen ?? ''],
  // A line that is taken out of its file still says what its numbers are worth.
  ['completeness', (_row, { completeness }) => completeness.status],
];

const POLICY_COLUMNS: readonly Column<PolicyRow>[] = [
  ['policy', ({ policy }) => policy.name],
  ['namespace', ({ policy }) => policy.namespace ?? ''],
  ['kind', ({ policy }) => policy.kind ?? ''],
  ['direction', ({ direction }) => direction],
  ['attribution', ({ attribution }) => attribution],
  ['reason', ({ reason }) => reason ?? ''],
  ['isolatedBy', ({ isolatedBy }) => isolatedBy.map(policyText).join('; ')],
  ...COUNTS,
];

/** Where they were asked for. */
const TRAFFIC_COLUMNS: readonly Column<PolicyRow>[] = [
  ['packets', ({ traffic }) => traffic?.packets ?? ''],
  ['bytes', ({ traffic }) => traffic?.bytes ?? ''],
  ['trafficShared', ({ traffic }) => String(traffic?.shared ?? '')],
  ['trafficLowerBound', ({ traffic }) => String(traffic?.lowerBound ?? '')],
];

/** Only for those who ask for them by name. */
const MORE_COLUMNS: readonly Column<PolicyRow>[] = [
  ['deniedInAuditMode', ({ deniedInAuditMode }) => deniedInAuditMode],
  ['recentPerSecond', ({ recentPerSecond }) => recentPerSecond],
  ['nodes', ({ nodes }) => nodes.join('; ')],
  ['peers', ({ peers }) => peers.map(peerTitles(peers, false)).join('; ')],
  ['ports', ({ ports }) => ports.map(portText).join('; ')],
];

const GROUP_COLUMNS: readonly Column<GroupRow>[] = [['other', ({ other }) => String(other)], ...COUNTS];

/** The names that `--columns` takes. */
export function columnNames(groupBy: readonly GroupField[], traffic: boolean, audit: boolean): readonly string[] {
  if (audit) return AUDIT_COLUMNS.map(([name]) => name);
  const columns =
    groupBy.length > 0
      ? [...groupColumns(groupBy), ...GROUP_COLUMNS]
      : [...POLICY_COLUMNS, ...(traffic ? TRAFFIC_COLUMNS : []), ...MORE_COLUMNS];
  return columns.map(([name]) => name);
}

export interface Cells {
  readonly names: readonly string[];
  readonly rows: readonly (readonly Cell[])[];
}

/** The rows of a summary with these columns, or with those that a program gets unasked. */
export function cellsOf(summary: Summary, names: readonly string[] | null): Cells {
  const { policies, groups, audit } = summary;
  if (audit !== undefined) return chooseCells(auditLines(audit), AUDIT_COLUMNS, names, summary);
  if (groups !== null) {
    const all: readonly Column<GroupRow>[] = [...groupColumns(groups.by), ...GROUP_COLUMNS];
    return chooseCells(groups.rows, all, names, summary);
  }
  const usual = hasTraffic(summary) ? [...POLICY_COLUMNS, ...TRAFFIC_COLUMNS] : POLICY_COLUMNS;
  const all = names === null ? usual : [...POLICY_COLUMNS, ...TRAFFIC_COLUMNS, ...MORE_COLUMNS];
  return chooseCells(policies, all, names, summary);
}

/** In the order of `names`; a name that is no column's has no cells. */
export function chooseCells<Row, Whole>(
  rows: readonly Row[],
  columns: readonly (readonly [name: string, cell: (row: Row, whole: Whole) => Cell])[],
  names: readonly string[] | null,
  whole: Whole,
): Cells {
  const chosen = names === null ? columns : names.flatMap((name) => columns.filter((column) => column[0] === name));
  return {
    names: chosen.map(([name]) => name),
    rows: rows.map((row) => chosen.map(([, cell]) => cell(row, whole))),
  };
}
