/** Owns the table itself: which columns there are, what a row says in them, and the notes under a row. */
import type { Counts, PolicyRow, Summary } from '../model/summary.ts';
import { type Cell, type Column, cutTo, layOut } from './layout.ts';
import type { Palette } from './palette.ts';
import { agoText, peersText, policyText, portsText, rateText, reasonText, rowTitle, timeText } from './phrases.ts';

export type Sort = 'denied' | 'allowed' | 'rate' | 'name' | 'last-seen';

export interface RowsOptions {
  readonly width: number;
  readonly wide: boolean;
  readonly sort: Sort;
  readonly palette: Palette;
}

/** The lines of one row: the row, and what a person has to know beside it. */
export interface Block {
  readonly line: string;
  readonly notes: readonly string[];
}

export interface RowsText {
  readonly header: string;
  readonly blocks: readonly Block[];
  readonly totals: readonly string[];
}

/** Where a line has room for the peers; below it they get a line of their own. */
const ROOMY = 110;
const PEERS_IN_COLUMN = 3;
const PEERS_IN_NOTE = 6;
const PEERS_WIDE = 12;
const DIRECTIONS = ['ingress', 'egress'] as const;

interface Entry {
  readonly title: string;
  readonly direction: PolicyRow['direction'];
  readonly counts: Counts;
  readonly perSecond: number | null;
  /** Null for a total. */
  readonly row: PolicyRow | null;
}

export function renderRows(summary: Summary, options: RowsOptions): RowsText {
  const { palette, width } = options;
  const rows = sortRows(summary.policies, options.sort);
  const totals = totalsOf(summary);
  const entries = [...rows.map((row) => rowEntry(row, options)), ...totals];
  const [header = '', ...lines] = layOut(columnsOf(entries, summary, options), width, palette.heading);
  const blocks = rows.map((row, at) => ({
    line: lines[at] ?? '',
    notes: notesOf(row, options).map((note) => palette.quiet(cutTo(`  ${note}`, width))),
  }));
  return { header, blocks, totals: lines.slice(rows.length) };
}

