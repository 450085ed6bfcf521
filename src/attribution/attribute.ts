/** Owns the way from one verdict and the state of its endpoint to the policy that made it. */
import type { Verdict } from '../model/event.ts';
import type { Attribution } from '../model/policy.ts';
import type { Answers } from './answers.ts';
import { type LookupState, lookUp } from './lookup.ts';

/** What is known of an endpoint at some moment: its realized policy, the agent's selectors, and the policies that select it. */
export type EndpointState = LookupState;

const HOST = 1;

/** For stock Cilium, which prints no names. */
export function attributeVerdict(verdict: Verdict, state: EndpointState, answers: Answers): Attribution {
  const { direction, action, match } = verdict;
  const refused = action === 'deny' || action === 'audit';
  if (refused && match === 'none') return answers.defaultDeny(state.policies.isolating[direction]);
  const origins = lookUp(verdict, state);
  if (origins === null) {
    const isFree = !refused && (!state.endpoint.enforced[direction] || isOwnHost(verdict));
    return answers.unattributed(isFree ? 'no-policy-applies' : 'not-in-realized-policy');
  }
  // What the agent allows by itself where nobody isolates (enableDefaultDeny: false) has no policy.
  return origins.policies.length === 0
    ? answers.unattributed(refused ? 'not-in-realized-policy' : 'no-policy-applies')
    : answers.derived(origins.policies, !origins.certain);
}

/** The agent lets its own host in, without a rule (pkg/policy/mapstate.go, allow-localhost-ingress). */
function isOwnHost({ direction, remoteIdentity, match }: Verdict): boolean {
  return direction === 'ingress' && remoteIdentity === HOST && match === 'L3-Only';
}
