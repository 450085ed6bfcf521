/** Owns the table of groups: a column for each field that was asked for, then the numbers. */
import type { GroupField, GroupPeer, GroupRow } from '../model/groups.ts';
import type { Summary } from '../model/summary.ts';
import { groupFieldText, groupPeerTitles, withDirection } from './group-fields.ts';
import { type Column, cutTo, layOut } from './layout.ts';
import { agoText, lowerBoundSign, rateText } from './phrases.ts';
import { amountColumn, columnTitle, type RowsOptions, type RowsText, showsColumn, totalsOf } from './table-rows.ts';

const TITLES: Readonly<Record<GroupField, string>> = {
  policy: 'POLICY',
  direction: 'DIR',
  peer: 'PEER',
  port: 'PORT',
  action: 'ACTION',
  match: 'MATCH',
  node: 'NODE',
  pod: 'POD',
};
const NARROWEST = 12;
/** What the direction and the numbers need at least, with the gaps before them. */
const NUMBERS = 28;

export function renderGroups(by: readonly GroupField[], summary: Summary, options: RowsOptions): RowsText {
  const { palette, width, wide } = options;
  const rows = summary.groups?.rows ?? [];
  const totals = totalsOf(summary, rows);
  const entries = [
    ...rows.map((row) => ({ counts: row, row })),
    ...totals.map(({ counts }) => ({ counts, row: null })),
  ];
  const fields = columnFields(withDirection(by), width);
  const titleOf = groupPeerTitles(rows, wide);
  const lowerBound = lowerBoundSign(summary);
  const ofRow = (title: string, text: (row: GroupRow) => string, dropRank: number): Column => ({
    title,
    align: 'right',
    cells: entries.map(({ row }) => ({ text: row === null ? '' : text(row) })),
    dropRank,
  });
  const amount = (title: string, name: Parameters<typeof amountColumn>[2], extra: Partial<Column> = {}) =>
    amountColumn(entries, title, name, { lowerBound, palette, ...extra });
  const columns: (Column | null)[] = [
    ...fields.map(
      (field, at): Column => ({
        title: TITLES[field],
        align: 'left',
        cells: [
          ...rows.map((row) => ({
            text: groupFieldText(field, row, titleOf),
            ...(at === 0 ? { paint: palette.name } : {}),
          })),
          ...totals.map(({ direction }) => ({
            text: field === 'direction' ? direction : at === 0 ? 'total' : '',
            paint: palette.heading,
          })),
        ],
        ...(field === 'direction' || field === 'action' ? {} : { narrowest: NARROWEST }),
      }),
    ),
    amount('ALLOWED', 'allowed'),
    ...(['redirected', 'audited'] as const).map((name) =>
      showsColumn(name, summary, width, wide) ? amount(columnTitle(name, width), name) : null,
    ),
    amount('DENIED', 'denied'),
    amount('ATTEMPTS', 'attempts', { dropRank: 1 }),
    ...(summary.source.kind === 'file'
      ? []
      : [
          ofRow('RATE/S', ({ ratePerSecond }) => lowerBound + rateText(ratePerSecond), 2),
          ofRow('LAST', ({ lastSeen }) => (lastSeen === null ? '' : agoText(lastSeen, summary.window.end)), 3),
        ]),
  ];
  const shown = columns.filter((column) => column !== null);
  const [header = '', ...lines] = layOut(shown, width, palette.heading);
  return {
    header,
    blocks: rows.map((row, at) => ({
      line: lines[at] ?? '',
      notes: notesOf(
        row,
        by.filter((field) => !fields.includes(field)),
        titleOf,
      ).map((note) => palette.quiet(cutTo(`  ${note}`, width))),
    })),
    totals: lines.slice(rows.length),
  };
}

/** The numbers stay readable: fields that find no room beside them are told under the row. */
function columnFields(fields: readonly GroupField[], width: number): readonly GroupField[] {
  const room = Math.max(1, Math.floor((width - NUMBERS) / (NARROWEST + 2)));
  const others: readonly GroupField[] = fields.filter((field) => field !== 'direction').slice(room);
  return fields.filter((field) => !others.includes(field));
}

function notesOf(
  row: GroupRow,
  besides: readonly GroupField[],
  titleOf: (peer: GroupPeer) => string,
): readonly string[] {
  const { other, shared, ambiguous } = row;
  return [
    ...(other || besides.length === 0
      ? []
      : [besides.map((field) => `${field} ${groupFieldText(field, row, titleOf)}`).join(', ')]),
    ...(other ? ['all groups that did not fit in memory, combined'] : []),
    ...(shared > 0 ? [`${shared} of these are also credited to other policies`] : []),
    ...(ambiguous > 0 ? [`${ambiguous} of these may belong to another policy`] : []),
  ];
}
