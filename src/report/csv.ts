/** `-o csv`: one line for each policy and direction (RFC 4180), with nothing in it that a spreadsheet would run. */
import { stringify } from 'csv-stringify/sync';
import type { Groups } from '../model/groups.ts';
import type { PolicyRow, Summary } from '../model/summary.ts';
import { groupColumns } from './group-fields.ts';
import { hasTraffic, policyText } from './phrases.ts';
import { escapeUnsafe } from './printable.ts';

type Column = (row: PolicyRow, summary: Summary) => string | number;

const COLUMNS: readonly (readonly [name: string, column: Column])[] = [
  ['policy', ({ policy }) => policy.name],
  ['namespace', ({ policy }) => policy.namespace ?? ''],
  ['kind', ({ policy }) => policy.kind ?? ''],
  ['direction', ({ direction }) => direction],
  ['attribution', ({ attribution }) => attribution],
  ['reason', ({ reason }) => reason ?? ''],
  ['isolatedBy', ({ isolatedBy }) => isolatedBy.map(policyText).join('; ')],
  ['allowed', ({ allowed }) => allowed],
  ['redirected', ({ redirected }) => redirected],
  ['audited', ({ audited }) => audited],
  ['denied', ({ denied }) => denied],
  ['attempts', ({ attempts }) => attempts],
  ['shared', ({ shared }) => shared],
  ['ratePerSecond', ({ ratePerSecond }) => ratePerSecond],
  ['firstSeen', ({ firstSeen }) => firstSeen ?? ''],
  ['lastSeen', ({ lastSeen }) => lastSeen ?? ''],
  // A line that is taken out of its file still says what its numbers are worth.
  ['completeness', (_row, { completeness }) => completeness.status],
];

/** Where they were asked for. */
const TRAFFIC_COLUMNS: typeof COLUMNS = [
  ['packets', ({ traffic }) => traffic?.packets ?? ''],
  ['bytes', ({ traffic }) => traffic?.bytes ?? ''],
  ['trafficShared', ({ traffic }) => String(traffic?.shared ?? '')],
  ['trafficLowerBound', ({ traffic }) => String(traffic?.lowerBound ?? '')],
];

export function renderCsv(summary: Summary): string {
  if (summary.groups !== null) return renderGroupsCsv(summary.groups, summary);
  const columns = hasTraffic(summary) ? [...COLUMNS, ...TRAFFIC_COLUMNS] : COLUMNS;
  return csvText(
    columns.map(([name]) => name),
    summary.policies.map((row) => columns.map(([, column]) => column(row, summary))),
  );
}

/** After the columns of the fields. */
const GROUP_COLUMNS = ['allowed', 'redirected', 'audited', 'denied', 'attempts', 'shared', 'ratePerSecond'] as const;
const GROUP_TIMES = ['firstSeen', 'lastSeen'] as const;

function renderGroupsCsv({ by, rows }: Groups, { completeness }: Summary): string {
  const fields = groupColumns(by);
  return csvText(
    [...fields.map(([name]) => name), 'other', ...GROUP_COLUMNS, ...GROUP_TIMES, 'completeness'],
    rows.map((row) => [
      ...fields.map(([, cell]) => cell(row)),
      String(row.other),
      ...GROUP_COLUMNS.map((name) => row[name]),
      ...GROUP_TIMES.map((name) => row[name] ?? ''),
      completeness.status,
    ]),
  );
}

/** Text that nothing acts on: no formula, no invisible character. */
export function csvText(columns: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const lines = rows.map((row) =>
    row.map((value) => (typeof value === 'number' ? value : escapeUnsafe(value, visible))),
  );
  return stringify(lines, {
    header: true,
    columns: [...columns],
    escape_formulas: true,
    record_delimiter: 'windows',
  });
}

function visible(character: string): string {
  return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;
}
