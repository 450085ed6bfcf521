/** Owns the counts by what was asked for: exact for each group, in bounded memory, with one group for each direction that folds the rest. */
import type { Action, Direction, Verdict } from '../model/event.ts';
import type { GroupField, GroupPod, Groups } from '../model/groups.ts';
import { type PolicyRef, policyKey } from '../model/policy.ts';
import { type Outcome, zeroCounters } from './counters.ts';
import { createFlowSet } from './flow-set.ts';
import { type Group, groupRows, type Parts } from './group-rows.ts';
import type { Limits } from './limits.ts';
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

const ACTION_OF: Readonly<Record<Outcome, Action>> = {
  allowed: 'allow',
  redirected: 'redirect',
  audited: 'audit',
  denied: 'deny',
};
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
      return Object.freeze({ by: Object.freeze([...by]), rows: groupRows(met, by, context) });
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
