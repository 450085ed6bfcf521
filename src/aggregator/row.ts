/** Owns the counts of one policy and direction: outcomes, peers, ports, times; everything that grows has a bound. */
import type { Direction, Verdict } from '../model/event.ts';
import type { Attribution, PolicyRef } from '../model/policy.ts';
import { type Counters, type Outcome, outcomeOf, zeroCounters } from './counters.ts';
import type { Limits } from './limits.ts';
import { createRecentRate, type RecentRate } from './recent-rate.ts';

/** What was let through (allowed, redirected or audited) and what was refused. */
export interface Tally {
  allowed: number;
  denied: number;
}

interface Peer extends Tally {
  /** Null where the line named no identity. */
  readonly identity: number | null;
  /** The node that gave the number; null where it means the same on every node. */
  readonly node: string | null;
}

interface Port extends Tally {
  readonly protocol: string;
  readonly port: number | null;
}

interface DropTally {
  readonly reason: string;
  readonly code: number | null;
  packets: number;
}

export interface RowKey {
  readonly policy: PolicyRef;
  readonly direction: Direction;
  readonly attribution: Attribution;
}

export interface Row {
  readonly key: RowKey;
  /** What the flow set calls it. */
  readonly owner: number;
  readonly counters: Counters;
  readonly recent: RecentRate;
  readonly peers: ReadonlyMap<number, Peer>;
  readonly otherPeers: Tally | null;
  readonly ports: ReadonlyMap<number, Port>;
  readonly otherPorts: Tally | null;
  readonly shared: number;
  readonly deniedInAuditMode: number;
  readonly firstMs: number;
  readonly lastMs: number;
  /** Where its verdicts came from; empty for files that do not say. */
  readonly nodes: ReadonlySet<string>;
  /** Rises with every verdict, so that whoever made something of the row knows whether it still holds. */
  readonly version: number;
  readonly drops: ReadonlyMap<string, DropTally>;
  /** One of the row's denied packets was dropped for this reason. */
  dropped(reason: string, code: number | null): void;
  /** `peerKey` and `portKey` are small integers that stand for the peer and the port. */
  count(verdict: Verdict, where: Where, atMs: number, times: number): void;
}

/** What is found out once for each verdict, and used by the rows that it is credited to. */
export interface Where {
  peerKey: number;
  portKey: number;
  node: string | null;
  /** The node whose agent told of it; null where a file does not say. */
  heardOn: string | null;
  /** Whether other rows are credited with it as well. */
  isShared: boolean;
}

/** Policy denied, by a deny rule, authentication required, and their older words. */
const MOST_DROP_REASONS = 8;

/** The peer or port key that did not fit into the interning tables. */
export const NO_KEY = -1;

export function createRow(key: RowKey, owner: number, limits: Limits): Row {
  return new CountingRow(key, owner, limits);
}

class CountingRow implements Row {
  readonly key: RowKey;
  readonly counters = zeroCounters();
  readonly recent = createRecentRate();
  readonly peers = new Map<number, Peer>();
  readonly ports = new Map<number, Port>();
  readonly drops = new Map<string, DropTally>();
  otherPeers: Tally | null = null;
  otherPorts: Tally | null = null;
  shared = 0;
  deniedInAuditMode = 0;
  readonly nodes = new Set<string>();
  firstMs = 0;
  lastMs = 0;
  version = 0;
  readonly owner: number;
  readonly #limits: Limits;
  #lastHeardOn: string | null = null;

  constructor(key: RowKey, owner: number, limits: Limits) {
    this.key = key;
    this.owner = owner;
    this.#limits = limits;
  }

  count(verdict: Verdict, where: Where, atMs: number, times: number): void {
    const outcome = outcomeOf(verdict);
    this.counters[outcome] += times;
    if (outcome === 'denied' && verdict.audit) this.deniedInAuditMode += times;
    if (where.isShared) this.shared += times;
    // Agents are not heard in step: Hubble's flows come with times of their own.
    if (this.version === 0 || atMs < this.firstMs) this.firstMs = atMs;
    if (atMs > this.lastMs) this.lastMs = atMs;
    this.version += 1;
    this.recent.count(atMs, times);
    if (where.heardOn !== this.#lastHeardOn) this.#hear(where.heardOn);
    tally(this.#peer(verdict, where), outcome, times);
    tally(this.#port(verdict, where), outcome, times);
  }

  dropped(reason: string, code: number | null): void {
    const known = this.drops.get(reason);
    if (known !== undefined) known.packets += 1;
    else if (this.drops.size < MOST_DROP_REASONS) this.drops.set(reason, { reason, code, packets: 1 });
  }

  /** Only where streams take turns: lines come in pieces of one stream. */
  #hear(node: string | null): void {
    this.#lastHeardOn = node;
    if (node !== null) this.nodes.add(node);
  }

  #peer({ remoteIdentity }: Verdict, { peerKey, node }: Where): Tally {
    const known = this.peers.get(peerKey);
    if (known !== undefined) return known;
    if (peerKey === NO_KEY || this.peers.size >= this.#limits.peersPerRow) {
      this.otherPeers ??= { allowed: 0, denied: 0 };
      return this.otherPeers;
    }
    const made: Peer = { identity: remoteIdentity, node, allowed: 0, denied: 0 };
    this.peers.set(peerKey, made);
    return made;
  }

  #port({ protocol, destinationPort }: Verdict, { portKey }: Where): Tally {
    const known = this.ports.get(portKey);
    if (known !== undefined) return known;
    if (portKey === NO_KEY || this.ports.size >= this.#limits.portsPerRow) {
      this.otherPorts ??= { allowed: 0, denied: 0 };
      return this.otherPorts;
    }
    const made: Port = { protocol, port: destinationPort, allowed: 0, denied: 0 };
    this.ports.set(portKey, made);
    return made;
  }
}

function tally(target: Tally, outcome: Outcome, times: number): void {
  if (outcome === 'denied') target.denied += times;
  else target.allowed += times;
}
