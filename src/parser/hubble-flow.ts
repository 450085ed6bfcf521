/** What every flow of Hubble's JSON tells beside its event: time, node, both ends, the policies that Hubble names (api/v1/flow/flow.proto, 1.19). */
import type { HubbleEndpoint, HubbleFlow } from '../model/hubble.ts';
import type { Direction } from '../model/packet.ts';
import type { PolicyKind, PolicyRef } from '../model/policy.ts';
import { isJsonObject, type JsonObject, numberOf, objectOf, textOf, textsOf } from './json-fields.ts';

export function readHubbleFlow(flow: JsonObject, direction: Direction | null): HubbleFlow {
  const time = textOf(flow, 'time');
  const timeMs = time === null ? Number.NaN : Date.parse(time);
  return {
    time,
    timeMs: Number.isNaN(timeMs) ? null : timeMs,
    node: nodeOf(flow),
    uuid: textOf(flow, 'uuid'),
    isReply: replyOf(flow),
    source: endOf(flow, 'source'),
    destination: endOf(flow, 'destination'),
    policies: direction === null ? [] : policiesOf(flow, direction),
  };
}

export function directionOf(flow: JsonObject): Direction | null {
  switch (flow.traffic_direction) {
    case 'INGRESS':
      return 'ingress';
    case 'EGRESS':
      return 'egress';
    default:
      return null;
  }
}

/** An identity of 0 is left out, as protobuf's JSON does with every zero. */
export function identityOf(flow: JsonObject, side: 'source' | 'destination'): number | null {
  const end = objectOf(flow, side);
  return end === null ? null : (numberOf(end, 'identity') ?? 0);
}

export function endpointOf(flow: JsonObject, side: 'source' | 'destination'): number | null {
  return numberOf(objectOf(flow, side) ?? {}, 'ID');
}

/** `lab/k8s-node1` where the cluster has a name. */
function nodeOf(flow: JsonObject): string | null {
  const name = textOf(flow, 'node_name');
  return name === null ? null : name.slice(name.lastIndexOf('/') + 1);
}

/** `is_reply` is there from 1.9 on, and left out where nobody knows; before there was `reply`, without a third answer. */
function replyOf(flow: JsonObject): boolean | null {
  const { is_reply: isReply, reply } = flow;
  if (typeof isReply === 'boolean') return isReply;
  return reply === true ? true : null;
}

function endOf(flow: JsonObject, side: 'source' | 'destination'): HubbleEndpoint | null {
  const end = objectOf(flow, side);
  if (end === null) return null;
  const service = objectOf(flow, `${side}_service`);
  return {
    endpoint: numberOf(end, 'ID'),
    identity: numberOf(end, 'identity') ?? 0,
    namespace: textOf(end, 'namespace'),
    pod: textOf(end, 'pod_name'),
    labels: textsOf(end, 'labels'),
    workloads: objectsOf(end, 'workloads').map((workload) => ({
      kind: textOf(workload, 'kind') ?? '',
      name: textOf(workload, 'name') ?? '',
    })),
    cluster: textOf(end, 'cluster_name'),
    names: textsOf(flow, `${side}_names`),
    service:
      service === null ? null : { namespace: textOf(service, 'namespace') ?? '', name: textOf(service, 'name') ?? '' },
  };
}

/** 1.15 has those that allow, 1.16 those that deny as well; there is never more than one kind of them for a verdict. */
function policiesOf(flow: JsonObject, direction: Direction): readonly PolicyRef[] {
  const named = [...objectsOf(flow, `${direction}_allowed_by`), ...objectsOf(flow, `${direction}_denied_by`)];
  return named.flatMap((policy) => policyOf(policy) ?? []);
}

const KINDS: ReadonlyMap<string | null, PolicyKind> = new Map(
  (
    [
      'CiliumNetworkPolicy',
      'CiliumClusterwideNetworkPolicy',
      'NetworkPolicy',
      'ClusterNetworkPolicy',
      'AdminNetworkPolicy',
      'BaselineAdminNetworkPolicy',
    ] as const
  ).map((kind) => [kind, kind]),
);
const LABEL = 'k8s:io.cilium.k8s.policy.';

/** What the agent allows by itself has labels and no name (pkg/policy/mapstate.go). The kind is a field from 1.17 on, and a label before. */
function policyOf(policy: JsonObject): PolicyRef | null {
  const labels = textsOf(policy, 'labels');
  const labelled = (key: string) => {
    const start = `${LABEL}${key}=`;
    return labels.find((label) => label.startsWith(start))?.slice(start.length) ?? null;
  };
  const name = textOf(policy, 'name') ?? labelled('name') ?? '';
  if (name === '') return null;
  const namespace = textOf(policy, 'namespace') ?? labelled('namespace') ?? '';
  const kind = KINDS.get(textOf(policy, 'kind')) ?? KINDS.get(labelled('derived-from')) ?? null;
  return { kind, namespace: namespace === '' ? null : namespace, name };
}

export function objectsOf(object: JsonObject, field: string): readonly JsonObject[] {
  const value = object[field];
  return Array.isArray(value) ? value.filter(isJsonObject) : [];
}
