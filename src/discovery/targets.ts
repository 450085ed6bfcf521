/** From what the user typed to the pods that are meant. */
import { Failure, failure, type Problem } from '../model/problem.ts';
import { nearMisses } from './near.ts';
import { type Pod, PodSchema, readAll, readOne } from './objects.ts';
import { isMadeBy, makersOf } from './owners.ts';
import { type Surroundings, unlessForbidden } from './question.ts';
import { PODS, WORKLOAD_WORDS, workloadType } from './resources.ts';
import { podsOfWorkload } from './workloads.ts';

export interface TargetQuery {
  /** `NAME` or `NAMESPACE/NAME`. */
  readonly pods: readonly string[];
  /** `TYPE/NAME`. */
  readonly workloads: readonly string[];
  readonly selector: string | null;
  readonly nodes: readonly string[];
  /** Null for the context's. */
  readonly namespace: string | null;
  readonly allNamespaces: boolean;
}

/** How a pod came to be meant decides what is worth a warning: a Job's finished pods are nothing to tell whoever asked for a namespace. */
type MeantBy = 'name' | 'controller' | 'selector' | 'namespace';

export interface MeantPod {
  readonly pod: Pod;
  readonly by: MeantBy;
}

type Asking = Pick<Surroundings, 'kube' | 'signal' | 'warn'>;

/** Throws where nothing at all was found; what is missing beside something found is a warning. */
export async function findPods(asking: Asking, query: TargetQuery): Promise<MeantPod[]> {
  const { kube } = asking;
  const namespace = query.allNamespaces ? null : (query.namespace ?? kube.namespace);
  const parts: Promise<MeantPod[]>[] = [
    ...query.pods.map((name) => findByName(asking, name, namespace)),
    ...query.workloads.map((workload) => findByWorkload(asking, workload, namespace)),
  ];
  if (query.selector !== null) parts.push(findBySelector(asking, query.selector, namespace, query.nodes));
  if (parts.length === 0) parts.push(findInNamespace(asking, namespace));
  const outcomes = await Promise.allSettled(parts);
  const found = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? outcome.value : []));
  for (const outcome of outcomes) {
    if (outcome.status === 'fulfilled') continue;
    const error: unknown = outcome.reason;
    if (!(error instanceof Failure) || found.length === 0 || error.problem.code === 'USAGE') throw error;
    asking.warn(error.problem);
  }
  const distinct = new Map<string, MeantPod>();
  for (const meant of found) {
    const key = `${meant.pod.metadata.namespace}/${meant.pod.metadata.name}`;
    if (!distinct.has(key)) distinct.set(key, meant);
  }
  return [...distinct.values()];
}

function splitName(text: string, namespace: string | null): { name: string; namespace: string | null } {
  const slash = text.indexOf('/');
  return slash === -1 ? { name: text, namespace } : { name: text.slice(slash + 1), namespace: text.slice(0, slash) };
}

/** An exact name first; else every pod that a controller of that name made. */
async function findByName(asking: Asking, text: string, inNamespace: string | null): Promise<MeantPod[]> {
  const { kube, signal } = asking;
  const { name, namespace } = splitName(text, inNamespace);
  if (namespace === null) {
    const exact = readAll(PodSchema, await kube.list(PODS, { fieldSelector: `metadata.name=${name}` }, signal));
    if (exact.length > 0) return exact.map((pod) => ({ pod, by: 'name' }));
    return madeBy(asking, name, namespace, await kube.list(PODS, {}, signal));
  }
  // Asked at the same time: most people type the name of a Deployment, and the list is no longer needed where the pod is there.
  const enough = new AbortController();
  const all = kube.list(PODS, { namespace }, AbortSignal.any([signal, enough.signal]));
  all.catch(() => null);
  const pod = readOne(PodSchema, await kube.get(PODS, name, namespace, signal));
  if (pod !== null) {
    enough.abort();
    return [{ pod, by: 'name' }];
  }
  return madeBy(asking, name, namespace, await all);
}

async function madeBy(
  asking: Asking,
  name: string,
  namespace: string | null,
  all: readonly unknown[],
): Promise<MeantPod[]> {
  const pods = readAll(PodSchema, all);
  const found = pods.filter((pod) => isMadeBy(pod, name));
  if (found.length > 0) return found.map((pod) => ({ pod, by: 'controller' }));
  const near = [...nearMisses(name, pods.flatMap(namesOf)), ...(await elsewhere(asking, name, namespace))];
  throw failure({ code: 'POD_NOT_FOUND', context: asking.kube.context, namespace: namespace ?? '*', name, near });
}

