/** Owns what was counted for each expectation: verdicts in, numbers out; the clock is the records' own. */
import type { RecordSink } from '../model/attributed.ts';
import type { IdentityLookup } from '../model/cluster.ts';
import type { Direction, Verdict } from '../model/event.ts';
import { type Attribution, IMPLICIT_DEFAULT_DENY, UNATTRIBUTED } from '../model/policy.ts';
import type { CountExpectation, Metric, PolicyPattern } from './expectation.ts';
import { isPeer, type MetPeer, metPeer } from './peer-match.ts';

/** Distinct flows and peers that one expectation tells apart; beyond them its number stays a lower bound. */
const MOST_FLOWS = 100_000;
const MOST_PEERS = 100_000;

export interface Tally {
  readonly expectation: CountExpectation;
  /** The greater of both directions, where the expectation names none. */
  counted(): number;
}

/** `beganMs`: when the window that expectations speak of began; null while it has not. */
export function createTallies(
  expectations: readonly CountExpectation[],
  beganMs: () => number | null,
  identityName: IdentityLookup,
): { readonly tallies: readonly Tally[]; readonly record: RecordSink['record'] } {
  const tallies = expectations.map((expectation) => new CountingTally(expectation, identityName));
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
  readonly counts: Record<Direction, number>;
  readonly flows: Record<Direction, Set<number>>;
}

class CountingTally implements Tally {
  readonly expectation: CountExpectation;
  readonly #identityName: IdentityLookup;
  readonly #buckets = new Map<string, Bucket>();

  constructor(expectation: CountExpectation, identityName: IdentityLookup) {
    this.expectation = expectation;
    this.#identityName = identityName;
  }

  count(verdict: Verdict, attribution: Attribution | null, node: string | null, afterMs: number): void {
    const { metric, direction, policy, port, withinMs } = this.expectation;
    if (metricOf(verdict) !== (metric === 'attempts' ? 'denied' : metric)) return;
    if (direction !== null && verdict.direction !== direction) return;
    if (withinMs !== null && afterMs > withinMs) return;
    if (policy !== null && !isOf(policy, attribution)) return;
    if (port !== null && port.port !== null && verdict.destinationPort !== port.port) return;
    if (port !== null && port.protocol !== null && verdict.protocol !== port.protocol) return;
    const bucket = this.#bucketOf(verdict, node);
    if (bucket === null) return;
    bucket.counts[verdict.direction] += 1;
    const flows = bucket.flows[verdict.direction];
    if (metric === 'attempts' && flows.size < MOST_FLOWS) flows.add(verdict.flowKey);
  }

  counted(): number {
    const { peer, metric } = this.expectation;
    let ingress = 0;
    let egress = 0;
    for (const bucket of this.#buckets.values()) {
      if (peer !== null && (bucket.peer === null || !isPeer(peer, bucket.peer, this.#identityName))) continue;
      ingress += metric === 'attempts' ? bucket.flows.ingress.size : bucket.counts.ingress;
      egress += metric === 'attempts' ? bucket.flows.egress.size : bucket.counts.egress;
    }
    return Math.max(ingress, egress);
  }

  #bucketOf(verdict: Verdict, node: string | null): Bucket | null {
    const { peer } = this.expectation;
    if (peer === null) return this.#bucket('', null);
    const met = metPeer(verdict, node);
    // Only a range asks for the address.
    const key =
      peer.kind === 'cidr' ? (met.ip ?? '') : `${met.identity} ${node} ${met.hubble?.namespace}/${met.hubble?.pod}`;
    return this.#bucket(key, met);
  }

  #bucket(key: string, peer: MetPeer | null): Bucket | null {
    const known = this.#buckets.get(key);
    if (known !== undefined) return known;
    if (this.#buckets.size >= MOST_PEERS) return null;
    const made: Bucket = { peer, counts: { ingress: 0, egress: 0 }, flows: { ingress: new Set(), egress: new Set() } };
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

function isOf({ namespace, name }: PolicyPattern, attribution: Attribution | null): boolean {
  if (attribution === null || attribution.grade === 'unattributed') return name === UNATTRIBUTED;
  if (attribution.grade === 'default-deny') return namespace === null && name === IMPLICIT_DEFAULT_DENY;
  return attribution.policies.some((ref) => ref.name === name && (namespace === null || ref.namespace === namespace));
}
