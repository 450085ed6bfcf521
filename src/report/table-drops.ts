/** Owns the tables under the policies: packets dropped for other reasons, and what proxies decided about requests. */
import type { DropRow, L7Row, Summary } from '../model/summary.ts';
import { type Column, layOut } from './layout.ts';
import type { Palette } from './palette.ts';
import { agoText, lowerBoundSign, policyText } from './phrases.ts';
import { printable } from './printable.ts';

interface TablesOptions {
  readonly width: number;
  readonly palette: Palette;
}

const MOST_PEERS = 3;
const NARROWEST_REASON = 20;

/** Empty where there is nothing of the kind; what denied verdicts told already is left out here. */
export function renderDrops(summary: Summary, { width, palette }: TablesOptions): readonly string[] {
  const rows = summary.drops.filter(({ packets, alsoDenied }) => packets > alsoDenied);
  if (rows.length === 0) return [];
  const sign = lowerBoundSign(summary);
  const column = (title: string, text: (row: DropRow) => string, extra: Partial<Column> = {}): Column => ({
    title,
    align: 'left',
    cells: rows.map((row) => ({ text: text(row) })),
    ...extra,
  });
  return layOut(
    [
      column('DROPPED', dropText, { narrowest: NARROWEST_REASON }),
      column('DIR', ({ direction }) => direction ?? '?'),
      column('PACKETS', ({ packets, alsoDenied }) => sign + String(packets - alsoDenied), { align: 'right' }),
      ...lastColumn(summary, rows),
      column('PEERS', (row) => peersText(row), { narrowest: 12, dropRank: 1 }),
    ],
    width,
    palette.heading,
  );
}

export function dropText({ reason, code }: Pick<DropRow, 'reason' | 'code'>): string {
  return printable(reason) + (code === null || reason === String(code) ? '' : ` (${code})`);
}

/** Without numbers: those of the whole row hold what denied verdicts told already. */
function peersText({ peers }: DropRow): string {
  const shown = peers
    .slice(0, MOST_PEERS)
    .map(({ identity, name }) => (name === null ? `identity ${identity}` : printable(name)));
  return shown.join(', ') + (peers.length > shown.length ? ` and ${peers.length - shown.length} more` : '');
}

export function renderL7(summary: Summary, { width, palette }: TablesOptions): readonly string[] {
  const rows = summary.l7;
  if (rows.length === 0) return [];
  const sign = lowerBoundSign(summary);
  const column = (title: string, text: (row: L7Row) => string, extra: Partial<Column> = {}): Column => ({
    title,
    align: 'left',
    cells: rows.map((row) => ({ text: text(row) })),
    ...extra,
  });
  const amount = (title: string, of: (row: L7Row) => number, extra: Partial<Column> = {}): Column =>
    column(title, (row) => sign + String(of(row)), { align: 'right', ...extra });
  const rare = (title: string, of: (row: L7Row) => number): Column[] =>
    rows.some((row) => of(row) > 0) ? [amount(title, of, { dropRank: 2 })] : [];
  return layOut(
    [
      column('REQUESTS', ({ protocol }) => printable(protocol)),
      column('POLICY', ({ policy }) => (policy === null ? 'not told' : policyText(policy)), { narrowest: 8 }),
      column('DIR', ({ direction }) => direction ?? '?'),
      amount('FORWARDED', ({ forwarded }) => forwarded),
      amount('DENIED', ({ denied }) => denied),
      ...rare('ERRORS', ({ errors }) => errors),
      ...rare('REDIRECTED', ({ redirected }) => redirected),
      amount('RESPONSES', ({ responses }) => responses, { dropRank: 3 }),
      ...lastColumn(summary, rows),
    ],
    width,
    palette.heading,
  );
}

/** A file's lines carry no time. */
function lastColumn({ source, window }: Summary, rows: readonly (DropRow | L7Row)[]): readonly Column[] {
  if (source.kind === 'file') return [];
  const cells = rows.map(({ lastSeen }) => ({ text: lastSeen === null ? '' : agoText(lastSeen, window.end) }));
  return [{ title: 'LAST', align: 'right', cells, dropRank: 4 }];
}
