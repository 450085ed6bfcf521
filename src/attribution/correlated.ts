/** Owns what Hubble itself says of a verdict: the policies that it named in the flow, and whether they can be those of the verdict's moment. */
import type { Verdict } from '../model/event.ts';
import type { Attribution } from '../model/policy.ts';
import type { Answers } from './answers.ts';
import { attributeVerdict } from './attribute.ts';
import type { RealizedPolicy } from './realized-policy.ts';
import type { Announced, History } from './state.ts';

/**
 * Null where Hubble names nobody: default denies, audit, port ranges, ICMP type 0, and every verdict before 1.15
 * (Cilium pkg/policy/correlation, 1.19).
 */
export function namedByHubble({ hubble }: Verdict, answers: Answers): Attribution | null {
  if (hubble === null || hubble.policies.length === 0) return null;
  return answers.correlated(hubble.policies);
}

export interface HubbleNames {
  /** Null where Hubble names nobody. `heardMs` is when it arrived. */
  of(verdict: Verdict, { atMs, heardMs }: Moment, history: History): Attribution | null;
  /** What the agent announced. */
  changed(change: Pick<Announced, 'atMs' | 'revision'>): void;
  /** Revisions begin anew. */
  forget(): void;
}

interface Moment {
  readonly atMs: number;
  readonly heardMs: number;
}

/** Bursts of changes are longer, and then the last of them tell enough. */
const MOST_CHANGES = 64;
/** An endpoint has realized a change by then, or flows were read so late that their names say nothing. */
const IN_FLIGHT_MS = 10_000;
/** How much the times of flows may be wrong among each other, and against what is heard of the agent. */
const SLACK_MS = 250;

type Period = History['periods'][number];

interface Change {
  readonly atMs: number;
  readonly revision: number;
}

/** Hubble looks names up in the policy of the moment at which it reads an event: around a change that may be another one. */
export function createHubbleNames(answers: Answers): HubbleNames {
  /** The newest is the last. */
  let changes: readonly Change[] = [];
  /** By endpoint: the newest revision that was heard to be realized, and when. */
  const realized = new Map<number, Change>();
  const unsure = answers.unattributed('policy-changed');

  /** Whether the verdict may be of a policy before the one that it was named from, which it fits as well. */
  function isInDoubt(
    named: Attribution,
    verdict: Verdict,
    { atMs, heardMs }: Moment,
    periods: readonly Period[],
  ): boolean {
    const revision = verdict.hubble?.policyRevision ?? null;
    const newest = changes.at(-1);
    if (revision === null || newest === undefined || atMs >= newest.atMs + IN_FLIGHT_MS) return false;
    // Hubble looks in what the agent tells, and the datapath goes by a change before that.
    const isBehind = ({ revision: announced, atMs: sinceMs }: Change) =>
      announced > revision && atMs >= sinceMs && atMs < sinceMs + IN_FLIGHT_MS;
    if (changes.some(isBehind)) return true;
    const change = changes.findLast((one) => one.revision <= revision);
    if (change === undefined || atMs >= change.atMs + IN_FLIGHT_MS) return false;
    // What comes after a flow that was named from that policy was decided by it.
    const met = realized.get(verdict.endpoint);
    if (met !== undefined && met.revision >= change.revision) {
      if (atMs >= met.atMs + SLACK_MS) return false;
    } else realized.set(verdict.endpoint, { atMs: heardMs, revision });
    const revisionOf = ({ state }: Period) => state.endpoint.revision ?? 0;
    const settled = periods.findLast((period) => revisionOf(period) >= change.revision);
    if (settled !== undefined && atMs >= settled.fromMs) return false;
    const before = periods.find((period) => period.fromMs <= atMs && revisionOf(period) < change.revision);
    if (before === undefined) return true;
    // Nobody read the policy that came in between.
    if (changes.some((one) => one.revision > revisionOf(before) && one.revision < change.revision)) return true;
    // No verdicts are made where nothing is enforced.
    if (!before.state.endpoint.enforced[verdict.direction]) return false;
    const then = attributeVerdict(verdict, before.state, answers);
    if (then.reason === 'not-in-realized-policy') return false;
    return then.policies.length === 0 || !isSameList(then, named);
  }

  return {
    of: (verdict, moment, history) => {
      const named = namedByHubble(verdict, answers);
      if (named === null || changes.length === 0) return named;
      return isInDoubt(named, verdict, moment, history.periods) ? unsure : named;
    },
    changed: ({ atMs, revision }) => {
      // Found ahead of its turn, it was heeded before.
      if (revision === null || revision <= (changes.at(-1)?.revision ?? -1)) return;
      changes = [...changes, { atMs, revision }].slice(-MOST_CHANGES);
    },
    forget: () => {
      changes = [];
      realized.clear();
    },
  };
}

/** Both are in order. */
function isSameList(a: Attribution, b: Attribution): boolean {
  const textOf = ({ policies }: Attribution) =>
    JSON.stringify(policies.map(({ namespace, name }) => [namespace, name]));
  return textOf(a) === textOf(b);
}

/** Below are those that every endpoint of a kind shares, whatever its labels. */
const FIRST_OF_LABELS = 256;

/** The identity where the flow is of a time in which the endpoint had other labels than in this state, and other policies with them. */
export function otherLabels({ hubble, direction }: Verdict, { identity }: RealizedPolicy): number | null {
  if (hubble === null || identity === null) return null;
  const own = (direction === 'ingress' ? hubble.destination : hubble.source)?.identity ?? 0;
  return own !== identity && own >= FIRST_OF_LABELS && identity >= FIRST_OF_LABELS ? own : null;
}