/** What a pod can be asked for by. */
function namesOf(pod: Pod): string[] {
  return [pod.metadata.name, ...makersOf(pod).map((maker) => maker.name)];
}

/** `NAMESPACE/NAME` of the same name in other namespaces: the most frequent mistake is a forgotten `-n`. */
async function elsewhere({ kube, signal }: Asking, name: string, namespace: string | null): Promise<string[]> {
  if (namespace === null) return [];
  const all = readAll(PodSchema, (await unlessForbidden(kube.list(PODS, {}, signal))) ?? []);
  const others = all.filter((pod) => pod.metadata.namespace !== namespace && namesOf(pod).includes(name));
  return [...new Set(others.map((pod) => `${pod.metadata.namespace}/${name}`))].sort();
}

async function findByWorkload(asking: Asking, text: string, namespace: string | null): Promise<MeantPod[]> {
  const { name: target, namespace: word } = splitName(text, null);
  const type = workloadType(word ?? '');
  if (type === 'pod') return findByName(asking, target, namespace);
  if (type === null) throw failure({ code: 'USAGE', message: notAWorkload(text, word ?? '', target) });
  const pods = await podsOfWorkload(asking, type, target, namespace);
  return pods.map((pod) => ({ pod, by: 'controller' }));
}

const SERVICE = /^(?:svc|services?)$/i;

function notAWorkload(text: string, word: string, target: string): string {
  if (SERVICE.test(word))
    return `"${text}": policies decide about pods, and a Service is none. Name what is behind it (deploy/${target}), or its selector with -l: "kubectl get svc ${target} -o wide" shows it.`;
  return `"${text}": TYPE is one of ${WORKLOAD_WORDS.join(', ')}.`;
}

async function findBySelector(
  { kube, signal }: Asking,
  selector: string,
  namespace: string | null,
  nodes: readonly string[],
): Promise<MeantPod[]> {
  const options = { labelSelector: selector, ...(namespace === null ? {} : { namespace }) };
  const pods = readAll(PodSchema, await kube.list(PODS, options, signal));
  const found = pods.filter((pod) => nodes.length === 0 || nodes.includes(pod.spec.nodeName));
  if (found.length === 0) throw failure({ code: 'NO_POD_MATCHES', context: kube.context, namespace, selector });
  return found.map((pod) => ({ pod, by: 'selector' }));
}

async function findInNamespace({ kube, signal }: Asking, namespace: string | null): Promise<MeantPod[]> {
  const pods = readAll(PodSchema, await kube.list(PODS, namespace === null ? {} : { namespace }, signal));
  if (pods.length === 0) throw failure({ code: 'NO_POD_MATCHES', context: kube.context, namespace, selector: '' });
  return pods.map((pod) => ({ pod, by: 'namespace' }));
}

/** Why a pod cannot be listened to; null where it can. */
function obstacleOf({ metadata, spec, status }: Pod): Problem | null {
  const { namespace, name: pod } = metadata;
  const { phase } = status;
  if (phase === 'Succeeded' || phase === 'Failed') return { code: 'POD_FINISHED', namespace, pod, phase };
  if (spec.nodeName === '')
    return { code: 'POD_NOT_SCHEDULED', namespace, pod, phase: phase === '' ? 'Pending' : phase };
  if (spec.hostNetwork) return { code: 'POD_HOST_NETWORK', namespace, pod, node: spec.nodeName };
  return null;
}

/** The pods that can be listened to. Throws the first obstacle where none can and there is nothing else to listen to. */
export function withoutObstacles(
  meant: readonly MeantPod[],
  isOptional: boolean,
  warn: (problem: Problem) => void,
): Pod[] {
  const judged = meant.map(({ pod, by }) => ({ pod, by, obstacle: obstacleOf(pod) }));
  const usable = judged.filter(({ obstacle }) => obstacle === null).map(({ pod }) => pod);
  for (const { by, obstacle } of judged) {
    if (obstacle === null) continue;
    if (usable.length === 0 && !isOptional) throw failure(obstacle);
    if (isWorthSaying(by, obstacle)) warn(obstacle);
  }
  return usable;
}

function isWorthSaying(by: MeantBy, obstacle: Problem): boolean {
  if (by === 'name') return true;
  return by !== 'namespace' && obstacle.code !== 'POD_FINISHED';
}
