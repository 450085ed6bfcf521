/** Owns the order of rows and how many of them are shown: the same for every output. */
import type { Audit } from '../model/audit.ts';
import type { GroupRow } from '../model/groups.ts';
import type { SortField } from '../model/order.ts';
import type { PolicyRow, Summary } from '../model/summary.ts';
import { groupText } from './group-fields.ts';
import { policyText } from './phrases.ts';

export interface Arrangement {
  readonly sortBy: SortField;
  /** How many rows; absent: all. */
  readonly top?: number;
  /** Whether more is to come: then `rate` is that of the last seconds. */
  readonly live: boolean;
}

/** The rows that are asked for, groups or policies, in the order that is asked for; totals stay those of all. */
export function arrange(summary: Summary, { sortBy, top, live }: Arrangement): Summary {
  const { policies, groups, audit } = summary;
  if (audit !== undefined) return arrangeAudit(summary, audit, top);
  const most = top ?? Number.POSITIVE_INFINITY;
  const all = groups?.rows ?? policies;
  const omitted = top === undefined ? {} : { omittedRows: Math.max(0, all.length - top) };
  if (groups !== null) {
    const rows = sorted(groups.rows, sortBy, groupText, ({ ratePerSecond }) => ratePerSecond).slice(0, most);
    return { ...summary, groups: { ...groups, rows }, ...omitted };
  }
  const rateOf = (row: PolicyRow) => (live ? row.recentPerSecond : row.ratePerSecond);
  const nameOf = ({ policy, direction }: PolicyRow) => `${policyText(policy)} ${direction}`;
  return { ...summary, policies: sorted(policies, sortBy, nameOf, rateOf).slice(0, most), ...omitted };
}

/** The most connections first, whatever is asked for: they are what is asked for. */
function arrangeAudit(summary: Summary, audit: Audit, top: number | undefined): Summary {
  if (top === undefined) return summary;
  let room = top;
  const wouldDeny = audit.wouldDeny.flatMap((row) => {
    const peers = row.peers.slice(0, room);
    room -= peers.length;
    return peers.length === 0 ? [] : [{ ...row, peers }];
  });
  const all = audit.wouldDeny.reduce((sum, { peers }) => sum + peers.length, 0);
  return { ...summary, audit: { ...audit, wouldDeny }, omittedRows: Math.max(0, all - top) };
}

function sorted<Row extends PolicyRow | GroupRow>(
  rows: readonly Row[],
  sortBy: SortField,
  nameOf: (row: Row) => string,
  rateOf: (row: Row) => number,
): readonly Row[] {
  // The summary's own order.
  if (sortBy === 'denied') return rows;
  const compare = comparison(sortBy, nameOf, rateOf);
  return rows.toSorted((a, b) => Number(isRest(a)) - Number(isRest(b)) || compare(a, b));
}

/** What did not fit comes after what did. */
function isRest(row: PolicyRow | GroupRow): boolean {
  return 'other' in row && row.other;
}

function comparison<Row extends PolicyRow | GroupRow>(
  sortBy: Exclude<SortField, 'denied'>,
  nameOf: (row: Row) => string,
  rateOf: (row: Row) => number,
): (a: Row, b: Row) => number {
  switch (sortBy) {
    case 'attempts':
    case 'allowed':
    case 'redirected':
    case 'audited':
      return (a, b) => b[sortBy] - a[sortBy];
    case 'rate':
      return (a, b) => rateOf(b) - rateOf(a);
    case 'name':
      return (a, b) => compareText(nameOf(a), nameOf(b));
    case 'first-seen':
      return (a, b) => compareText(a.firstSeen ?? '', b.firstSeen ?? '');
    case 'last-seen':
      return (a, b) => compareText(b.lastSeen ?? '', a.lastSeen ?? '');
  }
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
