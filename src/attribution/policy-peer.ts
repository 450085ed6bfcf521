/** Owns whom a rule means: the peers as their author wrote them, with what the agent adds when it makes selectors of them. */
import * as v from 'valibot';
import type { Direction } from '../model/event.ts';
import {
  CLUSTER_KEY,
  NAMESPACE_KEY,
  NAMESPACE_LABELS,
  type Requirement,
  requirement,
  requirementsOf,
  selectorSchema,
} from './label-selector.ts';

export type Peer =
  | { readonly kind: 'labels'; readonly requirements: readonly Requirement[] }
  | { readonly kind: 'everyone' }
  /** All pods of the agent's own cluster, whose name the rule does not say. */
  | { readonly kind: 'own-cluster' }
  | { readonly kind: 'cidr'; readonly cidr: string; readonly except: readonly string[] }
  | { readonly kind: 'fqdn'; readonly name: string; readonly pattern: string }
  /** Services, groups, nodes and the like: resolved by the agent in ways that the rule does not tell, but never to everyone. */
  | { readonly kind: 'resolved' }
  /** Written in a way that is not understood. */
  | { readonly kind: 'unreadable' };

/** Where a policy is, which bounds its peers; the agent's own form of it says everything by itself. */
export type Scope =
  | { readonly kind: 'namespace'; readonly namespace: string }
  | { readonly kind: 'cluster' }
  | { readonly kind: 'agent' };

export const EVERYONE: Peer = { kind: 'everyone' };
export const UNREADABLE: Peer = { kind: 'unreadable' };
const RESOLVED: Peer = { kind: 'resolved' };

/** pkg/policy/api/entity.go: every selector that an entity ever stood for, the pods of the own cluster aside. */
const ENTITIES: Readonly<Record<string, readonly string[]>> = {
  world: ['world', 'world-ipv4', 'world-ipv6'],
  cluster: ['host', 'remote-node', 'init', 'ingress', 'health', 'unmanaged', 'kube-apiserver'],
};

const cidrSet = v.object({ cidr: v.string(), except: v.nullish(v.array(v.string())) });
const fqdn = v.strictObject({ matchName: v.nullish(v.string()), matchPattern: v.nullish(v.string()) });
const networkPolicyPeer = v.object({
  podSelector: v.nullish(selectorSchema),
  namespaceSelector: v.nullish(selectorSchema),
  ipBlock: v.nullish(cidrSet),
});

/** Null where the rule says nothing of peers. */
export function ciliumPeers(
  rule: Readonly<Record<string, unknown>>,
  direction: Direction,
  scope: Scope,
): Peer[] | null {
  const prefix = direction === 'ingress' ? 'from' : 'to';
  const named = Object.entries(rule).filter(
    ([field, value]) =>
      field.startsWith(prefix) &&
      !['toPorts', 'fromRequires', 'toRequires'].includes(field) &&
      value !== null &&
      value !== undefined,
  );
  if (named.length === 0) return null;
  return named.flatMap(([field, value]) => {
    const items = v.safeParse(v.array(v.unknown()), value);
    return items.success
      ? items.output.flatMap((item) => ciliumPeer(field.slice(prefix.length), item, scope))
      : [UNREADABLE];
  });
}

function ciliumPeer(field: string, item: unknown, scope: Scope): readonly Peer[] {
  switch (field) {
    case 'Endpoints': {
      const read = v.safeParse(selectorSchema, item);
      return [read.success ? labelled(scoped(requirementsOf(read.output, 'any'), scope)) : UNREADABLE];
    }
    case 'Entities':
      return typeof item === 'string' ? entity(item) : [UNREADABLE];
    case 'CIDR':
      return typeof item === 'string' ? network(item, []) : [UNREADABLE];
    case 'CIDRSet': {
      const read = v.safeParse(cidrSet, item);
      // Without a network it is a group of them.
      return read.success ? network(read.output.cidr, read.output.except ?? []) : [RESOLVED];
    }
    case 'FQDNs':
      return [readFqdn(item) ?? UNREADABLE];
    default:
      return [RESOLVED];
  }
}

