/** What a pod is called on its node: endpoint id and identity, from its CiliumEndpoint, else from the agent itself. */
import type { AgentRef, Target } from '../model/cluster.ts';
import {
  type AgentEndpoint,
  AgentEndpointSchema,
  type CiliumEndpoint,
  CiliumEndpointSchema,
  type Pod,
  readAll,
  readPrinted,
} from './objects.ts';
import { type Surroundings, unlessForbidden } from './question.ts';
import { CILIUM_ENDPOINTS } from './resources.ts';

/** An identity and its labels, as they came along with an endpoint. */
export interface SeenIdentity {
  readonly identity: number;
  readonly labels: readonly string[];
}

export interface FoundEndpoint {
  readonly endpoint: number;
  readonly identity: SeenIdentity | null;
}

/** Up to here each endpoint is asked for by itself; a namespace's list is cheaper for more. */
const MAX_SINGLE_ENDPOINTS = 16;

type Asking = Pick<Surroundings, 'kube' | 'signal' | 'runInAgent'>;

const keyOf = (namespace: string, name: string) => `${namespace}/${name}`;

/** By `namespace/name`. No CiliumEndpoints at all (switched off, or not to be read) is no failure: agents know as well. */
export async function endpointsFromApi(
  { kube, signal }: Asking,
  pods: readonly Pod[],
): Promise<Map<string, FoundEndpoint>> {
  const namespaces = [...new Set(pods.map(({ metadata }) => metadata.namespace))];
  const asked =
    pods.length <= MAX_SINGLE_ENDPOINTS
      ? pods.map(async ({ metadata }) => [await kube.get(CILIUM_ENDPOINTS, metadata.name, metadata.namespace, signal)])
      : namespaces.map((namespace) => kube.list(CILIUM_ENDPOINTS, { namespace }, signal));
  const answers = await Promise.all(asked.map((each) => unlessForbidden(each)));
  const byPod = new Map(
    readAll(
      CiliumEndpointSchema,
      answers.flatMap((answer) => answer ?? []),
    ).map((endpoint) => [keyOf(endpoint.metadata.namespace, endpoint.metadata.name), endpoint]),
  );
  const found = new Map<string, FoundEndpoint>();
  for (const pod of pods) {
    const key = keyOf(pod.metadata.namespace, pod.metadata.name);
    const endpoint = byPod.get(key);
    if (endpoint === undefined || !isOf(endpoint, pod)) continue;
    const { id, identity } = endpoint.status;
    if (id !== null) found.set(key, { endpoint: id, identity: seen(identity) });
  }
  return found;
}

/** A pod that was replaced under its old name (StatefulSets do) leaves a CiliumEndpoint behind for a moment. */
function isOf(endpoint: CiliumEndpoint, { metadata, status }: Pod): boolean {
  const owner = endpoint.metadata.ownerReferences.find(({ kind }) => kind === 'Pod');
  if (owner !== undefined && owner.uid !== '' && metadata.uid !== '' && owner.uid !== metadata.uid) return false;
  const node = endpoint.status.networking?.node ?? '';
  return node === '' || status.hostIP === '' || node === status.hostIP;
}

function seen(identity: { id: number; labels: string[] } | null | undefined): SeenIdentity | null {
  return identity ? { identity: identity.id, labels: identity.labels } : null;
}

/** Every pod that Cilium knows in the cluster; null where they may not be listed. */
export async function listEndpoints({ kube, signal }: Pick<Surroundings, 'kube' | 'signal'>) {
  const listed = await unlessForbidden(kube.list(CILIUM_ENDPOINTS, {}, signal));
  if (listed === null) return null;
  return readAll(CiliumEndpointSchema, listed).map(({ metadata, status }) => ({
    namespace: metadata.namespace,
    pod: metadata.name,
    nodeAddress: status.networking?.node ?? '',
    labels: status.identity?.labels ?? [],
  }));
}

/** The agent's own list, by `namespace/name`. */
export async function endpointsFromAgent({ runInAgent }: Asking, agent: AgentRef): Promise<Map<string, FoundEndpoint>> {
  const printed = readPrinted(AgentEndpointSchema, await runInAgent(agent, ['endpoint', 'list', '-o', 'json']));
  return new Map(
    printed.flatMap((endpoint) => {
      const pod = podOf(endpoint);
      return pod === null ? [] : [[pod, { endpoint: endpoint.id, identity: seen(endpoint.status.identity) }] as const];
    }),
  );
}

function podOf({ status }: AgentEndpoint): string | null {
  const { 'pod-name': whole, 'k8s-namespace': namespace, 'k8s-pod-name': name } = status['external-identifiers'];
  if (namespace !== '' && name !== '') return keyOf(namespace, name);
  // The node itself has `/` for a name.
  return whole.length > 1 ? whole : null;
}

export function targetOf({ metadata, spec, status }: Pod, found: FoundEndpoint | null): Target {
  return {
    namespace: metadata.namespace,
    pod: metadata.name,
    node: spec.nodeName,
    endpoint: found?.endpoint ?? null,
    identity: found?.identity?.identity ?? null,
    addresses: status.podIPs.map(({ ip }) => ip),
  };
}
