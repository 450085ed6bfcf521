/** The endpoints and addresses of the demo cluster, read from its objects as the agents read them. */
import * as v from 'valibot';
import { ENDPOINTS, resourceOf } from '../cluster/resources.ts';
import type { ObjectStore } from '../ports.ts';
import { type Label, parseLabel } from './selector.ts';

export interface Endpoint {
  readonly node: string;
  /** Unique on its node only. */
  readonly id: number;
  readonly identity: number;
  readonly labels: readonly string[];
  readonly parsedLabels: readonly Label[];
  /** Null for the host itself. */
  readonly ip: string | null;
  readonly namespace: string | null;
  readonly pod: string | null;
  readonly containerId: string;
  readonly ifindex: number;
  readonly ifname: string;
  /** The numbers of the containers' ports that have a name. */
  readonly namedPorts: readonly NamedPort[];
}

export interface NamedPort {
  readonly name: string;
  readonly port: number;
  readonly protocol: string;
}

export interface DemoNode {
  readonly name: string;
  readonly ip: string;
  /** Where the node's own traffic to its pods comes from. */
  readonly internalIp: string;
  readonly healthIp: string;
}

const CiliumEndpointObject = v.object({
  metadata: v.object({ name: v.string(), namespace: v.string() }),
  status: v.object({
    id: v.number(),
    identity: v.object({ id: v.number(), labels: v.array(v.string()) }),
    networking: v.object({ addressing: v.array(v.object({ ipv4: v.string() })), node: v.string() }),
    'external-identifiers': v.object({ 'container-id': v.string() }),
    'named-ports': v.optional(v.array(v.object({ name: v.string(), port: v.number(), protocol: v.string() })), []),
  }),
});
const CiliumNodeObject = v.object({
  metadata: v.object({ name: v.string() }),
  spec: v.object({
    addresses: v.array(v.object({ ip: v.string(), type: v.string() })),
    health: v.object({ ipv4: v.string() }),
  }),
});

/** The endpoints that every node has for itself, by the ids they had on the real cluster. */
const RESERVED_IDS: Readonly<Record<string, { readonly host: number; readonly health: number }>> = {
  'k8s-node1': { host: 462, health: 2832 },
  'k8s-node2': { host: 1567, health: 1351 },
};

export function readNodes(store: ObjectStore): DemoNode[] {
  return store.list(resourceOf('CiliumNode')).map((object) => {
    const { metadata, spec } = v.parse(CiliumNodeObject, object);
    const address = (type: string) => spec.addresses.find((one) => one.type === type)?.ip ?? '';
    return {
      name: metadata.name,
      ip: address('InternalIP'),
      internalIp: address('CiliumInternalIP'),
      healthIp: spec.health.ipv4,
    };
  });
}

/** A stable number for what the kernel would number by itself. */
function interfaceIndex(id: number): number {
  return 7 + (id % 89);
}

function reserved(node: DemoNode, what: 'host' | 'health'): Endpoint {
  const id = RESERVED_IDS[node.name]?.[what] ?? 0;
  const label = `reserved:${what}`;
  return {
    node: node.name,
    id,
    identity: what === 'host' ? 1 : 4,
    labels: [label],
    parsedLabels: [parseLabel(label)],
    ip: what === 'host' ? null : node.healthIp,
    namespace: null,
    pod: null,
    containerId: '',
    ifindex: interfaceIndex(id),
    ifname: what === 'host' ? 'cilium_host' : 'lxc_health',
    namedPorts: [],
  };
}

export function readEndpoints(store: ObjectStore, nodes: readonly DemoNode[]): Endpoint[] {
  const pods = store.list(ENDPOINTS).map((object): Endpoint => {
    const { metadata, status } = v.parse(CiliumEndpointObject, object);
    const containerId = status['external-identifiers']['container-id'];
    return {
      node: nodes.find(({ ip }) => ip === status.networking.node)?.name ?? '',
      id: status.id,
      identity: status.identity.id,
      labels: status.identity.labels,
      parsedLabels: status.identity.labels.map(parseLabel),
      ip: status.networking.addressing[0]?.ipv4 ?? null,
      namespace: metadata.namespace,
      pod: metadata.name,
      containerId,
      ifindex: interfaceIndex(status.id),
      ifname: `lxc${containerId.slice(0, 12)}`,
      namedPorts: status['named-ports'],
    };
  });
  return [...pods, ...nodes.flatMap((node) => [reserved(node, 'host'), reserved(node, 'health')])];
}
