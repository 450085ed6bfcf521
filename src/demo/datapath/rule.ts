/** Policies as the agent imports them: what each selects, whom it lets in or out, and where it isolates. */
import * as v from 'valibot';
import type { Direction } from '../../model/event.ts';
import type { PolicyKind } from '../../model/policy.ts';
import type { KubeObject } from '../ports.ts';
import {
  CLUSTER_KEY,
  CLUSTER_NAME,
  cidrSelector,
  EVERYONE,
  entitySelector,
  LabelSelector,
  NAMESPACE_KEY,
  type Requirement,
  requirementsOf,
  type Selector,
  toSelector,
} from './selector.ts';

export interface PolicyOrigin {
  readonly kind: PolicyKind;
  readonly namespace: string | null;
  readonly name: string;
  readonly uid: string;
}

export interface HttpRule {
  readonly method: string | null;
  readonly path: string | null;
}

export interface RulePort {
  /** `ANY` for every protocol. */
  readonly protocol: string;
  /** 0 for every port; for ICMP the type. */
  readonly port: number;
  readonly endPort: number;
  /** Rules that only the proxy can judge; null where there are none. */
  readonly http: readonly HttpRule[] | null;
}

export interface Rule {
  readonly direction: Direction;
  readonly deny: boolean;
  readonly peers: readonly Selector[];
  readonly ports: readonly RulePort[];
}

export interface Spec {
  readonly origin: PolicyOrigin;
  readonly subject: Selector;
  readonly rules: readonly Rule[];
  /** Directions in which verdicts are made at all. */
  readonly enforced: readonly Direction[];
  /** Directions in which what no rule allows is refused. */
  readonly isolated: readonly Direction[];
}

const List = v.nullish(v.array(v.looseObject({})));
const CiliumPort = v.object({
  port: v.nullish(v.string()),
  endPort: v.nullish(v.number()),
  protocol: v.nullish(v.string()),
});
const CiliumRule = v.object({
  endpoints: v.nullish(v.array(LabelSelector)),
  entities: v.nullish(v.array(v.string())),
  cidr: v.nullish(v.array(v.string())),
  cidrSet: v.nullish(v.array(v.object({ cidr: v.string() }))),
  toPorts: v.nullish(
    v.array(
      v.object({
        ports: v.nullish(v.array(CiliumPort)),
        rules: v.nullish(
          v.object({
            http: v.nullish(v.array(v.object({ method: v.nullish(v.string()), path: v.nullish(v.string()) }))),
          }),
        ),
      }),
    ),
  ),
  icmps: v.nullish(
    v.array(v.object({ fields: v.nullish(v.array(v.object({ type: v.union([v.number(), v.string()]) }))) })),
  ),
});
const CiliumSpec = v.object({
  endpointSelector: v.nullish(LabelSelector),
  ingress: List,
  egress: List,
  ingressDeny: List,
  egressDeny: List,
  enableDefaultDeny: v.nullish(v.object({ ingress: v.nullish(v.boolean()), egress: v.nullish(v.boolean()) })),
});
const NetworkPeer = v.object({
  podSelector: v.nullish(LabelSelector),
  namespaceSelector: v.nullish(LabelSelector),
  ipBlock: v.nullish(v.object({ cidr: v.string() })),
});
const NetworkRule = v.object({
  peers: v.nullish(v.array(NetworkPeer)),
  ports: v.nullish(
    v.array(
      v.object({
        port: v.nullish(v.union([v.number(), v.string()])),
        endPort: v.nullish(v.number()),
        protocol: v.nullish(v.string()),
      }),
    ),
  ),
});
const NetworkSpec = v.object({
  podSelector: v.nullish(LabelSelector),
  policyTypes: v.nullish(v.array(v.string())),
  ingress: List,
  egress: List,
});
const HasSpecs = v.object({ spec: v.nullish(v.unknown()), specs: v.nullish(v.array(v.unknown())) });

