/** Owns the rules inside policies, as far as they are needed to tell which policy an entry of the realized policy came from. */
import * as v from 'valibot';
import type { Direction } from '../model/event.ts';
import { type Requirement, requirement, requirementsOf, selectorSchema } from './label-selector.ts';

export type Peer =
  | { readonly kind: 'labels'; readonly requirements: readonly Requirement[] }
  | { readonly kind: 'everyone' }
  | { readonly kind: 'cidr'; readonly cidr: string }
  | { readonly kind: 'fqdn'; readonly name: string; readonly pattern: string }
  /** Services, groups, nodes and the like: resolved by the agent in ways that the rule does not tell. */
  | { readonly kind: 'unknown' };

export interface RulePort {
  /** `ANY` stands for every protocol. */
  readonly protocol: string;
  /** 0 is every port; a string is a port's name, or an ICMP type's. */
  readonly port: number | string;
}

export interface PolicyRule {
  readonly deny: boolean;
  readonly peers: readonly Peer[];
  readonly ports: readonly RulePort[];
}

const EVERY_PORT: RulePort = { protocol: 'ANY', port: 0 };
export const UNKNOWN: Peer = { kind: 'unknown' };
export const EVERYONE: Peer = { kind: 'everyone' };

const list = v.nullish(v.array(v.unknown()));
const ciliumRule = v.looseObject({
  toPorts: v.nullish(
    v.array(
      v.object({
        ports: v.nullish(v.array(v.object({ port: v.nullish(v.string()), protocol: v.nullish(v.string()) }))),
      }),
    ),
  ),
  icmps: v.nullish(
    v.array(
      v.object({
        fields: v.nullish(
          v.array(v.object({ family: v.nullish(v.string()), type: v.union([v.number(), v.string()]) })),
        ),
      }),
    ),
  ),
});
const cidrSet = v.object({ cidr: v.string() });
const fqdn = v.object({ matchName: v.nullish(v.string()), matchPattern: v.nullish(v.string()) });
const networkPolicyRule = v.object({
  from: list,
  to: list,
  ports: v.nullish(
    v.array(v.object({ port: v.nullish(v.union([v.number(), v.string()])), protocol: v.nullish(v.string()) })),
  ),
});
const networkPolicyPeer = v.object({
  podSelector: v.nullish(selectorSchema),
  namespaceSelector: v.nullish(selectorSchema),
  ipBlock: v.nullish(cidrSet),
});

export function readCiliumRules(
  section: readonly unknown[] | null | undefined,
  direction: Direction,
  deny: boolean,
): PolicyRule[] {
  return (section ?? []).map((raw) => {
    const read = v.safeParse(ciliumRule, raw);
    if (!read.success) return { deny, peers: [UNKNOWN], ports: [EVERY_PORT] };
    return { deny, peers: ciliumPeers(read.output, direction), ports: ciliumPorts(read.output) };
  });
}

function ciliumPeers(rule: Readonly<Record<string, unknown>>, direction: Direction): Peer[] {
  const prefix = direction === 'ingress' ? 'from' : 'to';
  const named = Object.entries(rule).filter(
    ([field, value]) =>
      field.startsWith(prefix) && !['toPorts', 'fromRequires', 'toRequires'].includes(field) && value !== null,
  );
  if (named.length === 0) return [EVERYONE];
  return named.flatMap(([field, value]) => {
    const items = v.safeParse(v.array(v.unknown()), value);
    return items.success ? items.output.map((item) => ciliumPeer(field.slice(prefix.length), item)) : [UNKNOWN];
  });
}

function ciliumPeer(field: string, item: unknown): Peer {
  switch (field) {
    case 'Endpoints': {
      const read = v.safeParse(selectorSchema, item);
      return read.success ? { kind: 'labels', requirements: requirementsOf(read.output, 'any') } : UNKNOWN;
    }
    case 'Entities':
      return entity(item);
    case 'CIDR':
      return typeof item === 'string' ? { kind: 'cidr', cidr: item } : UNKNOWN;
    case 'CIDRSet': {
      const read = v.safeParse(cidrSet, item);
      return read.success ? { kind: 'cidr', cidr: read.output.cidr } : UNKNOWN;
    }
    case 'FQDNs': {
      const read = v.safeParse(fqdn, item);
      if (!read.success) return UNKNOWN;
      return { kind: 'fqdn', name: read.output.matchName ?? '', pattern: read.output.matchPattern ?? '' };
    }
    default:
      return UNKNOWN;
  }
}

/** `cluster` stands for many selectors, `world` for up to three (pkg/policy/api/entity.go): those stay open. */
function entity(name: unknown): Peer {
  if (name === 'all') return EVERYONE;
  if (typeof name !== 'string' || name === 'cluster' || name === 'world') return UNKNOWN;
  return { kind: 'labels', requirements: [requirement({ source: 'reserved', key: name }, 'In', [''])] };
}

function ciliumPorts(rule: v.InferOutput<typeof ciliumRule>): RulePort[] {
  const ports = (rule.toPorts ?? []).flatMap(({ ports }) =>
    (ports ?? []).map(({ port, protocol }) => ({
      protocol: (protocol ?? 'ANY').toUpperCase(),
      port: number(port ?? '0'),
    })),
  );
  const icmps = (rule.icmps ?? []).flatMap(({ fields }) =>
    (fields ?? []).map(({ family, type }) => ({ protocol: family === 'IPv6' ? 'ICMPV6' : 'ICMP', port: number(type) })),
  );
  const all = [...ports, ...icmps];
  return all.length > 0 ? all : [EVERY_PORT];
}

export function readNetworkPolicyRules(
  section: readonly unknown[] | null | undefined,
  direction: Direction,
): PolicyRule[] {
  return (section ?? []).map((raw) => {
    const read = v.safeParse(networkPolicyRule, raw);
    if (!read.success) return { deny: false, peers: [UNKNOWN], ports: [EVERY_PORT] };
    const { from, to, ports } = read.output;
    const peers = (direction === 'ingress' ? from : to) ?? [];
    const numbered = (ports ?? []).map(({ port, protocol }) => ({
      protocol: (protocol ?? 'TCP').toUpperCase(),
      port: number(port ?? 0),
    }));
    return {
      deny: false,
      peers: peers.length > 0 ? peers.map(networkPeer) : [EVERYONE],
      ports: numbered.length > 0 ? numbered : [EVERY_PORT],
    };
  });
}

function networkPeer(raw: unknown): Peer {
  const read = v.safeParse(networkPolicyPeer, raw);
  if (!read.success) return UNKNOWN;
  const { podSelector, namespaceSelector, ipBlock } = read.output;
  if (ipBlock) return { kind: 'cidr', cidr: ipBlock.cidr };
  const pods = requirementsOf(podSelector ?? {}, 'k8s');
  // Labels of a namespace are labels of its pods with this prefix (pkg/k8s/apis/cilium.io/const.go).
  const namespaces = requirementsOf(namespaceSelector ?? {}, 'k8s').map((wanted) => ({
    ...wanted,
    key: `io.cilium.k8s.namespace.labels.${wanted.key}`,
  }));
  return { kind: 'labels', requirements: [...pods, ...namespaces] };
}

function number(port: number | string): number | string {
  return typeof port === 'string' && /^\d+$/.test(port) ? Number(port) : port;
}
