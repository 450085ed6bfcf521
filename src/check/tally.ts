/** Owns what was counted for each expectation: verdicts in, numbers out; the clock is the records' own. */
import type { RecordSink } from '../model/attributed.ts';
import type { Direction, Verdict } from '../model/event.ts';
import type { Attribution } from '../model/policy.ts';
import type { CountExpectation, Metric } from './expectation.ts';
import { isPeer, type MetPeer, metPeer, type PeerNames } from './peer-match.ts';
import { isOfPolicy } from './policy-match.ts';

/** Distinct flows and peers that one expectation tells apart; what comes beyond them is undecided. */
const MOST_FLOWS = 100_000;
const MOST_PEERS = 100_000;

export interface Tally {
  readonly expectation: CountExpectation;
  counted(): Counted;
}

export interface Counted {
  /** The greater of both directions, where the expectation names none. */
  readonly counted: number;
  /** How many more it may be: verdicts whose policy or peer nobody can tell, or that there was no room for. */
  readonly undecided: number;
}

/** `beganMs`: when the window that expectations speak of began; null while it has not. */
export function createTallies(
  expectations: readonly CountExpectation[],
  beganMs: () => number | null,
  names: PeerNames,
): { readonly tallies: readonly Tally[]; readonly record: RecordSink['record'] } {
  const tallies = expectations.map((expectation) => new CountingTally(expectation, names));
  return {
    tallies,
    record: (record, attribution, { wanted, atMs, node }) => {
      if (record.type !== 'policy-verdict' || !wanted) return;
      const began = beganMs();
      const afterMs = began === null || atMs === null ? 0 : atMs - began;
      for (const tally of tallies) tally.count(record, attribution, node, afterMs);
    },
  };
}

/** Counted per peer, since who it is may become known later. */
interface Bucket {
  readonly peer: MetPeer | null;
  /** False where it may be another one. */
  readonly isOfPolicy: boolean;
  readonly counts: Record<Direction, number>;
  readonly flows: Record<Direction, Set<number>>;
}

class CountingTally implements Tally {
  readonly expectation: CountExpectation;
  readonly #names: PeerNames;
  readonly #buckets = new Map<string, Bucket>();
  readonly #leftOut: Record<Direction, number> = { ingress: 0, egress: 0 };

  constructor(expectation: CountExpectation, names: PeerNames) {
    this.expectation = expectation;
    this.#names = names;
  }

  count(verdict: Verdict, attribution: Attribution | null, node: string | null, afterMs: number): void {
    const { metric, direction, policy, port, withinMs } = this.expectation;
    if (metricOf(verdict) !== (metric === 'attempts' ? 'denied' : metric)) return;
    if (direction !== null && verdict.direction !== direction) return;
    if (withinMs !== null && afterMs > withinMs) return;
    if (port !== null && port.port !== null && verdict.destinationPort !== port.port) return;
    if (port !== null && port.protocol !== null && verdict.protocol !== port.protocol) return;
    const isOf = policy === null ? true : isOfPolicy(policy, attribution, metric);
    if (isOf === false) return;
    const bucket = this.#bucketOf(verdict, node, isOf === true);
    if (bucket === null) this.#leftOut[verdict.direction] += 1;
    else this.#add(verdict, bucket);
  }

  counted(): Counted {
    const ingress = this.#countedIn('ingress');
    const egress = this.#countedIn('egress');
    const counted = Math.max(ingress.counted, egress.counted);
    const highest = Math.max(ingress.counted + ingress.undecided, egress.counted + egress.undecided);
    return { counted, undecided: highest - counted };
  }

  #countedIn(direction: Direction): Counted {
    const { peer, metric } = this.expectation;
    let counted = 0;
    let undecided = this.#leftOut[direction];
    for (const bucket of this.#buckets.values()) {
      const isTheirs = peer === null || bucket.peer === null ? true : isPeer(peer, bucket.peer, this.#names);
      const count = metric === 'attempts' ? bucket.flows[direction].size : bucket.counts[direction];
      if (isTheirs === true && bucket.isOfPolicy) counted += count;
      else if (isTheirs !== false) undecided += count;
    }
    return { counted, undecided };
  }

  #add({ direction, flowKey }: Verdict, { counts, flows }: Bucket): void {
    counts[direction] += 1;
    if (this.expectation.metric !== 'attempts') return;
    if (flows[direction].size < MOST_FLOWS || flows[direction].has(flowKey)) flows[direction].add(flowKey);
    else this.#leftOut[direction] += 1;
  }

  #bucketOf(verdict: Verdict, node: string | null, isOfPolicy: boolean): Bucket | null {
    const { peer } = this.expectation;
    if (peer === null) return this.#bucket(`${isOfPolicy}`, null, isOfPolicy);
    const met = metPeer(verdict, node);
    // Only a range, or a pod, asks for the address.
    const ip = peer.kind === 'cidr' || peer.kind === 'pod' ? (met.ip ?? '') : '';
    const who = peer.kind === 'cidr' ? '' : `${met.identity} ${node} ${met.hubble?.namespace}/${met.hubble?.pod}`;
    return this.#bucket(`${isOfPolicy} ${ip} ${who}`, met, isOfPolicy);
  }

  #bucket(key: string, peer: MetPeer | null, isOfPolicy: boolean): Bucket | null {
    const known = this.#buckets.get(key);
    if (known !== undefined) return known;
    if (this.#buckets.size >= MOST_PEERS) return null;
    const made: Bucket = {
      ...{ peer, isOfPolicy },
      counts: { ingress: 0, egress: 0 },
      flows: { ingress: new Set(), egress: new Set() },
    };
    this.#buckets.set(key, made);
    return made;
  }
}

/** As summaries count it: a refused packet stays refused, whatever the audit flag says. */
function metricOf({ action, audit }: Verdict): Exclude<Metric, 'attempts'> {
  if (action === 'deny') return 'denied';
  if (action === 'audit' || audit) return 'audited';
  return action === 'allow' ? 'allowed' : 'redirected';
}