const NAMESPACE_LABELS = 'io.cilium.k8s.namespace.labels.';

function k8s(key: string, value: string): Requirement {
  return { source: 'k8s', key, operator: 'In', values: [value] };
}

/** A policy in a namespace means pods of it, unless it says otherwise. */
function within(requirements: readonly Requirement[], namespace: string | null): Requirement[] {
  const named = requirements.some(({ key }) => key === NAMESPACE_KEY || key.startsWith(NAMESPACE_LABELS));
  return namespace === null || named ? [...requirements] : [...requirements, k8s(NAMESPACE_KEY, namespace)];
}

/** A clusterwide policy's peers are pods of any namespace, and nothing that has none. */
function peerWithin(requirements: readonly Requirement[], namespace: string | null): Requirement[] {
  const named = requirements.some(({ key }) => key === NAMESPACE_KEY || key.startsWith(NAMESPACE_LABELS));
  if (namespace !== null || named) return within(requirements, namespace);
  return [...requirements, { source: 'k8s', key: NAMESPACE_KEY, operator: 'Exists', values: [] }];
}

/** Since 1.18 a peer without a word about clusters is one of the own cluster (`policy-default-local-cluster`). */
function peerSelector(requirements: readonly Requirement[], local: boolean): Selector {
  if (requirements.length === 0) return EVERYONE;
  return toSelector(local ? [...requirements, k8s(CLUSTER_KEY, CLUSTER_NAME)] : requirements);
}

function ciliumPorts(rule: v.InferOutput<typeof CiliumRule>): RulePort[] {
  const ports = (rule.toPorts ?? []).flatMap(({ ports, rules }) => {
    const http = rules?.http?.map(({ method, path }) => ({ method: method ?? null, path: path ?? null })) ?? null;
    return (ports ?? []).map((port) => rulePort(port.protocol ?? 'ANY', port.port ?? '0', port.endPort, http));
  });
  const icmps = (rule.icmps ?? []).flatMap(({ fields }) =>
    (fields ?? []).map(({ type }) => rulePort('ICMP', type === 'EchoRequest' ? 8 : type, null, null)),
  );
  return [...ports, ...icmps];
}

function rulePort(
  protocol: string,
  port: number | string,
  endPort: number | null | undefined,
  http: readonly HttpRule[] | null,
): RulePort {
  const number = Number(port);
  const first = Number.isInteger(number) ? number : 0;
  return { protocol: protocol.toUpperCase(), port: first, endPort: Math.max(first, endPort ?? 0), http };
}

const EVERY_PORT = rulePort('ANY', 0, null, null);

function ciliumRule(
  raw: Readonly<Record<string, unknown>>,
  direction: Direction,
  deny: boolean,
  namespace: string | null,
  local: boolean,
): Rule | null {
  const [endpoints, entities, cidr, cidrSet] = ['Endpoints', 'Entities', 'CIDR', 'CIDRSet'].map(
    (what) => raw[`${direction === 'ingress' ? 'from' : 'to'}${what}`],
  );
  const rule = v.parse(CiliumRule, { ...raw, endpoints, entities, cidr, cidrSet });
  const ports = ciliumPorts(rule);
  const named = [rule.endpoints, rule.entities, rule.cidr, rule.cidrSet].some(
    (peers) => peers !== null && peers !== undefined,
  );
  // `ingress: [{}]` isolates and lets nobody in.
  if (!named && ports.length === 0) return null;
  const peers = [
    ...(rule.endpoints ?? []).map((peer) => peerSelector(peerWithin(requirementsOf(peer, 'any'), namespace), local)),
    ...(rule.entities ?? []).map(entitySelector),
    ...(rule.cidr ?? []).map(cidrSelector),
    ...(rule.cidrSet ?? []).map((set) => cidrSelector(set.cidr)),
  ];
  return { direction, deny, peers: named ? peers : [EVERYONE], ports: ports.length > 0 ? ports : [EVERY_PORT] };
}

