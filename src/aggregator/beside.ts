/** Owns what is counted beside policies where somebody asks for it: groups, and what would be denied. */
import type { RecordFilter } from '../model/attributed.ts';
import type { Verdict } from '../model/event.ts';
import type { GroupField } from '../model/groups.ts';
import type { Summary } from '../model/summary.ts';
import { createAuditCounter } from './audit.ts';
import type { Outcome } from './counters.ts';
import { auditEndpoints } from './endpoint-modes.ts';
import { createGroups, type GroupWhere } from './groups.ts';
import type { Limits } from './limits.ts';
import type { Row, Where } from './row.ts';
import type { RowContext } from './row-summary.ts';
import type { StreamIdentity, StreamView } from './stream-counter.ts';

/** What is counted, and by what beside policies. */
export interface Counting {
  /** Null: everything that is wanted. */
  readonly filter?: AggregatorFilter | null;
  /** Empty: no groups. */
  readonly groupBy?: readonly GroupField[];
  /** Whether to tell what would be denied. */
  readonly audit?: boolean;
}

interface AggregatorFilter {
  /** As they were asked for. */
  readonly texts: readonly string[];
  readonly chooses: RecordFilter;
}

export interface Beside {
  /** Whether a flow was met that there was no room for. */
  readonly overflowed: boolean;
  count(verdict: Verdict, outcome: Outcome, met: Met, nowMs: number): void;
  summary(context: RowContext, views: readonly StreamView[]): Pick<Summary, 'groups' | 'audit'>;
}

interface Met {
  readonly where: Where;
  /** The rows of the policies that made it. */
  readonly credited: readonly Row[];
  readonly stream: StreamIdentity;
}

/** Null where nobody asks for anything. */
export function createBeside({ groupBy = [], audit = false }: Counting, limits: Limits): Beside | null {
  if (groupBy.length === 0 && !audit) return null;
  const groups = groupBy.length === 0 ? null : createGroups(groupBy, limits);
  const audits = audit ? createAuditCounter(limits) : null;
  return {
    get overflowed() {
      return groups?.overflowed === true;
    },
    count: (verdict, outcome, { where, credited, stream }, nowMs) => {
      audits?.count(verdict, outcome, where, credited, nowMs);
      if (groups === null) return;
      const grouped: GroupWhere = { ...where, pod: stream.podOf(verdict) };
      groups.count(verdict, outcome, grouped, credited, nowMs);
    },
    summary: (context, views) => {
      const counted = { groups: groups?.summary(context) ?? null };
      if (audits === null) return counted;
      const endpoints = context.timed ? auditEndpoints(views) : null;
      return { ...counted, audit: Object.freeze({ endpoints, wouldDeny: audits.summary(context) }) };
    },
  };
}
