/** Makes the state of an endpoint for the tests, in the JSON that the agent prints. */
import type { EndpointState } from '../../src/attribution/attribute.ts';
import { policiesOfEndpoint } from '../../src/attribution/isolation.ts';
import { readPolicyObject } from '../../src/attribution/policy-object.ts';
import { readRealizedPolicies } from '../../src/attribution/realized-policy.ts';
import { readSelectors } from '../../src/attribution/selectors.ts';

export const EVERYONE =
  '&LabelSelector{MatchLabels:map[string]string{},MatchExpressions:[]LabelSelectorRequirement{},}';

/** `any.org: empire` as the agent prints it. */
export function selecting(...labels: readonly string[]): string {
  const text = labels.map((label) => `${label},`).join('');
  return `&LabelSelector{MatchLabels:map[string]string{${text}},MatchExpressions:[]LabelSelectorRequirement{},}`;
}

/** As the agents do that write exceptions into the selector. */
export function withCidr(cidr: string, ...except: readonly string[]): string {
  const expressions = [
    { cidr, operator: 'Exists' },
    ...except.map((other) => ({ cidr: other, operator: 'DoesNotExist' })),
  ].map((one) => `LabelSelectorRequirement{Key:cidr.${one.cidr},Operator:${one.operator},Values:[],},`);
  return `&LabelSelector{MatchLabels:map[string]string{},MatchExpressions:[]LabelSelectorRequirement{${expressions.join('')}},}`;
}

interface EntrySpec {
  readonly port?: number;
  readonly endPort?: number;
  readonly portName?: string;
  readonly protocol?: string;
  /** Selector to its policies and what is done. */
  readonly rules: Readonly<Record<string, { readonly by: readonly string[]; readonly rule?: unknown }>>;
  /** False for egress, and for agents before 1.14. */
  readonly bySelector?: boolean;
}

export interface StateSpec {
  readonly endpoint?: number;
  readonly revision?: number;
  readonly enabled?: string;
  readonly ingress?: readonly EntrySpec[];
  readonly egress?: readonly EntrySpec[];
  readonly identities?: Readonly<Record<string, readonly number[]>>;
  readonly policies?: readonly unknown[];
  readonly labels?: readonly string[];
  readonly identity?: number;
  /** What the agent does with the endpoint: `ready` where it is done. */
  readonly state?: string;
  readonly namedPorts?: readonly { name: string; port: number; protocol: string }[];
}

export function stateOf(spec: StateSpec): EndpointState {
  const labels = spec.labels ?? ['k8s:class=deathstar', 'k8s:io.kubernetes.pod.namespace=default', 'k8s:org=empire'];
  const realized = {
    'policy-enabled': spec.enabled ?? 'both',
    // Zeros are left out.
    ...(spec.revision === 0 ? {} : { 'policy-revision': spec.revision ?? 2 }),
    l4: { ingress: (spec.ingress ?? []).map(entryOf), egress: (spec.egress ?? []).map(entryOf) },
  };
  const printed = [
    {
      id: spec.endpoint ?? 1026,
      status: {
        state: spec.state ?? 'ready',
        identity: { id: spec.identity ?? 18031, labels },
        policy: { realized },
        namedPorts: spec.namedPorts,
        'external-identifiers': { 'k8s-namespace': 'default', 'k8s-pod-name': 'deathstar-0' },
      },
    },
  ];
  const table = Object.entries(spec.identities ?? {}).map(([selector, identities]) => ({ selector, identities }));
  const endpoint = readRealizedPolicies(JSON.stringify(printed))?.[0];
  const selectors = readSelectors(JSON.stringify(table));
  if (endpoint === undefined || selectors === null) throw new Error('the made state is not readable');
  const policies = (spec.policies ?? []).flatMap((policy) => readPolicyObject(policy) ?? []);
  return { endpoint, selectors, policies: policiesOfEndpoint(policies, endpoint) };
}

function entryOf(spec: EntrySpec): unknown {
  const { port, endPort, portName, protocol, rules, bySelector = true } = spec;
  const lists = Object.entries(rules).map(([selector, { by }]): [string, string[][]] => [selector, by.map(labelsOf)]);
  return {
    rule: JSON.stringify({
      port: port ?? 0,
      endPort,
      'port-name': portName,
      protocol: protocol ?? 'TCP',
      'l7-rules': Object.entries(rules).map(([selector, { rule }]) => ({ [selector]: rule ?? null })),
    }),
    'derived-from-rules': lists.flatMap(([, list]) => list),
    ...(bySelector ? { 'rules-by-selector': Object.fromEntries(lists) } : {}),
  };
}

/** `default/rule1` is a CiliumNetworkPolicy, `rule1` a clusterwide one, `NetworkPolicy:default/rule1` of that kind. */
function labelsOf(policy: string): string[] {
  const [, given, namespace, name = ''] = /^(?:(\w+):)?(?:([^/]+)\/)?(.+)$/.exec(policy) ?? [];
  const kind = given ?? (namespace === undefined ? 'CiliumClusterwideNetworkPolicy' : 'CiliumNetworkPolicy');
  const prefix = 'k8s:io.cilium.k8s.policy.';
  const where = namespace === undefined ? [] : [`${prefix}namespace=${namespace}`];
  return [`${prefix}derived-from=${kind}`, `${prefix}name=${name}`, ...where, `${prefix}uid=1`];
}