/** One of the selectors in the agent's own form of a rule. */
export function agentPeer(item: unknown): Peer {
  const name = readFqdn(item);
  if (name?.kind === 'fqdn' && name.name + name.pattern !== '') return name;
  const read = v.safeParse(v.strictObject(selectorSchema.entries), item);
  return read.success ? labelled(requirementsOf(read.output, 'any')) : UNREADABLE;
}

export function networkPeer(item: unknown, namespace: string): readonly Peer[] {
  const read = v.safeParse(networkPolicyPeer, item);
  if (!read.success) return [UNREADABLE];
  const { podSelector, namespaceSelector, ipBlock } = read.output;
  if (ipBlock) return network(ipBlock.cidr, ipBlock.except ?? []);
  const pods = requirementsOf(podSelector ?? {}, 'k8s');
  const inNamespace = requirement({ source: 'k8s', key: NAMESPACE_KEY }, 'In', [namespace]);
  if (!namespaceSelector) return [labelled([...pods.filter(({ key }) => key !== NAMESPACE_KEY), inNamespace])];
  const namespaces = requirementsOf(namespaceSelector, 'k8s').map((wanted) => ({
    ...wanted,
    key: `${NAMESPACE_LABELS}${wanted.key}`,
  }));
  return [labelled([...pods, ...(namespaces.length > 0 ? namespaces : [ANY_NAMESPACE])])];
}

function readFqdn(item: unknown): Peer | null {
  const read = v.safeParse(fqdn, item);
  if (!read.success) return null;
  return { kind: 'fqdn', name: read.output.matchName ?? '', pattern: read.output.matchPattern ?? '' };
}

function labelled(requirements: readonly Requirement[]): Peer {
  return requirements.length === 0 ? EVERYONE : { kind: 'labels', requirements };
}

const ANY_NAMESPACE = requirement({ source: 'k8s', key: NAMESPACE_KEY }, 'Exists', []);

/** pkg/k8s/apis/cilium.io/utils/utils.go, getEndpointSelector: a peer is in the policy's namespace unless it says something of namespaces. */
function scoped(requirements: readonly Requirement[], scope: Scope): readonly Requirement[] {
  const isPods = ({ source }: Requirement) => source === 'k8s' || source === 'any';
  if (scope.kind === 'agent' || requirements.some(({ source }) => source === 'reserved')) return requirements;
  if (requirements.some((wanted) => isPods(wanted) && wanted.key === NAMESPACE_KEY)) return requirements;
  if (scope.kind === 'cluster') return [...requirements, ANY_NAMESPACE];
  if (requirements.some((wanted) => isPods(wanted) && wanted.key.startsWith(NAMESPACE_LABELS))) return requirements;
  return [...requirements, requirement({ source: 'k8s', key: NAMESPACE_KEY }, 'In', [scope.namespace])];
}

function entity(name: string): readonly Peer[] {
  if (name === 'all') return [EVERYONE];
  const reserved = (ENTITIES[name] ?? [name]).map(reservedPeer);
  return name === 'cluster' ? [...reserved, { kind: 'own-cluster' }] : reserved;
}

function reservedPeer(key: string): Peer {
  return { kind: 'labels', requirements: [requirement({ source: 'reserved', key }, 'In', [''])] };
}

/** All addresses of a family are the world to the agent (pkg/policy/api/cidr.go). */
function network(cidr: string, except: readonly string[]): readonly Peer[] {
  const own: Peer = { kind: 'cidr', cidr, except };
  if (cidr === '0.0.0.0/0') return [own, reservedPeer('world'), reservedPeer('world-ipv4')];
  if (cidr === '::/0') return [own, reservedPeer('world'), reservedPeer('world-ipv6')];
  return [own];
}

/** The agent may add it to a peer that says nothing of clusters (`policy-default-local-cluster`, 1.18). */
export function isOfCluster({ key, operator }: Requirement): boolean {
  return key === CLUSTER_KEY && operator === 'In';
}
