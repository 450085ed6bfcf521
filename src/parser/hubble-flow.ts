/** What every flow of Hubble's JSON tells beside its event: time, node, both ends (api/v1/flow/flow.proto, 1.19). */
import type { HubbleEndpoint, HubbleFlow } from '../model/hubble.ts';
import type { Direction } from '../model/packet.ts';
import { readNaming } from './hubble-naming.ts';
import { type JsonObject, numberOf, objectOf, objectsOf, textOf, textsOf } from './json-fields.ts';

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
    ...readNaming(flow, direction),
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
