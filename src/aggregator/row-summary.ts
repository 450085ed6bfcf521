/** Owns what a summary says of a row: numbers become rates and times, identities become names, and nothing can change any more. */
import type { IdentityLookup } from '../model/cluster.ts';
import { OTHER, type PeerCount, type PolicyRow, type PortCount } from '../model/summary.ts';
import { commonIdentity, joinKnown } from './known-peers.ts';
import { namedPeer } from './peer-name.ts';
import type { Row, Tally } from './row.ts';

export interface RowContext {
  readonly startMs: number;
  readonly nowMs: number;
  /** False for a file: when its lines were read says nothing about when they were printed. */
  readonly timed: boolean;
  readonly identityName: IdentityLookup;
  readonly namesVersion: number;
}

interface Details {
  readonly version: number;
  readonly namesVersion: number;
  readonly peers: readonly PeerCount[];
  readonly ports: readonly PortCount[];
  readonly nodes: readonly string[];
}

/** Remembers the peers and ports of rows that nothing was added to: a live screen asks several times a second. */
export function createRowSummaries(): (row: Row, context: RowContext) => PolicyRow {
  const remembered = new WeakMap<Row, Details>();

  function detailsOf(row: Row, { identityName, namesVersion }: RowContext): Details {
    const old = remembered.get(row);
    if (old?.version === row.version && old.namesVersion === namesVersion) return old;
    const peers = peerCounts(row, identityName);
    const fresh: Details = {
      version: row.version,
      namesVersion,
      peers,
      ports: portCounts(row),
      nodes: Object.freeze([...row.nodes].sort()),
    };
    // A name that is not known yet is asked for again.
    if (peers.every(({ name }) => name !== null)) remembered.set(row, fresh);
    return fresh;
  }

  return (row, context) => {
    const { startMs, nowMs, timed } = context;
    const { attribution, policy, direction } = row.key;
    const { allowed, redirected, audited, denied, attempts } = row.counters;
    const seconds = (nowMs - startMs) / 1000;
    const total = allowed + redirected + audited + denied;
    const { peers, ports, nodes } = detailsOf(row, context);
    return Object.freeze({
      policy: Object.freeze({ kind: policy.kind, namespace: policy.namespace, name: policy.name }),
      direction,
      attribution: attribution.grade,
      reason: attribution.reason,
      ambiguous: attribution.ambiguous,
      isolatedBy: Object.freeze(attribution.isolatedBy.map((ref) => Object.freeze({ ...ref }))),
      allowed,
      redirected,
      audited,
      denied,
      attempts,
      shared: row.shared,
      deniedInAuditMode: row.deniedInAuditMode,
      drops: Object.freeze([...row.drops.values()].map((drop) => Object.freeze({ ...drop }))),
      ratePerSecond: timed && seconds > 0 ? rounded(total / seconds) : 0,
      recentPerSecond: timed ? rounded(row.recent.perSecond(nowMs, startMs)) : 0,
      firstSeen: timed && row.version > 0 ? new Date(row.firstMs).toISOString() : null,
      lastSeen: timed && row.version > 0 ? new Date(row.lastMs).toISOString() : null,
      nodes,
      peers,
      ports,
    });
  };
}

function peerCounts({ peers, otherPeers }: Row, identityName: IdentityLookup): readonly PeerCount[] {
  const met = [...peers.values()].map(({ identity, node, allowed, denied }) => {
    const peer = namedPeer(identity, node, identityName);
    return { node, peer, of: { ...peer, allowed, denied } };
  });
  const counts = joinKnown<PeerCount>(met, () => '', addPeers)
    .sort(byTotal(bySurroundings))
    .map((peer) => Object.freeze(peer));
  if (otherPeers !== null)
    counts.push(Object.freeze({ identity: null, name: OTHER, labels: Object.freeze([]), ...otherPeers }));
  return Object.freeze(counts);
}

function addPeers(a: PeerCount, b: PeerCount): PeerCount {
  return { ...a, identity: commonIdentity(a, b), allowed: a.allowed + b.allowed, denied: a.denied + b.denied };
}

function bySurroundings(a: PeerCount, b: PeerCount): number {
  const numbers = (a.identity ?? -1) - (b.identity ?? -1);
  return numbers || compareText(`${a.name ?? ''} ${a.node ?? ''}`, `${b.name ?? ''} ${b.node ?? ''}`);
}

function portCounts({ ports, otherPorts }: Row): readonly PortCount[] {
  const counts = [...ports.values()]
    .sort(byTotal((a, b) => (a.port ?? -1) - (b.port ?? -1) || (a.protocol < b.protocol ? -1 : 1)))
    .map(({ protocol, port, allowed, denied }): PortCount => Object.freeze({ protocol, port, allowed, denied }));
  if (otherPorts !== null) counts.push(Object.freeze({ protocol: OTHER, port: null, ...otherPorts }));
  return Object.freeze(counts);
}

/** The busiest first; equal ones in an order that does not depend on which came first. */
function byTotal<T extends Tally>(otherwise: (a: T, b: T) => number): (a: T, b: T) => number {
  return (a, b) => b.allowed + b.denied - (a.allowed + a.denied) || otherwise(a, b);
}

function rounded(perSecond: number): number {
  return Math.round(perSecond * 1000) / 1000;
}

/** Most denied, then most allowed, then name; what is left in an order that does not depend on which came first. */
export function compareRows(a: PolicyRow, b: PolicyRow): number {
  return b.denied - a.denied || b.allowed - a.allowed || compareText(orderText(a), orderText(b));
}

function orderText({ policy, direction, attribution, reason, isolatedBy }: PolicyRow): string {
  return [
    policy.name,
    direction,
    policy.namespace ?? '',
    policy.kind ?? '',
    attribution,
    reason ?? '',
    JSON.stringify(isolatedBy),
  ].join('\0');
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
