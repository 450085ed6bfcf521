/** Owns the way from one verdict and the state of its endpoint to the policy that made it. */
import type { MatchType, Verdict } from '../model/event.ts';
import type { Attribution } from '../model/policy.ts';
import type { Answers } from './answers.ts';
import { type LookupState, lookUp } from './lookup.ts';

/** What is known of an endpoint at some moment: its realized policy, the agent's selectors, and the policies that select it. */
export type EndpointState = LookupState;

const HOST = 1;
/** Matches of entries that some policy made. */
const NARROW: ReadonlySet<MatchType> = new Set(['L3-Only', 'L3-L4', 'L4-Only', 'L3-Proto', 'Proto-Only']);

/** For stock Cilium, which prints no names. */
export function attributeVerdict(verdict: Verdict, state: EndpointState, answers: Answers): Attribution {
  const { direction, action, match } = verdict;
  const refused = action === 'deny' || action === 'audit';
  if (refused && match === 'none') return answers.defaultDeny(state.policies.isolating[direction]);
  const origins = lookUp(verdict, state);
  if (origins === null) {
    const isFree = !refused && (isUnruled(verdict, state) || isOwnHost(verdict));
    return answers.unattributed(isFree ? 'no-policy-applies' : 'not-in-realized-policy');
  }
  // What the agent allows by itself where nobody isolates (enableDefaultDeny: false) has no policy.
  return origins.policies.length === 0
    ? answers.unattributed(refused ? 'not-in-realized-policy' : 'no-policy-applies')
    : answers.derived(origins.policies, !origins.certain);
}

/**
 * What of the peer decides: two of one group have the same answer, all else being equal. Null where the identity itself
 * does: the host's, and those that nobody selects, of which each may be newer than the state.
 */
export function peerGroup({ remoteIdentity }: Verdict, { selectors }: EndpointState): number | null {
  return remoteIdentity === null || remoteIdentity === HOST ? null : selectors.groupOf(remoteIdentity);
}

/** Where nothing is enforced one entry lets everybody in; only the proxy's may be narrower, for traffic that is to be seen. */
function isUnruled({ direction, action, match }: Verdict, { endpoint }: EndpointState): boolean {
  return !endpoint.enforced[direction] && (action === 'redirect' || !NARROW.has(match));
}

/** The agent lets its own host in, without a rule (pkg/policy/mapstate.go, allow-localhost-ingress). */
function isOwnHost({ direction, remoteIdentity, match }: Verdict): boolean {
  return direction === 'ingress' && remoteIdentity === HOST && match === 'L3-Only';
}
