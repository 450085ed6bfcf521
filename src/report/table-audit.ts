/** Owns the table of what would be denied: by which policy or default, for whom, how often, first and last. */
import type { Audit } from '../model/audit.ts';
import type { Summary } from '../model/summary.ts';
import { auditEndpointsText, auditLines, auditPeerTitles, auditPortText, auditTitle } from './audit-fields.ts';
import { type Column, layOut, wrap } from './layout.ts';
import { durationText, lowerBoundSign, timeText } from './phrases.ts';
import type { RowsOptions, RowsText } from './table-rows.ts';

const NARROWEST = 14;

export function renderAudit(audit: Audit, summary: Summary, { width, wide, palette }: RowsOptions): RowsText {
  const lines = auditLines(audit);
  const titleOf = auditPeerTitles(lines, wide);
  const sign = lowerBoundSign(summary);
  const time = (at: string | null) => ({ text: at === null ? '' : timeText(at, summary.window.end) });
  const isTimed = summary.source.kind !== 'file';
  const columns: (Column | null)[] = [
    {
      title: 'WOULD BE DENIED BY',
      align: 'left',
      cells: lines.map(({ row }) => ({ text: auditTitle(row), paint: palette.name })),
      narrowest: NARROWEST,
    },
    { title: 'DIR', align: 'left', cells: lines.map(({ row }) => ({ text: row.direction })) },
    {
      title: 'PEER',
      align: 'left',
      cells: lines.map(({ peer }) => ({ text: titleOf(peer) })),
      narrowest: NARROWEST,
    },
    { title: 'PORT', align: 'left', cells: lines.map(({ peer }) => ({ text: auditPortText(peer) })), narrowest: 6 },
    {
      title: 'AUDITED',
      align: 'right',
      cells: lines.map(({ peer }) => ({ text: sign + String(peer.connections), paint: palette.audited })),
    },
    lines.some(({ peer }) => peer.refused > 0)
      ? {
          title: 'REFUSED',
          align: 'right',
          cells: lines.map(({ peer }) => ({ text: sign + String(peer.refused), paint: palette.denied })),
        }
      : null,
    isTimed
      ? { title: 'FIRST', align: 'left', cells: lines.map(({ peer }) => time(peer.firstSeen)), dropRank: 1 }
      : null,
    isTimed ? { title: 'LAST', align: 'left', cells: lines.map(({ peer }) => time(peer.lastSeen)), dropRank: 2 } : null,
  ];
  const shown = columns.filter((column) => column !== null);
  const [header = '', ...rows] = layOut(shown, width, palette.heading);
  return { header, blocks: rows.map((line) => ({ line, notes: [] })), totals: [] };
}

/** Above the rows: where audit mode is on; and what it means that there are none. */
export function auditHeading(audit: Audit, summary: Summary, { width, palette }: RowsOptions): readonly string[] {
  const where = wrap(auditEndpointsText(audit.endpoints), width, '  ');
  const isOff = audit.endpoints !== null && audit.endpoints.audited.length === 0;
  const painted = isOff ? where.map((line) => palette.warning(line)) : where;
  if (audit.wouldDeny.length > 0) return [...painted, ''];
  return [...painted, '', ...wrap(nothingText(summary), width, '')];
}

export function nothingText({ window, source }: Pick<Summary, 'window' | 'source'>): string {
  const where = source.kind === 'file' ? 'in this input' : `in ${durationText(window.seconds)}`;
  return `Nothing that policy would deny was let through ${where}. Cilium reports new connections only: those that were already open show up when they are made again.`;
}

/** What the numbers are. */
export function auditUnits({ wouldDeny }: Audit): string {
  const refused = wouldDeny.some((row) => row.refused > 0) ? ', REFUSED = packets refused despite audit mode' : '';
  return `AUDITED = new connections that were let through and would be denied${refused}`;
}
