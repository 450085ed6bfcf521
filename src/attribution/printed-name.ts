/** Owns attribution from the verdict line alone: the name that the patched Cilium prints, and what stock Cilium's match type tells without one. */
import type { L7Record, Verdict } from '../model/event.ts';
import { type Attribution, IMPLICIT_DEFAULT_DENY, type PolicyRef } from '../model/policy.ts';
import { type Answers, createAnswers } from './answers.ts';
import type { EndpointPolicies } from './isolation.ts';

/** What the patched Cilium prints for records other than HTTP (knox-dev, pkg/monitor/logrecord.go). */
const UNKNOWN = 'unknown';

/** The policies that select the endpoint's pod; null while they are not known. */
export type PoliciesOf = (endpoint: number) => EndpointPolicies | null;

/** The policies of a name that were there before, or are about to be: for names that no policy has now. They may be others each time. */
type NeighboursOf = (verdict: Printed, name: string) => readonly PolicyRef[];

/** What of a verdict decides; an L7 record of the patched Cilium has as much. */
export type Printed = Pick<Verdict, 'dialect' | 'endpoint' | 'direction' | 'action' | 'audit' | 'match' | 'policyName'>;

interface NamesOfEndpoint {
  readonly policies: EndpointPolicies | null;
  readonly ingress: Map<string, Attribution>;
  readonly egress: Map<string, Attribution>;
}

/** `then` are the policies of the verdict's own time, null where they are not known for sure; those of now where it is absent. */
type PrintedNames = (verdict: Printed, then?: EndpointPolicies | null) => Attribution;

/** `policiesOf` has to give the same object until something changes: what is resolved is kept for as long. */
export function createPrintedNames(
  policiesOf: PoliciesOf = () => null,
  answers: Answers = createAnswers(),
  neighboursOf: NeighboursOf | null = null,
): PrintedNames {
  const notPrinted = answers.unattributed('name-not-printed');
  const notFound = answers.unattributed('name-not-found');
  const empty = answers.unattributed('name-empty');
  const noPolicy = answers.unattributed('no-policy-applies');
  const unexplained = answers.defaultDeny([]);
  const nothingKnown: NamesOfEndpoint = { policies: null, ingress: new Map(), egress: new Map() };
  const resolved = new Map<number, NamesOfEndpoint>();

  function namesOf(endpoint: number, policies: EndpointPolicies | null): NamesOfEndpoint {
    // Without policies the endpoint makes no difference, and one map serves all of them.
    if (policies === null) return nothingKnown;
    const old = resolved.get(endpoint);
    if (old?.policies === policies) return old;
    const fresh: NamesOfEndpoint = { policies, ingress: new Map(), egress: new Map() };
    resolved.set(endpoint, fresh);
    return fresh;
  }

  function defaultDeny(verdict: Printed, then: EndpointPolicies | null): Attribution {
    if (then === null) return unexplained;
    const byName = namesOf(verdict.endpoint, then)[verdict.direction];
    const old = byName.get(IMPLICIT_DEFAULT_DENY);
    if (old !== undefined) return old;
    const fresh = answers.defaultDeny(then.isolating[verdict.direction]);
    byName.set(IMPLICIT_DEFAULT_DENY, fresh);
    return fresh;
  }

  function named(verdict: Printed, name: string, then: EndpointPolicies | null): Attribution {
    const names = namesOf(verdict.endpoint, then ?? policiesOf(verdict.endpoint));
    const byName = names[verdict.direction];
    const old = byName.get(name);
    if (old !== undefined) return old;
    const sharing = (names.policies?.ruling[verdict.direction] ?? []).filter((ref) => ref.name === name);
    const isKnown = sharing.length > 0 || neighboursOf === null;
    const { ref, ambiguous } = resolve(name, isKnown ? sharing : neighboursOf(verdict, name));
    const fresh = answers.printed(ref, ambiguous);
    // What the agent says of it may arrive after its first verdict.
    if (isKnown) byName.set(name, fresh);
    return fresh;
  }

  return (verdict, then = policiesOf(verdict.endpoint)) => {
    if (verdict.dialect === 'cilium') {
      if (verdict.match !== 'none') return notPrinted;
      return isRefusal(verdict) ? defaultDeny(verdict, then) : notPrinted;
    }
    const name = verdict.policyName;
    if (name === null) return notFound;
    if (name === '') return empty;
    if (name !== IMPLICIT_DEFAULT_DENY) return named(verdict, name, then);
    // Rule id 0 prints this name whatever the action (accuknox 1.10.90, pkg/monitor/datapath_policy.go): what audit mode let
    // through says ALLOW like what no policy is about.
    return isRefusal(verdict) ? defaultDeny(verdict, then) : noPolicy;
  };
}

/** Refused, or only let through because of audit mode. */
function isRefusal({ action, audit }: Printed): boolean {
  return action === 'deny' || action === 'audit' || audit;
}

/** The patched agent keys its rules by bare name (pkg/policy/repository.go): what two policies share stays open. */
function resolve(name: string, sharing: readonly PolicyRef[]): { ref: PolicyRef; ambiguous: boolean } {
  const [first, ...others] = sharing;
  if (first === undefined) return { ref: { kind: null, namespace: null, name }, ambiguous: false };
  const kind = others.every((ref) => ref.kind === first.kind) ? first.kind : null;
  const namespace = others.every((ref) => ref.namespace === first.namespace) ? first.namespace : null;
  return { ref: { kind, namespace, name }, ambiguous: others.length > 0 };
}

/** Null where nothing was printed that could name a policy. */
export function readL7Name(record: L7Record): Printed | null {
  const { direction, policyName } = record;
  if (policyName === null || policyName === '' || policyName === UNKNOWN || direction === null) return null;
  const endpoint = direction === 'ingress' ? record.destinationEndpoint : record.sourceEndpoint;
  // A rule matched, else there would be no name.
  return {
    dialect: 'accuknox',
    endpoint: endpoint ?? 0,
    direction,
    action: 'redirect',
    audit: false,
    match: 'all',
    policyName,
  };
}
