/** Owns the policies as their authors wrote them: CiliumNetworkPolicy, CiliumClusterwideNetworkPolicy and NetworkPolicy objects. */
import * as v from 'valibot';
import type { Direction } from '../model/event.ts';
import type { PolicyKind, PolicyRef } from '../model/policy.ts';
import {
  type Labels,
  matchesAll,
  NAMESPACE_KEY,
  type Requirement,
  requirement,
  requirementsOf,
  selectorSchema,
} from './label-selector.ts';
import type { Scope } from './policy-peer.ts';
import { type PolicyRule, readCiliumRules, readNetworkPolicyRules } from './policy-rule.ts';
import { type PolicyStatus, readPolicyStatus } from './policy-status.ts';

/** One of the parts that a policy consists of; all but CiliumNetworkPolicy with `specs` have exactly one. */
export interface PolicySpec {
  /** Null where the spec does not select pods. */
  readonly endpoints: readonly Requirement[] | null;
  /** Null where the spec does not select nodes. */
  readonly nodes: readonly Requirement[] | null;
  readonly isolates: Readonly<Record<Direction, boolean>>;
  readonly rules: Readonly<Record<Direction, readonly PolicyRule[]>>;
}

export interface PolicyObject {
  readonly ref: PolicyRef;
  readonly specs: readonly PolicySpec[];
  readonly status: PolicyStatus;
}

const section = v.nullish(v.array(v.unknown()));

export const ciliumSpec = v.object({
  endpointSelector: v.nullish(selectorSchema),
  nodeSelector: v.nullish(selectorSchema),
  ingress: section,
  ingressDeny: section,
  egress: section,
  egressDeny: section,
  enableDefaultDeny: v.nullish(v.object({ ingress: v.nullish(v.boolean()), egress: v.nullish(v.boolean()) })),
});

const metadata = v.object({ name: v.string(), namespace: v.nullish(v.string()) });

const ciliumPolicy = v.object({ metadata, spec: v.nullish(ciliumSpec), specs: v.nullish(v.array(ciliumSpec)) });

const networkPolicy = v.object({
  metadata,
  spec: v.object({
    podSelector: v.nullish(selectorSchema),
    policyTypes: v.nullish(v.array(v.string())),
    ingress: section,
    egress: section,
  }),
});

const kinds = ['CiliumNetworkPolicy', 'CiliumClusterwideNetworkPolicy', 'NetworkPolicy'] as const;
const typed = v.object({ kind: v.picklist(kinds) });

/** Null for what is no policy of these kinds. `kind` is for the items of typed lists, which carry none. */
export function readPolicyObject(raw: unknown, kind?: (typeof kinds)[number]): PolicyObject | null {
  const own = v.safeParse(typed, raw);
  const actual = own.success ? own.output.kind : kind;
  if (actual === undefined) return null;
  return actual === 'NetworkPolicy' ? readNetworkPolicy(raw) : readCiliumPolicy(raw, actual);
}

function readCiliumPolicy(raw: unknown, kind: PolicyKind): PolicyObject | null {
  const read = v.safeParse(ciliumPolicy, raw);
  if (!read.success) return null;
  const { metadata, spec, specs } = read.output;
  const namespace = kind === 'CiliumNetworkPolicy' ? (metadata.namespace ?? 'default') : null;
  const parts = [...(spec ? [spec] : []), ...(specs ?? [])];
  const scope: Scope = namespace === null ? { kind: 'cluster' } : { kind: 'namespace', namespace };
  return {
    ref: { kind, namespace, name: metadata.name },
    specs: parts.map((part) => readCiliumSpec(part, scope)),
    status: readPolicyStatus(raw),
  };
}

export function readCiliumSpec(spec: v.InferOutput<typeof ciliumSpec>, scope: Scope): PolicySpec {
  const namespace = scope.kind === 'namespace' ? scope.namespace : null;
  const rules = (section: readonly unknown[] | null | undefined, direction: Direction, deny: boolean) =>
    readCiliumRules(section, direction, deny, scope);
  const endpoints = spec.endpointSelector ? requirementsOf(spec.endpointSelector, 'any') : null;
  return {
    endpoints: endpoints === null ? null : inNamespace(endpoints, namespace),
    nodes: spec.nodeSelector ? requirementsOf(spec.nodeSelector, 'any') : null,
    // A direction without rules is left alone whatever is asked for (Cilium pkg/policy/repository.go,
    // computePolicyEnforcementAndRules, 1.16; pkg/policy/utils, RulesToPolicyEntries, 1.19).
    isolates: {
      ingress: hasAny(spec.ingress, spec.ingressDeny) && spec.enableDefaultDeny?.ingress !== false,
      egress: hasAny(spec.egress, spec.egressDeny) && spec.enableDefaultDeny?.egress !== false,
    },
    rules: {
      ingress: [...rules(spec.ingress, 'ingress', false), ...rules(spec.ingressDeny, 'ingress', true)],
      egress: [...rules(spec.egress, 'egress', false), ...rules(spec.egressDeny, 'egress', true)],
    },
  };
}

/** A namespaced policy selects in its namespace only, but for pods that have none yet (`reserved:init`). */
function inNamespace(endpoints: Requirement[], namespace: string | null): Requirement[] {
  const isInit = endpoints.some(({ source, key }) => source === 'reserved' && key === 'init');
  if (namespace === null || isInit) return endpoints;
  const others = endpoints.filter(({ key, operator }) => key !== NAMESPACE_KEY || operator !== 'In');
  return [...others, requirement({ source: 'k8s', key: NAMESPACE_KEY }, 'In', [namespace])];
}

function readNetworkPolicy(raw: unknown): PolicyObject | null {
  const read = v.safeParse(networkPolicy, raw);
  if (!read.success) return null;
  const { metadata, spec } = read.output;
  const namespace = metadata.namespace ?? 'default';
  // The API server's default: ingress always, egress where there are rules for it.
  const types = spec.policyTypes ?? ['Ingress', ...(hasAny(spec.egress) ? ['Egress'] : [])];
  const isolates = { ingress: types.includes('Ingress'), egress: types.includes('Egress') };
  const part: PolicySpec = {
    endpoints: inNamespace(requirementsOf(spec.podSelector ?? {}, 'k8s'), namespace),
    nodes: null,
    isolates,
    rules: {
      ingress: isolates.ingress ? readNetworkPolicyRules(spec.ingress, 'ingress', namespace) : [],
      egress: isolates.egress ? readNetworkPolicyRules(spec.egress, 'egress', namespace) : [],
    },
  };
  return {
    ref: { kind: 'NetworkPolicy', namespace, name: metadata.name },
    specs: [part],
    status: readPolicyStatus(raw),
  };
}

/** Host endpoints are selected by node selectors only, and pods by endpoint selectors only (pkg/policy/rule.go). */
export function selectsEndpoint(spec: PolicySpec, labels: Labels): boolean {
  const isHost = labels.some(({ source, key }) => source === 'reserved' && key === 'host');
  const wanted = isHost ? spec.nodes : spec.endpoints;
  return wanted !== null && matchesAll(wanted, labels);
}

function hasAny(...sections: (readonly unknown[] | null | undefined)[]): boolean {
  return sections.some((rules) => (rules?.length ?? 0) > 0);
}