function sortRows(rows: readonly PolicyRow[], sort: Sort): readonly PolicyRow[] {
  switch (sort) {
    case 'denied':
      // The summary's own order.
      return rows;
    case 'allowed':
      return rows.toSorted((a, b) => b.allowed - a.allowed);
    case 'rate':
      return rows.toSorted((a, b) => b.recentPerSecond - a.recentPerSecond || b.ratePerSecond - a.ratePerSecond);
    case 'name':
      return rows.toSorted(
        (a, b) => compareText(policyText(a.policy), policyText(b.policy)) || compareText(a.direction, b.direction),
      );
    case 'last-seen':
      return rows.toSorted((a, b) => compareText(b.lastSeen ?? '', a.lastSeen ?? ''));
  }
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function rowEntry(row: PolicyRow, { wide }: RowsOptions): Entry {
  const title = wide ? row.policy.name : rowTitle(row);
  return {
    title: wide ? policyText({ ...row.policy, kind: null, namespace: null }) : title,
    direction: row.direction,
    counts: row,
    perSecond: row.recentPerSecond,
    row,
  };
}

/** A total says something only where several rows are in it. */
function totalsOf({ totals, policies }: Summary): readonly Entry[] {
  return DIRECTIONS.filter((direction) => policies.filter((row) => row.direction === direction).length > 1).map(
    (direction) => ({ title: 'total', direction, counts: totals[direction], perSecond: null, row: null }),
  );
}

function columnsOf(entries: readonly Entry[], summary: Summary, options: RowsOptions): readonly Column[] {
  const { wide, width, palette } = options;
  const roomy = width >= ROOMY;
  const isTimed = summary.source.kind !== 'file';
  const lowerBound = summary.completeness.status === 'partial' ? '≥' : '';
  const left = (title: string, cellOf: (entry: Entry) => Cell, extra: Partial<Column> = {}): Column => ({
    title,
    align: 'left',
    cells: entries.map(cellOf),
    ...extra,
  });
  const amount = (
    title: string,
    name: keyof Counts,
    paint: (text: string) => string,
    extra: Partial<Column> = {},
  ): Column => ({
    title,
    align: 'right',
    cells: entries.map(({ counts }) => ({
      text: lowerBound + String(counts[name]),
      paint: counts[name] === 0 ? palette.quiet : paint,
    })),
    ...extra,
  });
  const ofRow =
    (text: (row: PolicyRow) => string) =>
    ({ row }: Entry) => ({ text: row === null ? '' : text(row) });
  const some = (name: keyof Counts) => wide || roomy || entries.some(({ counts }) => counts[name] > 0);
  const end = summary.window.end;

  const columns: (Column | null)[] = [
    left('POLICY', ({ title, row }) => ({ text: title, paint: row === null ? palette.heading : palette.name }), {
      narrowest: 12,
    }),
    wide
      ? left(
          'NAMESPACE',
          ofRow(({ policy }) => policyText({ kind: null, namespace: null, name: policy.namespace ?? '' })),
          { narrowest: 9, dropRank: 5 },
        )
      : null,
    wide
      ? left(
          'KIND',
          ofRow(({ policy }) => policy.kind ?? ''),
          { narrowest: 4, dropRank: 4 },
        )
      : null,
    left('DIRECTION', ({ direction }) => ({ text: direction })),
    wide
      ? left(
          'ATTRIBUTION',
          ofRow(({ attribution, ambiguous }) => attribution + (ambiguous ? ', ambiguous' : '')),
          { dropRank: 6 },
        )
      : null,
    amount('ALLOWED', 'allowed', palette.allowed),
    some('redirected') ? amount('REDIRECTED', 'redirected', palette.allowed) : null,
    some('audited') ? amount('AUDITED', 'audited', palette.audited) : null,
    amount('DENIED', 'denied', palette.denied),
    amount('ATTEMPTS', 'attempts', palette.denied, { dropRank: 1 }),
    isTimed
      ? {
          title: 'RATE/S',
          align: 'right',
          dropRank: 2,
          cells: entries.map(({ perSecond }) => ({ text: perSecond === null ? '' : lowerBound + rateText(perSecond) })),
        }
      : null,
    isTimed
      ? {
          title: 'LAST',
          align: 'right',
          dropRank: 3,
          cells: entries.map(({ row }) => ({ text: lastText(row, end, wide && roomy) })),
        }
      : null,
    wide && roomy
      ? left(
          'PORTS',
          ofRow(({ ports }) => portsText(ports, PEERS_IN_COLUMN)),
          { narrowest: 8, dropRank: 7 },
        )
      : null,
    roomy
      ? left(
          'PEERS',
          ofRow(({ peers }) => peersText(peers, wide ? PEERS_WIDE : PEERS_IN_COLUMN)),
          { narrowest: 12 },
        )
      : null,
  ];
  return columns.filter((column) => column !== null);
}

function lastText(row: PolicyRow | null, end: string, asTime: boolean): string {
  const time = row?.lastSeen ?? null;
  if (time === null) return '';
  return asTime ? timeText(time, end) : agoText(time, end);
}

function notesOf(row: PolicyRow, { wide, width }: RowsOptions): readonly string[] {
  const notes: string[] = [];
  const roomy = width >= ROOMY;
  if (!roomy && row.peers.length > 0) {
    notes.push(
      `${row.direction === 'ingress' ? 'from' : 'to'} ${peersText(row.peers, wide ? PEERS_WIDE : PEERS_IN_NOTE)}`,
    );
  }
  if (wide && !roomy && row.ports.length > 0) notes.push(`ports ${portsText(row.ports, PEERS_WIDE)}`);
  if (row.isolatedBy.length > 1 || (wide && row.isolatedBy.length > 0)) {
    notes.push(`isolated by ${row.isolatedBy.map(policyText).join(', ')}`);
  }
  if (row.reason !== null) notes.push(reasonText(row.reason));
  if (row.ambiguous) notes.push('several policies share this name');
  if (row.shared > 0) notes.push(`${row.shared} of these are credited to other policies as well`);
  if (row.deniedInAuditMode > 0)
    notes.push(`${row.deniedInAuditMode} of the denied packets were refused although audit mode was on`);
  return notes;
}
