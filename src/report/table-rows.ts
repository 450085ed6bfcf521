/** Owns the table itself: which columns there are, what a row says in them, and the notes under a row. */
import stringWidth from 'fast-string-width';
import { DIRECTIONS } from '../model/packet.ts';
import type { Counts, PolicyRow, Summary } from '../model/summary.ts';
import { type Column, cutTo, layOut, wholeWidth } from './layout.ts';
import type { Palette } from './palette.ts';
import { hasLabels } from './peer-title.ts';
import {
  agoText,
  hasTraffic,
  kindText,
  lowerBoundSign,
  peersText,
  policyText,
  portsText,
  rateText,
  reasonText,
  rowTitle,
  timeText,
  trafficText,
} from './phrases.ts';
import { printable } from './printable.ts';
import { dropText } from './table-drops.ts';
import { toldApart } from './twins.ts';

export interface RowsOptions {
  readonly width: number;
  readonly wide: boolean;
  readonly live: boolean;
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
/** Where a line has room for everything, zeros included. */
const SPACIOUS = 160;
const PEERS_IN_COLUMN = 3;
const PEERS_IN_NOTE = 6;
const PEERS_WIDE = 12;
const NOTE_INDENT = 2;
/** `implicit-default-deny` loses a letter. */
const NARROWEST_POLICY = 20;
/** Where even the directions are shortened, so that the numbers stay readable. */
const CRAMPED = 56;
const NARROWEST_CRAMPED_POLICY = 12;
const SHORT = { ingress: 'in', egress: 'out' } as const;

interface Entry {
  readonly title: string;
  readonly direction: PolicyRow['direction'];
  readonly counts: Counts;
  /** Null for a total. */
  readonly row: PolicyRow | null;
}

export function renderRows(summary: Summary, options: RowsOptions): RowsText {
  const { palette, width, wide } = options;
  const rows = summary.policies;
  const entries = [
    ...rows.map((row) => ({ title: titleOf(row, wide), direction: row.direction, counts: row, row })),
    ...totalsOf(summary, rows),
  ];
  const columns = columnsOf(entries, summary, options);
  const peers = peersColumn(entries, summary, wide);
  const hasPeers = width >= (wide ? SPACIOUS : ROOMY) && isUseful(peers) && wholeWidth([...columns, peers]) <= width;
  const [header = '', ...lines] = layOut(hasPeers ? [...columns, peers] : columns, width, palette.heading);
  const apart = toldApart(wide ? [] : rows);
  const blocks = rows.map((row, at) => ({
    line: lines[at] ?? '',
    notes: notesOf(row, summary, options, { hasPeers, knownBy: apart(row) }).map((note) =>
      palette.quiet(cutTo(`  ${note}`, width)),
    ),
  }));
  return { header, blocks, totals: lines.slice(rows.length) };
}

/** Now while it goes on, on the whole when it is over. */
function rateOf(row: PolicyRow, live: boolean): number {
  return live ? row.recentPerSecond : row.ratePerSecond;
}

/** In wide tables namespace, kind and what isolates have places of their own. */
function titleOf(row: PolicyRow, wide: boolean): string {
  return wide ? printable(row.policy.name) : rowTitle(row);
}

/** A total says something only where several rows are in it. */
export function totalsOf(
  { totals, omittedRows = 0 }: Summary,
  rows: readonly Pick<PolicyRow, 'direction'>[],
): readonly Entry[] {
  const least = omittedRows > 0 ? 0 : 1;
  return DIRECTIONS.filter((direction) => rows.filter((row) => row.direction === direction).length > least).map(
    (direction) => ({ title: 'total', direction, counts: totals[direction], row: null }),
  );
}

/** Where space is short, a column of zeros is left out. */
export function showsColumn(
  name: 'redirected' | 'audited',
  { policies }: Summary,
  width: number,
  wide: boolean,
): boolean {
  return width >= (wide ? SPACIOUS : ROOMY) || policies.some((row) => row[name] > 0);
}

export function columnTitle(name: 'redirected' | 'audited', width: number): string {
  return name === 'redirected' && width < ROOMY ? 'REDIR' : name.toUpperCase();
}

/** A number that is painted for what it counts, and quiet where it is zero. */
export function amountColumn(
  entries: readonly Pick<Entry, 'counts'>[],
  title: string,
  name: keyof Counts,
  { lowerBound, palette, ...extra }: Partial<Column> & { readonly lowerBound: string; readonly palette: Palette },
): Column {
  const paints = { allowed: palette.allowed, redirected: palette.allowed, audited: palette.audited };
  const paint = name === 'denied' || name === 'attempts' ? palette.denied : paints[name];
  return {
    title,
    align: 'right',
    cells: entries.map(({ counts }) => ({
      text: lowerBound + String(counts[name]),
      paint: counts[name] === 0 ? palette.quiet : paint,
    })),
    ...extra,
  };
}

function columnsOf(entries: readonly Entry[], summary: Summary, options: RowsOptions): readonly Column[] {
  const { wide, width, live, palette } = options;
  const roomy = width >= ROOMY;
  const isTimed = summary.source.kind !== 'file';
  const lowerBound = lowerBoundSign(summary);
  const shows = (name: 'redirected' | 'audited') => showsColumn(name, summary, width, wide);
  const ofRow = (
    title: string,
    align: Column['align'],
    text: (row: PolicyRow) => string,
    extra: Partial<Column> = {},
  ): Column => ({
    title,
    align,
    cells: entries.map(({ row }) => ({ text: row === null ? '' : text(row) })),
    ...extra,
  });
  const amount = (title: string, name: keyof Counts, extra: Partial<Column> = {}) =>
    amountColumn(entries, title, name, { lowerBound, palette, ...extra });
  const policy: Column = {
    title: 'POLICY',
    align: 'left',
    cells: entries.map(({ title, row }) => ({ text: title, paint: row === null ? palette.heading : palette.name })),
    narrowest: width < CRAMPED ? NARROWEST_CRAMPED_POLICY : NARROWEST_POLICY,
  };
  const direction: Column = {
    title: 'DIR',
    align: 'left',
    cells: entries.map((entry) => ({ text: width < CRAMPED ? SHORT[entry.direction] : entry.direction })),
  };
  const columns: (Column | null)[] = [
    policy,
    wide
      ? ofRow('NAMESPACE', 'left', (row) => printable(row.policy.namespace ?? ''), { narrowest: 9, dropRank: 5 })
      : null,
    wide ? ofRow('KIND', 'left', (row) => kindText(row.policy.kind), { dropRank: 4 }) : null,
    direction,
    wide ? ofRow('ATTRIBUTION', 'left', attributionText, { dropRank: 6 }) : null,
    amount('ALLOWED', 'allowed'),
    shows('redirected') ? amount(columnTitle('redirected', width), 'redirected') : null,
    shows('audited') ? amount('AUDITED', 'audited') : null,
    amount('DENIED', 'denied'),
    amount('ATTEMPTS', 'attempts', { dropRank: 1 }),
    ...(hasTraffic(summary)
      ? (['packets', 'bytes'] as const).map((name) =>
          ofRow(name.toUpperCase(), 'right', (row) => trafficText(row, name, lowerBound)),
        )
      : []),
    isTimed ? ofRow('RATE/S', 'right', (row) => lowerBound + rateText(rateOf(row, live)), { dropRank: 2 }) : null,
    isTimed ? ofRow('LAST', 'right', (row) => lastText(row, summary.window.end, wide && roomy), { dropRank: 3 }) : null,
    wide && roomy
      ? ofRow('PORTS', 'left', (row) => portsText(row.ports, PEERS_IN_COLUMN), { narrowest: 8, dropRank: 7 })
      : null,
  ];
  return columns.filter((column) => column !== null);
}

/** Peers are told once: in their column, or in a line of their own where that one cannot tell all of them. */
function peersColumn(entries: readonly Entry[], summary: Summary, wide: boolean): Column {
  const textOf = ({ row }: Entry) =>
    row === null || !fitsColumn(row, wide) ? '' : peersText(row, PEERS_IN_COLUMN, lowerBoundSign(summary));
  return { title: 'PEERS', align: 'left', cells: entries.map((entry) => ({ text: textOf(entry) })) };
}

function fitsColumn({ peers }: PolicyRow, wide: boolean): boolean {
  return peers.length <= PEERS_IN_COLUMN && !(wide && hasLabels(peers));
}

function isUseful({ cells }: Column): boolean {
  return cells.some(({ text }) => text !== '');
}

function attributionText({ attribution, ambiguous }: PolicyRow): string {
  return attribution + (ambiguous ? ', ambiguous' : '');
}

function ambiguityText({ attribution }: PolicyRow): string {
  return attribution === 'derived'
    ? 'may belong to another policy: the agent does not say which of several decided'
    : 'several policies share this name';
}

function lastText({ lastSeen }: PolicyRow, end: string, asTime: boolean): string {
  if (lastSeen === null) return '';
  return asTime ? timeText(lastSeen, end) : agoText(lastSeen, end);
}

interface Shown {
  /** Whether there is a column for them. */
  readonly hasPeers: boolean;
  readonly knownBy: string | null;
}

function notesOf(
  row: PolicyRow,
  summary: Summary,
  { wide, width }: RowsOptions,
  { hasPeers, knownBy }: Shown,
): readonly string[] {
  const notes = knownBy === null ? [] : [knownBy];
  const roomy = width >= ROOMY;
  const hasNarrowTitle =
    !roomy && (['redirected', 'audited'] as const).every((name) => showsColumn(name, summary, width, wide));
  if (row.peers.length > 0 && !(hasPeers && fitsColumn(row, wide))) {
    const where = row.direction === 'ingress' ? 'from' : 'to';
    const told = (most: number) => `${where} ${peersText(row, most, lowerBoundSign(summary), wide)}`;
    // As many as there is room for, and how many more.
    let most = wide ? PEERS_WIDE : PEERS_IN_NOTE;
    let text = told(most);
    while (most > 1 && stringWidth(text) + NOTE_INDENT > width) {
      most -= 1;
      text = told(most);
    }
    notes.push(text);
  }
  if (wide && row.ports.length > (roomy ? PEERS_IN_COLUMN : 0)) notes.push(`ports ${portsText(row.ports, PEERS_WIDE)}`);
  if (row.isolatedBy.length > (wide || hasNarrowTitle ? 0 : 1))
    notes.push(`isolated by ${row.isolatedBy.map(policyText).join(', ')}`);
  if (row.reason !== null) notes.push(reasonText(row.reason));
  if (row.ambiguous) notes.push(ambiguityText(row));
  if (row.shared > 0) notes.push(`${row.shared} of these are also credited to other policies`);
  if (row.traffic?.shared === true) notes.push('packets and bytes are also counted for other policies');
  if (row.drops.length > 0)
    notes.push(`dropped as ${row.drops.map((drop) => `${dropText(drop)} ${drop.packets}`).join(', ')}`);
  if (row.deniedInAuditMode > 0)
    notes.push(`refused despite audit mode: ${row.deniedInAuditMode} of the denied packets`);
  return notes;
}