function ciliumSpec(raw: unknown, origin: PolicyOrigin, local: boolean): Spec {
  const spec = v.parse(CiliumSpec, raw);
  const { namespace } = origin;
  const sections: Readonly<Record<Direction, { allow: typeof spec.ingress; deny: typeof spec.ingress }>> = {
    ingress: { allow: spec.ingress, deny: spec.ingressDeny },
    egress: { allow: spec.egress, deny: spec.egressDeny },
  };
  const directions = (['ingress', 'egress'] as const).filter(
    (direction) => (sections[direction].allow?.length ?? 0) + (sections[direction].deny?.length ?? 0) > 0,
  );
  const rules = directions.flatMap((direction) => [
    ...(sections[direction].allow ?? []).map((rule) => ciliumRule(rule, direction, false, namespace, local)),
    ...(sections[direction].deny ?? []).map((rule) => ciliumRule(rule, direction, true, namespace, local)),
  ]);
  return {
    origin,
    subject: toSelector(within(requirementsOf(spec.endpointSelector ?? {}, 'any'), namespace)),
    rules: rules.filter((rule) => rule !== null),
    enforced: directions,
    isolated: directions.filter((direction) => spec.enableDefaultDeny?.[direction] !== false),
  };
}

function networkPeer(peer: v.InferOutput<typeof NetworkPeer>, namespace: string | null, local: boolean): Selector {
  if (peer.ipBlock) return cidrSelector(peer.ipBlock.cidr);
  const pods = requirementsOf(peer.podSelector ?? {}, 'k8s');
  const namespaces = requirementsOf(peer.namespaceSelector ?? {}, 'k8s', NAMESPACE_LABELS);
  return peerSelector(within([...pods, ...namespaces], peer.namespaceSelector ? null : namespace), local);
}

function networkSpec(raw: unknown, origin: PolicyOrigin, local: boolean): Spec {
  const spec = v.parse(NetworkSpec, raw);
  const types = spec.policyTypes ?? ['Ingress', ...(spec.egress ? ['Egress'] : [])];
  const directions = (['ingress', 'egress'] as const).filter((direction) =>
    types.some((type) => type.toLowerCase() === direction),
  );
  const rules = directions.flatMap((direction) =>
    (spec[direction] ?? []).map((rawRule): Rule => {
      const rule = v.parse(NetworkRule, { ...rawRule, peers: rawRule[direction === 'ingress' ? 'from' : 'to'] });
      const peers = (rule.peers ?? []).map((peer) => networkPeer(peer, origin.namespace, local));
      const ports = (rule.ports ?? []).map((port) =>
        rulePort(port.protocol ?? 'TCP', port.port ?? 0, port.endPort, null),
      );
      return {
        direction,
        deny: false,
        peers: peers.length > 0 ? peers : [EVERYONE],
        ports: ports.length > 0 ? ports : [EVERY_PORT],
      };
    }),
  );
  const subject = toSelector(within(requirementsOf(spec.podSelector ?? {}, 'k8s'), origin.namespace));
  return { origin, subject, rules, enforced: directions, isolated: directions };
}

/** The specs of one policy object; none where the agent would not understand it. */
export function specsOf(object: KubeObject, kind: PolicyKind, local: boolean): Spec[] {
  const origin: PolicyOrigin = {
    kind,
    namespace: object.metadata.namespace ?? null,
    name: object.metadata.name,
    uid: object.metadata.uid ?? '',
  };
  try {
    const { spec, specs } = v.parse(HasSpecs, object);
    const raw = [...(spec === null || spec === undefined ? [] : [spec]), ...(specs ?? [])];
    return raw.map((one) =>
      kind === 'NetworkPolicy' ? networkSpec(one, origin, local) : ciliumSpec(one, origin, local),
    );
  } catch (error) {
    if (v.isValiError(error)) return [];
    throw error;
  }
}
