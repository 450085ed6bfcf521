/** Owns what a summary says of the groups: numbers become rates and times, and groups of one peer that several nodes know are one. */

import type { Action, Direction, Verdict } from '../model/event.ts';
import type { GroupField, GroupPeer, GroupPod, GroupPort, GroupRow } from '../model/groups.ts';
import type { PolicyRef } from '../model/policy.ts';
import { earlier, later } from '../model/seen-at.ts';
import { type Counters, zeroCounters } from './counters.ts';
import { commonIdentity, joinKnown } from './known-peers.ts';
import { namedPeer } from './peer-name.ts';
import type { RowContext } from './row-summary.ts';

export interface Group {
  readonly direction: Direction;
  readonly policy: PolicyRef | null;
  /** Null for the group that folds the rest. */
  readonly parts: Parts | null;
  readonly owner: number;
  readonly counters: Counters;
  shared: number;
  ambiguous: number;
  firstMs: number;
  lastMs: number;
}

export interface Parts {
  readonly peer: { readonly identity: number | null; readonly node: string | null };
  readonly port: GroupPort;
  readonly action: Action;
  readonly match: Verdict['match'];
  readonly node: string | null;
  readonly pod: GroupPod;
}

const COUNTS = ['allowed', 'redirected', 'audited', 'denied', 'attempts'] as const;

export function groupRows(
  groups: readonly Group[],
  by: readonly GroupField[],
  context: RowContext,
): readonly GroupRow[] {
  const rows = by.includes('peer')
    ? joinedByPeer(groups, by, context)
    : groups.map((group) => toRow(group, by, null, context));
  return Object.freeze(inOrder(rows));
}

/** Groups of peers that several nodes know are one. */
function joinedByPeer(groups: readonly Group[], by: readonly GroupField[], context: RowContext): GroupRow[] {
  const met = groups.map((group) => {
    const { identity, node } = group.parts?.peer ?? { identity: null, node: null };
    const peer = namedPeer(identity, node, context.identityName);
    return { node, peer, of: toRow(group, by, peer, context) };
  });
  const besides = ({ direction, policy, port, action, match, node, pod }: GroupRow) =>
    JSON.stringify([direction, policy, port, action, match, node, pod]);
  return joinKnown(met, besides, (a, b) => {
    const peer = a.peer && b.peer ? { ...a.peer, identity: commonIdentity(a.peer, b.peer) } : null;
    const counters = zeroCounters();
    for (const name of COUNTS) counters[name] = a[name] + b[name];
    return Object.freeze({
      ...a,
      peer: Object.freeze(peer),
      ...counters,
      shared: a.shared + b.shared,
      ambiguous: a.ambiguous + b.ambiguous,
      ratePerSecond: rateOf(counters, context),
      firstSeen: earlier(a.firstSeen, b.firstSeen),
      lastSeen: later(a.lastSeen, b.lastSeen),
    });
  });
}

function rateOf({ allowed, redirected, audited, denied }: Counters, { startMs, nowMs, timed }: RowContext): number {
  const seconds = (nowMs - startMs) / 1000;
  const total = allowed + redirected + audited + denied;
  return timed && seconds > 0 ? Math.round((total / seconds) * 1000) / 1000 : 0;
}

function toRow(
  { direction, policy, parts, counters, shared, ambiguous, firstMs, lastMs }: Group,
  by: readonly GroupField[],
  peer: GroupPeer | null,
  context: RowContext,
): GroupRow {
  const { allowed, redirected, audited, denied, attempts } = counters;
  const of = <T>(field: GroupField, value: T | null) => (by.includes(field) ? { [field]: value } : {});
  return Object.freeze({
    ...of('policy', policy),
    direction,
    ...of('peer', parts && Object.freeze(peer)),
    ...of('port', parts && Object.freeze({ ...parts.port })),
    ...of('action', parts?.action ?? null),
    ...of('match', parts?.match ?? null),
    ...of('node', parts?.node ?? null),
    ...of('pod', parts?.pod ?? null),
    other: parts === null,
    ...{ allowed, redirected, audited, denied, attempts, shared, ambiguous },
    ratePerSecond: rateOf(counters, context),
    firstSeen: context.timed ? new Date(firstMs).toISOString() : null,
    lastSeen: context.timed ? new Date(lastMs).toISOString() : null,
  });
}

/** Most denied, then most allowed, the rest last; equal ones in an order that does not depend on which came first. */
function inOrder(rows: readonly GroupRow[]): GroupRow[] {
  const texts = new Map(rows.map((row) => [row, JSON.stringify({ ...row, firstSeen: null, lastSeen: null })]));
  return rows.toSorted(
    (a, b) =>
      Number(a.other) - Number(b.other) ||
      b.denied - a.denied ||
      b.allowed - a.allowed ||
      ((texts.get(a) ?? '') < (texts.get(b) ?? '') ? -1 : 1),
  );
}
