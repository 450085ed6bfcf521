/** Owns the counts of dropped packets, per reason and direction, in bounded memory. */
import type { IdentityLookup } from '../model/cluster.ts';
import type { Direction, Drop } from '../model/event.ts';
import { type DropRow, OTHER } from '../model/summary.ts';
import { isLocal } from './intern.ts';
import { namedPeer } from './peer-name.ts';
import type { Row } from './row.ts';

/** Cilium knows some 80 reasons; the rest is numbers of newer versions, or damage. */
const MOST_ROWS = 300;
const MOST_PEERS = 200;

interface Peer {
  readonly identity: number | null;
  readonly node: string | null;
  packets: number;
}

/** What was counted of one packet; its verdict, when it comes, may say more of it. */
export interface CountedDrop {
  readonly reason: string;
  readonly code: number | null;
  /** Moves the packet to `direction` where the drop itself did not tell, and marks it as told by its verdict, too. */
  joined(direction: Direction): void;
}

export interface Drops {
  count(drop: Drop, node: string | null, atMs: number): CountedDrop;
  summary(timed: boolean, identityName: IdentityLookup): readonly DropRow[];
}

export function createDrops(): Drops {
  const rows = new Map<string, CountedRow>();

  function rowOf(reason: string, code: number | null, direction: Direction | null): CountedRow {
    const key = `${direction}\0${code}\0${reason}`;
    const known = rows.get(key);
    if (known !== undefined) return known;
    if (rows.size >= MOST_ROWS && reason !== OTHER) return rowOf(OTHER, null, direction);
    const made = new CountedRow(reason, code, direction);
    rows.set(key, made);
    return made;
  }

  return {
    count: (drop, node, atMs) => {
      const { reason, reasonCode: code } = drop;
      const row = rowOf(reason, code, drop.direction);
      const { sourceIdentity, destinationIdentity } = drop;
      // Towards an endpoint the other side is the source, and so it is where nobody can tell.
      const sides = { ingress: sourceIdentity, egress: destinationIdentity };
      const peer = row.count(sides[drop.direction ?? 'ingress'], node, atMs);
      return {
        reason,
        code,
        joined: (direction) => {
          if (drop.direction !== null) {
            row.alsoDenied += 1;
            return;
          }
          row.uncount(peer);
          const told = rowOf(reason, code, direction);
          told.count(sides[direction], node, atMs);
          told.alsoDenied += 1;
        },
      };
    },
    summary: (timed, identityName) =>
      Object.freeze(
        [...rows.values()]
          .filter(({ packets }) => packets > 0)
          .map((row) => row.summary(timed, identityName))
          .sort(compareDrops),
      ),
  };
}

class CountedRow {
  packets = 0;
  alsoDenied = 0;
  readonly #reason: string;
  readonly #code: number | null;
  readonly #direction: Direction | null;
  readonly #peers = new Map<string, Peer>();
  #firstMs = 0;
  #lastMs = 0;

  constructor(reason: string, code: number | null, direction: Direction | null) {
    this.#reason = reason;
    this.#code = code;
    this.#direction = direction;
  }

  count(identity: number | null, node: string | null, atMs: number): Peer {
    if (this.packets === 0 || atMs < this.#firstMs) this.#firstMs = atMs;
    this.#lastMs = Math.max(atMs, this.#lastMs);
    this.packets += 1;
    const peer = this.#peer(identity, isLocal(identity) ? node : null);
    peer.packets += 1;
    return peer;
  }

  uncount(peer: Peer): void {
    this.packets -= 1;
    peer.packets -= 1;
  }

  summary(timed: boolean, identityName: IdentityLookup): DropRow {
    const peers = [...this.#peers.entries()]
      .filter(([, { packets }]) => packets > 0)
      .map(([key, { identity, node, packets }]) =>
        Object.freeze({
          identity,
          name: key === OTHER ? OTHER : namedPeer(identity, node, identityName).name,
          packets,
        }),
      )
      .sort((a, b) => b.packets - a.packets || (a.identity ?? -1) - (b.identity ?? -1));
    return Object.freeze({
      reason: this.#reason,
      code: this.#code,
      direction: this.#direction,
      packets: this.packets,
      alsoDenied: this.alsoDenied,
      peers: Object.freeze(peers),
      firstSeen: timed ? new Date(this.#firstMs).toISOString() : null,
      lastSeen: timed ? new Date(this.#lastMs).toISOString() : null,
    });
  }

  #peer(identity: number | null, node: string | null): Peer {
    const key = this.#peers.size >= MOST_PEERS ? OTHER : `${identity}\0${node}`;
    const known = this.#peers.get(`${identity}\0${node}`) ?? this.#peers.get(key);
    if (known !== undefined) return known;
    const made: Peer = { identity: key === OTHER ? null : identity, node, packets: 0 };
    this.#peers.set(key, made);
    return made;
  }
}

function compareDrops(a: DropRow, b: DropRow): number {
  return b.packets - a.packets || compareText(keyOf(a), keyOf(b));
}

function keyOf({ reason, code, direction }: DropRow): string {
  return `${reason}\0${code}\0${direction}`;
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** The packet is one and the same: the verdict learns why it was dropped, the drop its direction. */
export function joinDrop(rows: readonly Row[], drop: CountedDrop): void {
  const [first] = rows;
  if (first !== undefined) drop.joined(first.key.direction);
  for (const row of rows) row.dropped(drop.reason, drop.code);
}
