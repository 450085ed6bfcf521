/** The Cilium agent on a node: which of the pods that carry its label is it, and can it be listened to. */
import type { AgentRef } from '../model/cluster.ts';
import { Failure, type Problem } from '../model/problem.ts';
import { type Pod, PodSchema, readAll } from './objects.ts';
import { type Surroundings, unlessForbidden } from './question.ts';
import { PODS } from './resources.ts';

export interface AgentLocation {
  /** Null: wherever they are. */
  readonly namespace: string | null;
  readonly selector: string;
  /** Null: `cilium-agent`, else the first container. */
  readonly container: string | null;
}

/** What is known of one node's agent. */
export type AgentAnswer =
  | { readonly agent: AgentRef; readonly obstacle: null }
  | { readonly agent: null; readonly obstacle: AgentObstacle };

type AgentObstacle = Extract<Problem, { code: 'AGENT_NOT_FOUND' | 'AGENT_NOT_READY' | 'AGENT_CONTAINER_NOT_FOUND' }>;

const AGENT_CONTAINER = 'cilium-agent';

/** Where agents are when one may not look into every namespace. */
const USUAL_NAMESPACES = ['kube-system', 'cilium'];

/** Up to here each node is asked for by itself; one big list is cheaper for more. */
const MAX_SINGLE_NODES = 8;

type Asking = Pick<Surroundings, 'kube' | 'signal'>;

export interface Agents {
  on(node: string): AgentAnswer;
  /** Every node that has a pod with the agent's label. */
  readonly nodes: readonly string[];
  /** The nodes by their addresses: agents share their node's network. */
  readonly byAddress: ReadonlyMap<string, string>;
}

/** `nodes` are the ones that matter; null for all of the cluster. */
export async function findAgents(
  asking: Asking,
  location: AgentLocation,
  nodes: readonly string[] | null,
): Promise<Agents> {
  const isFew = nodes !== null && nodes.length <= MAX_SINGLE_NODES;
  const fields = isFew ? nodes.map((node) => `spec.nodeName=${node}`) : [null];
  const lists = await Promise.all(fields.map((fieldSelector) => listAgents(asking, location, fieldSelector)));
  const byNode = new Map<string, Pod[]>();
  const byAddress = new Map<string, string>();
  for (const pod of lists.flat()) {
    const { nodeName } = pod.spec;
    if (nodeName === '') continue;
    byNode.set(nodeName, [...(byNode.get(nodeName) ?? []), pod]);
    if (pod.status.hostIP !== '') byAddress.set(pod.status.hostIP, nodeName);
  }
  return {
    nodes: [...byNode.keys()].sort(),
    byAddress,
    on: (node) => chooseAgent(byNode.get(node) ?? [], node, location, asking.kube.context),
  };
}

async function listAgents(
  { kube, signal }: Asking,
  location: AgentLocation,
  fieldSelector: string | null,
): Promise<Pod[]> {
  const { namespace, selector: labelSelector } = location;
  const options = { labelSelector, ...(fieldSelector === null ? {} : { fieldSelector }) };
  const list = async (where: string | null) => {
    const found = await kube.list(PODS, where === null ? options : { ...options, namespace: where }, signal);
    return readAll(PodSchema, found);
  };
  if (namespace !== null) return list(namespace);
  try {
    return await list(null);
  } catch (error) {
    if (!(error instanceof Failure) || error.problem.code !== 'FORBIDDEN') throw error;
    const usual = await Promise.all(USUAL_NAMESPACES.map((where) => unlessForbidden(list(where))));
    const pods = usual.flatMap((found) => found ?? []);
    // Where one of them may not be looked into, nobody knows that there is none.
    if (pods.length === 0 && usual.includes(null)) throw error;
    return pods;
  }
}

function chooseAgent(pods: readonly Pod[], node: string, location: AgentLocation, context: string | null): AgentAnswer {
  const container = (pod: Pod) => containerOf(pod, location.container);
  const rank = (pod: Pod) =>
    (isTerminating(pod) ? 0 : 4) +
    (isReady(pod, container(pod)) ? 2 : 0) +
    (container(pod) === AGENT_CONTAINER ? 1 : 0);
  const [best] = [...pods].sort((a, b) => rank(b) - rank(a) || newestFirst(a, b));
  if (best === undefined) {
    const { namespace, selector } = location;
    return { agent: null, obstacle: { code: 'AGENT_NOT_FOUND', context, node, namespace, selector } };
  }
  const { namespace, name: pod } = best.metadata;
  const known = best.spec.containers.map(({ name }) => name);
  if (location.container !== null && known.length > 0 && !known.includes(location.container)) {
    const { container: wanted } = location;
    return {
      agent: null,
      obstacle: { code: 'AGENT_CONTAINER_NOT_FOUND', node, namespace, pod, container: wanted, known },
    };
  }
  if (isTerminating(best) || !isReady(best, container(best))) {
    const detail = isTerminating(best) ? 'Terminating' : stateOf(best, container(best));
    return { agent: null, obstacle: { code: 'AGENT_NOT_READY', node, namespace, pod, detail } };
  }
  return { agent: { node, namespace, pod, container: container(best) }, obstacle: null };
}

function containerOf({ spec }: Pod, wanted: string | null): string {
  if (wanted !== null) return wanted;
  const names = spec.containers.map(({ name }) => name);
  return names.includes(AGENT_CONTAINER) ? AGENT_CONTAINER : (names[0] ?? AGENT_CONTAINER);
}

function isTerminating({ metadata }: Pod): boolean {
  return metadata.deletionTimestamp !== null;
}

/** Only the agent's own container counts: a side-car that is not ready does not keep us from listening. */
function isReady({ status }: Pod, container: string): boolean {
  if (status.phase !== 'Running') return false;
  const own = status.containerStatuses.find(({ name }) => name === container);
  return own?.ready ?? status.conditions.some(({ type, status: value }) => type === 'Ready' && value === 'True');
}

/** As `kubectl get pods` would show it: `CrashLoopBackOff`, `Pending`. */
function stateOf({ status }: Pod, container: string): string {
  const state = status.containerStatuses.find(({ name }) => name === container)?.state;
  const reasons = [state?.waiting?.reason, state?.terminated?.reason];
  return (
    reasons.find((reason) => reason !== undefined && reason !== '') ??
    (status.phase === 'Running' ? 'NotReady' : status.phase)
  );
}

function newestFirst(a: Pod, b: Pod): number {
  return a.metadata.creationTimestamp < b.metadata.creationTimestamp ? 1 : -1;
}
