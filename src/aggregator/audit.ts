/** Owns what would have been denied: for each row the peers and ports that audit mode let through, in bounded memory. */

import type { Audit, AuditPeer, AuditRow } from '../model/audit.ts';
import type { Verdict } from '../model/event.ts';
import { earlier, later } from '../model/seen-at.ts';
import { OTHER } from '../model/summary.ts';
import type { Outcome } from './counters.ts';
import { commonIdentity, joinKnown } from './known-peers.ts';
import type { Limits } from './limits.ts';
import { namedPeer } from './peer-name.ts';
import { NO_KEY, type Row, type Where } from './row.ts';
import type { RowContext } from './row-summary.ts';

export interface AuditCounter {
  count(verdict: Verdict, outcome: Outcome, where: Where, credited: readonly Row[], nowMs: number): void;
  summary(context: RowContext): Audit['wouldDeny'];
}

interface Tally {
  connections: number;
  refused: number;
  firstMs: number;
  lastMs: number;
}

interface Peer extends Tally {
  readonly identity: number | null;
  readonly node: string | null;
  readonly protocol: string;
  readonly port: number | null;
}

interface Audited extends Tally {
  readonly peers: Map<string, Peer>;
  other: Tally | null;
}

export function createAuditCounter(limits: Limits): AuditCounter {
  const audited = new Map<Row, Audited>();

  function auditedOf(row: Row, nowMs: number): Audited {
    const known = audited.get(row);
    if (known !== undefined) return known;
    const made: Audited = { ...newTally(nowMs), peers: new Map(), other: null };
    audited.set(row, made);
    return made;
  }

  function peerOf(of: Audited, verdict: Verdict, { peerKey, portKey, node }: Where, nowMs: number): Tally {
    const key = `${peerKey} ${portKey}`;
    const known = of.peers.get(key);
    if (known !== undefined) return known;
    if (peerKey === NO_KEY || portKey === NO_KEY || of.peers.size >= limits.peersPerRow) {
      of.other ??= newTally(nowMs);
      return of.other;
    }
    const { remoteIdentity: identity, protocol, destinationPort: port } = verdict;
    const made: Peer = { ...newTally(nowMs), identity, node, protocol, port };
    of.peers.set(key, made);
    return made;
  }

  return {
    count: (verdict, outcome, where, credited, nowMs) => {
      if (outcome !== 'audited' && !(outcome === 'denied' && verdict.audit)) return;
      const name = outcome === 'audited' ? 'connections' : 'refused';
      for (const row of credited) {
        const of = auditedOf(row, nowMs);
        for (const tally of [of, peerOf(of, verdict, where, nowMs)]) {
          tally[name] += 1;
          // Streams tell of the same moment one after the other.
          tally.firstMs = Math.min(tally.firstMs, nowMs);
          tally.lastMs = Math.max(tally.lastMs, nowMs);
        }
      }
    },
    summary: (context) =>
      Object.freeze([...audited].map(([row, of]) => toRow(row, of, context)).sort(compare(rowText))),
  };
}

function newTally(nowMs: number): Tally {
  return { connections: 0, refused: 0, firstMs: nowMs, lastMs: nowMs };
}

function toRow({ key }: Row, of: Audited, context: RowContext): AuditRow {
  const { policy, direction, attribution } = key;
  const met = [...of.peers.values()].map((peer) => {
    const told = toPeer(peer, context);
    return { node: peer.node, peer: told, of: told };
  });
  const peers = joinKnown(met, ({ port }) => JSON.stringify(port), addPeers).sort(compare(peerText));
  const folded = { identity: null, name: OTHER, labels: Object.freeze<string[]>([]), port: null };
  const rest = of.other === null ? [] : [{ ...folded, ...counts(of.other, context) }];
  return Object.freeze({
    policy: Object.freeze({ kind: policy.kind, namespace: policy.namespace, name: policy.name }),
    direction,
    attribution: attribution.grade,
    reason: attribution.reason,
    isolatedBy: Object.freeze(attribution.isolatedBy.map((ref) => Object.freeze({ ...ref }))),
    ...counts(of, context),
    peers: Object.freeze([...peers, ...rest]),
  });
}

function toPeer(peer: Peer, context: RowContext): AuditPeer {
  const { identity, node, protocol, port } = peer;
  const who = namedPeer(identity, node, context.identityName);
  return Object.freeze({ ...who, port: Object.freeze({ protocol, port }), ...counts(peer, context) });
}

function addPeers(a: AuditPeer, b: AuditPeer): AuditPeer {
  return Object.freeze({
    ...a,
    identity: commonIdentity(a, b),
    connections: a.connections + b.connections,
    refused: a.refused + b.refused,
    firstSeen: earlier(a.firstSeen, b.firstSeen),
    lastSeen: later(a.lastSeen, b.lastSeen),
  });
}

function counts({ connections, refused, firstMs, lastMs }: Tally, { timed }: RowContext) {
  return {
    connections,
    refused,
    firstSeen: timed ? new Date(firstMs).toISOString() : null,
    lastSeen: timed ? new Date(lastMs).toISOString() : null,
  };
}

/** Equal ones in an order that does not depend on which came first. */
function compare<T extends Pick<Tally, 'connections' | 'refused'>>(textOf: (of: T) => string): (a: T, b: T) => number {
  return (a, b) => b.connections - a.connections || b.refused - a.refused || (textOf(a) < textOf(b) ? -1 : 1);
}

function rowText({ policy, direction, attribution, isolatedBy }: AuditRow): string {
  return JSON.stringify([policy, direction, attribution, isolatedBy]);
}

function peerText({ identity, name, port, node }: AuditPeer): string {
  return JSON.stringify([name, identity, port, node]);
}
