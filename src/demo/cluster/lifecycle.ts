/** What happens to the demo's pods: an agent's container that restarts, a pod that moves to another node. */
import { randomUUID } from 'node:crypto';
import * as v from 'valibot';
import type { KubeObject, ObjectStore } from '../ports.ts';
import { toKubeTime } from './objects.ts';
import { ENDPOINTS, PODS } from './resources.ts';

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
  const { name, namespace = 'default' } = pod.metadata;
  const endpoint = store.get(ENDPOINTS, namespace, name);
  if (endpoint === null) throw new RangeError(`${namespace}/${name} has no endpoint to move`);
  const { spec, status } = v.parse(Pod, pod);
  const cilium = v.parse(PodEndpoint, endpoint).status;
  store.remove(PODS, namespace, name);
  store.remove(ENDPOINTS, namespace, name);

  const uid = randomUUID();
  const creationTimestamp = toKubeTime(nowMs);
  const containerId = randomUUID().replaceAll('-', '').repeat(2);
  const moved = withReadiness(status, true, creationTimestamp);
  store.put(PODS, {
    ...pod,
    metadata: { ...pod.metadata, uid, creationTimestamp },
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
