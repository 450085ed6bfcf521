/** Owns what policies mean for one endpoint: which select it, have rules for a direction, and isolate it there. */
import type { Direction } from '../model/event.ts';
import type { PolicyRef } from '../model/policy.ts';
import { parseLabel } from './label-selector.ts';
import { type PolicyObject, selectsEndpoint } from './policy-object.ts';
import type { PolicyRule } from './policy-rule.ts';
import { type RealizedPolicy, realizes } from './realized-policy.ts';

export interface EndpointPolicies {
  /** Every policy that selects the endpoint. */
  readonly selecting: readonly PolicyRef[];
  /** Those with rules for the direction. */
  readonly ruling: Readonly<Record<Direction, readonly PolicyRef[]>>;
  /** Those that switch on default deny in the direction. */
  readonly isolating: Readonly<Record<Direction, readonly PolicyRef[]>>;
  /** The rules themselves, of the specs that select the endpoint. */
  readonly rules: Readonly<Record<Direction, readonly OwnedRule[]>>;
}

export interface OwnedRule {
  readonly policy: PolicyRef;
  readonly rule: PolicyRule;
}

/** An endpoint, as its agent prints it. */
type Realized = Pick<RealizedPolicy, 'labels' | 'entries'>;

export function policiesOfEndpoint(policies: readonly PolicyObject[], endpoint: Realized): EndpointPolicies {
  const parsed = endpoint.labels.map(parseLabel);
  const parts = policies
    .filter((policy) => isInForce(policy, endpoint))
    .flatMap(({ ref, specs }) => specs.filter((spec) => selectsEndpoint(spec, parsed)).map((spec) => ({ ref, spec })));
  const ruling = (direction: Direction) => parts.filter(({ spec }) => spec.rules[direction].length > 0);
  const isolating = (direction: Direction) => parts.filter(({ spec }) => spec.isolates[direction]);
  const rules = (direction: Direction) =>
    parts.flatMap(({ ref, spec }) => spec.rules[direction].map((rule) => ({ policy: ref, rule })));
  return {
    selecting: distinct(parts),
    ruling: { ingress: distinct(ruling('ingress')), egress: distinct(ruling('egress')) },
    isolating: { ingress: distinct(isolating('ingress')), egress: distinct(isolating('egress')) },
    rules: { ingress: rules('ingress'), egress: rules('egress') },
  };
}

/** What Cilium refused means nothing, unless it took it once and holds to that. */
function isInForce({ ref, status }: PolicyObject, endpoint: Realized): boolean {
  return !status.isRefused || realizes(endpoint, ref, 'ingress') || realizes(endpoint, ref, 'egress');
}

/** Several specs of one policy share its reference. */
function distinct(parts: readonly { readonly ref: PolicyRef }[]): PolicyRef[] {
  return [...new Set(parts.map(({ ref }) => ref))];
}
