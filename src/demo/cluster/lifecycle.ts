/** What happens to the demo's pods and nodes: containers that restart, pods that are replaced, moved or added, nodes that are not heard. */
import { randomUUID } from 'node:crypto';
import * as v from 'valibot';
import type { KubeObject, ObjectStore } from '../ports.ts';
import { toKubeTime } from './objects.ts';
import { ENDPOINTS, NODES, PODS } from './resources.ts';

const Condition = v.looseObject({ type: v.string() });
const Status = v.looseObject({
  conditions: v.array(Condition),
  containerStatuses: v.array(v.looseObject({ restartCount: v.number(), containerID: v.string() })),
});
const Pod = v.object({ spec: v.looseObject({ nodeName: v.string() }), status: Status });
const PodEndpoint = v.object({
  status: v.looseObject({ id: v.number(), networking: v.looseObject({}), 'external-identifiers': v.looseObject({}) }),
});

function withReadiness(
  status: v.InferOutput<typeof Status>,
  ready: boolean,
  time: string,
): v.InferOutput<typeof Status> {
  const isReadiness = (type: string) => type === 'Ready' || type === 'ContainersReady';
  return {
    ...status,
    conditions: status.conditions.map((condition) =>
      isReadiness(condition.type)
        ? { ...condition, status: ready ? 'True' : 'False', lastTransitionTime: time }
        : condition,
    ),
    containerStatuses: status.containerStatuses.map((container) => ({ ...container, ready, started: ready })),
  };
}

/** The agent's DaemonSet makes another pod in the place of one that is gone; it is not ready yet. */
export function replacePod(store: ObjectStore, pod: KubeObject, name: string, nowMs: number): void {
  const { status } = v.parse(Pod, pod);
  const creationTimestamp = toKubeTime(nowMs);
  store.remove(PODS, pod.metadata.namespace ?? null, pod.metadata.name);
  const metadata = { ...pod.metadata, name, uid: randomUUID(), creationTimestamp };
  store.put(PODS, { ...pod, metadata, status: withReadiness(status, false, creationTimestamp) });
}

const NodeStatus = v.looseObject({ conditions: v.array(Condition) });

/** What the node controller writes when the kubelet is not heard any more, or again. */
export function putNodeReadiness(store: ObjectStore, node: string, ready: boolean, nowMs: number): void {
  const object = store.get(NODES, null, node);
  if (object === null) throw new RangeError(`the demo cluster has no node ${node}`);
  const status = v.parse(NodeStatus, object.status);
  const conditions = status.conditions.map((condition) =>
    condition.type === 'Ready'
      ? { ...condition, status: ready ? 'True' : 'Unknown', lastTransitionTime: toKubeTime(nowMs) }
      : condition,
  );
  store.put(NODES, { ...object, status: { ...status, conditions } });
}

/** The pod as it is between the end of its container and the start of the next. */
export function putRestarting(store: ObjectStore, pod: KubeObject, nowMs: number): void {
  const { status } = v.parse(Pod, pod);
  const time = toKubeTime(nowMs);
  const ended = withReadiness(status, false, time);
  const containerStatuses = ended.containerStatuses.map((container) => ({
    ...container,
    restartCount: container.restartCount + 1,
    lastState: {
      terminated: {
        containerID: container.containerID,
        exitCode: 137,
        finishedAt: time,
        reason: 'Error',
        startedAt: time,
      },
    },
    state: { running: { startedAt: time } },
  }));
  store.put(PODS, { ...pod, status: { ...ended, containerStatuses } });
}

export function putReady(store: ObjectStore, pod: KubeObject, nowMs: number): void {
  const { status } = v.parse(Pod, pod);
  store.put(PODS, { ...pod, status: withReadiness(status, true, toKubeTime(nowMs)) });
}

export interface Place {
  readonly node: string;
  readonly nodeIp: string;
  readonly podIp: string;
  readonly endpoint: number;
}

/** Another pod of the same name on another node: with its own address, endpoint and uid. */
export function movePod(store: ObjectStore, pod: KubeObject, place: Place, nowMs: number): void {
  const endpoint = endpointOf(store, pod);
  removePod(store, pod);
  putPod(store, { pod, endpoint }, pod.metadata.name, place, nowMs);
}

/** One more pod of the same workload. */
export function copyPod(store: ObjectStore, pod: KubeObject, name: string, place: Place, nowMs: number): void {
  putPod(store, { pod, endpoint: endpointOf(store, pod) }, name, place, nowMs);
}

export function removePod(store: ObjectStore, { metadata }: KubeObject): void {
  const { name, namespace = 'default' } = metadata;
  store.remove(PODS, namespace, name);
  store.remove(ENDPOINTS, namespace, name);
}

/** The agent makes the pod's endpoint anew, under another number. */
export function renumberEndpoint(store: ObjectStore, pod: KubeObject, id: number): void {
  const endpoint = endpointOf(store, pod);
  store.put(ENDPOINTS, { ...endpoint, status: { ...v.parse(PodEndpoint, endpoint).status, id } });
}

function endpointOf(store: ObjectStore, { metadata }: KubeObject): KubeObject {
  const { name, namespace = 'default' } = metadata;
  const endpoint = store.get(ENDPOINTS, namespace, name);
  if (endpoint === null) throw new RangeError(`${namespace}/${name} has no endpoint`);
  return endpoint;
}

interface PodWithEndpoint {
  readonly pod: KubeObject;
  readonly endpoint: KubeObject;
}

function putPod(
  store: ObjectStore,
  { pod, endpoint }: PodWithEndpoint,
  name: string,
  place: Place,
  nowMs: number,
): void {
  const { spec, status } = v.parse(Pod, pod);
  const cilium = v.parse(PodEndpoint, endpoint).status;
  const uid = randomUUID();
  const creationTimestamp = toKubeTime(nowMs);
  const containerId = randomUUID().replaceAll('-', '').repeat(2);
  const moved = withReadiness(status, true, creationTimestamp);
  store.put(PODS, {
    ...pod,
    metadata: { ...pod.metadata, name, uid, creationTimestamp },
    spec: { ...spec, nodeName: place.node },
    status: {
      ...moved,
      containerStatuses: moved.containerStatuses.map((container) => ({
        ...container,
        containerID: `containerd://${containerId}`,
        state: { running: { startedAt: creationTimestamp } },
      })),
      hostIP: place.nodeIp,
      hostIPs: [{ ip: place.nodeIp }],
      podIP: place.podIp,
      podIPs: [{ ip: place.podIp }],
      startTime: creationTimestamp,
    },
  });
  store.put(ENDPOINTS, {
    ...endpoint,
    metadata: {
      ...endpoint.metadata,
      name,
      uid: randomUUID(),
      creationTimestamp,
      ownerReferences: [{ apiVersion: 'v1', kind: 'Pod', name, uid }],
    },
    status: {
      ...cilium,
      id: place.endpoint,
      'external-identifiers': {
        ...cilium['external-identifiers'],
        'cni-attachment-id': `${containerId}:eth0`,
        'container-id': containerId,
      },
      networking: { ...cilium.networking, addressing: [{ ipv4: place.podIp }], node: place.nodeIp },
    },
  });
}
