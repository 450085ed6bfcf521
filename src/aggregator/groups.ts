/** Owns the counts by what was asked for: exact for each group, in bounded memory, with one group for each direction that folds the rest. */
import type { Action, Direction, Verdict } from '../model/event.ts';
import type { GroupField, GroupPeer, GroupPod, GroupPort, GroupRow, Groups } from '../model/groups.ts';
import { type PolicyRef, policyKey } from '../model/policy.ts';
import { type Counters, type Outcome, zeroCounters } from './counters.ts';
import { createFlowSet } from './flow-set.ts';
import { commonIdentity, joinKnown } from './known-peers.ts';
import type { Limits } from './limits.ts';
import { namedPeer } from './peer-name.ts';
import { NO_KEY, type Row, type Where } from './row.ts';
import type { RowContext } from './row-summary.ts';

export interface GroupCounts {
  /** Whether a flow was met that there was no room for. */
  readonly overflowed: boolean;
  /** `credited`: the rows of the policies that made it. */
  count(verdict: Verdict, outcome: Outcome, where: GroupWhere, credited: readonly Row[], nowMs: number): void;
  summary(context: RowContext): Groups;
}

export interface GroupWhere extends Where {
  /** The same object for verdict after verdict of the same pod. */
  readonly pod: GroupPod;
}

interface Group {
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

interface Parts {
  readonly peer: { readonly identity: number | null; readonly node: string | null };
  readonly port: GroupPort;
  readonly action: Action;
  readonly match: Verdict['match'];
  readonly node: string | null;
  readonly pod: GroupPod;
}

const ACTION_OF: Readonly<Record<Outcome, Action>> = {
  allowed: 'allow',
  redirected: 'redirect',
  audited: 'audit',
  denied: 'deny',
};
const COUNTS = ['allowed', 'redirected', 'audited', 'denied', 'attempts'] as const;
/** A flow is remembered once for nearly every group that it is in. */
const ENTRIES_PER_FLOW = 2;

export function createGroups(by: readonly GroupField[], limits: Limits): GroupCounts {
  const groups = new Map<string, Group>();
  const folded: Partial<Record<Direction, Group>> = {};
  const flows = createFlowSet(limits.flows * ENTRIES_PER_FLOW);
  const numbers = createNumbers();
  let owners = 0;

  function make(direction: Direction, policy: PolicyRef | null, parts: Parts | null, nowMs: number): Group {
    owners += 1;
    const times = { firstMs: nowMs, lastMs: nowMs };
    return { direction, policy, parts, owner: owners, counters: zeroCounters(), shared: 0, ambiguous: 0, ...times };
  }

  function fold(direction: Direction, nowMs: number): Group {
    return (folded[direction] ??= make(direction, null, null, nowMs));
  }

  function groupOf(verdict: Verdict, outcome: Outcome, where: GroupWhere, row: Row | null, nowMs: number): Group {
    const { direction } = verdict;
    let key: string = direction;
    for (const field of by) {
      const part = partKey(field, verdict, outcome, where, row);
      if (part === NO_KEY) return fold(direction, nowMs);
      key += ` ${part}`;
    }
    const known = groups.get(key);
    if (known !== undefined) return known;
    if (groups.size >= limits.groups) return fold(direction, nowMs);
    const made = make(direction, row?.key.policy ?? null, partsOf(verdict, outcome, where), nowMs);
    groups.set(key, made);
    return made;
  }

  function partKey(
    field: GroupField,
    { direction, match }: Verdict,
    outcome: Outcome,
    where: GroupWhere,
    row: Row | null,
  ): string | number {
    switch (field) {
      case 'policy':
        return row === null ? 0 : numbers.ofRow(row);
      case 'direction':
        return direction;
      case 'peer':
        return where.peerKey;
      case 'port':
        return where.portKey;
      case 'action':
        return outcome;
      case 'match':
        return match;
      case 'node':
        return numbers.ofText(where.heardOn ?? '');
      case 'pod':
        return numbers.ofPod(where.pod);
    }
  }

  function add(group: Group, outcome: Outcome, flowKey: number, nowMs: number): void {
    group.counters[outcome] += 1;
    if (outcome === 'denied' && flows.addPart(group.owner, flowKey)) group.counters.attempts += 1;
    // Streams tell of the same moment one after the other.
    group.firstMs = Math.min(group.firstMs, nowMs);
    group.lastMs = Math.max(group.lastMs, nowMs);
  }

  const ofPolicies = by.includes('policy');
  return {
    get overflowed() {
      return flows.overflowed;
    },
    count: (verdict, outcome, where, credited, nowMs) => {
      const { flowKey } = verdict;
      if (!ofPolicies) {
        add(groupOf(verdict, outcome, where, null, nowMs), outcome, flowKey, nowMs);
        return;
      }
      // Rows of one policy may differ in how it is known: they are one group.
      const counted = new Set(credited.map((row) => groupOf(verdict, outcome, where, row, nowMs)));
      // All of them are credited by the same answer.
      const isOpen = credited[0]?.key.attribution.ambiguous === true;
      for (const group of counted) {
        add(group, outcome, flowKey, nowMs);
        if (counted.size > 1) group.shared += 1;
        if (isOpen) group.ambiguous += 1;
      }
    },
    summary: (context) => {
      const met = [...groups.values(), folded.ingress, folded.egress].filter((group) => group !== undefined);
      const rows = by.includes('peer')
        ? joinedByPeer(met, by, context)
        : met.map((group) => toRow(group, by, null, context));
      return Object.freeze({ by: Object.freeze([...by]), rows: Object.freeze(inOrder(rows)) });
    },
  };
}

function partsOf(
  { match, remoteIdentity, protocol, destinationPort }: Verdict,
  outcome: Outcome,
  { node, heardOn, pod }: GroupWhere,
): Parts {
  return {
    peer: { identity: remoteIdentity, node },
    port: { protocol, port: destinationPort },
    action: ACTION_OF[outcome],
    match,
    node: heardOn,
    pod,
  };
}

/** Small integers for what has no number of its own. */
function createNumbers() {
  const texts = new Map<string, number>();
  const rows = new WeakMap<Row, number>();
  const pods = new WeakMap<GroupPod, number>();
  const ofText = (text: string): number => {
    const known = texts.get(text);
    if (known !== undefined) return known;
    texts.set(text, texts.size);
    return texts.size - 1;
  };
  return {
    ofText,
    ofRow: (row: Row): number => {
      const known = rows.get(row);
      if (known !== undefined) return known;
      const made = ofText(policyKey(row.key.policy));
      rows.set(row, made);
      return made;
    },
    ofPod: (pod: GroupPod): number => {
      const known = pods.get(pod);
      if (known !== undefined) return known;
      const made = ofText(JSON.stringify([pod.node, pod.endpoint, pod.namespace, pod.name]));
      pods.set(pod, made);
      return made;
    },
  };
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
      firstSeen: [a.firstSeen, b.firstSeen].toSorted()[0] ?? null,
      lastSeen: [a.lastSeen, b.lastSeen].toSorted()[1] ?? null,
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
