/** The pods of a workload: asked for by its selector, kept by who made them, because selectors may overlap. */
import * as v from 'valibot';
import { failure } from '../model/problem.ts';
import { nearMisses } from './near.ts';
import {
  LabelSelectorSchema,
  NamedSchema,
  PlainSelectorSchema,
  type Pod,
  PodSchema,
  readAll,
  readOne,
  type Workload,
  WorkloadSchema,
} from './objects.ts';
import { isMadeBy } from './owners.ts';
import { type Surroundings, unlessForbidden } from './question.ts';
import { JOBS, PODS, type WorkloadType } from './resources.ts';

/** Every pod of a Job carries it, whatever the Job's selector is. */
const JOB_LABEL = 'job-name';

type Asking = Pick<Surroundings, 'kube' | 'signal'>;

/** In one namespace, or wherever there is a workload of that name. */
export async function podsOfWorkload(
  { kube, signal }: Asking,
  type: WorkloadType,
  name: string,
  namespace: string | null,
): Promise<Pod[]> {
  const { resource, kind } = type;
  const notFound = { context: kube.context, namespace: namespace ?? '*', kind, name };
  const found = await unlessForbidden(
    namespace === null
      ? kube.list(resource, { fieldSelector: `metadata.name=${name}` }, signal)
      : kube.get(resource, name, namespace, signal).then((object) => (object === null ? [] : [object])),
  );
  // Who may not read the workload may still read its pods, and those say who made them.
  const workloads = found === null ? null : readAll(WorkloadSchema, found);
  if (workloads?.length === 0) {
    const others = (await unlessForbidden(kube.list(resource, namespace === null ? {} : { namespace }, signal))) ?? [];
    const near = nearMisses(
      name,
      readAll(NamedSchema, others).map(({ metadata }) => metadata.name),
    );
    throw failure({ code: 'WORKLOAD_NOT_FOUND', ...notFound, near });
  }
  const pods =
    workloads === null
      ? await podsMadeBy({ kube, signal }, kind, name, namespace)
      : (await Promise.all(workloads.map((workload) => podsOfOne({ kube, signal }, type, workload)))).flat();
  if (pods.length === 0) throw failure({ code: 'WORKLOAD_EMPTY', ...notFound });
  return pods;
}

async function podsMadeBy(
  { kube, signal }: Asking,
  kind: string,
  name: string,
  namespace: string | null,
): Promise<Pod[]> {
  const all = await kube.list(PODS, namespace === null ? {} : { namespace }, signal);
  return readAll(PodSchema, all).filter((pod) => isMadeBy(pod, name, kind));
}

async function podsOfOne({ kube, signal }: Asking, { kind }: WorkloadType, workload: Workload): Promise<Pod[]> {
  const { name, namespace, uid } = workload.metadata;
  const list = async (labelSelector: string) =>
    readAll(PodSchema, await kube.list(PODS, { namespace, labelSelector }, signal));
  if (kind === 'CronJob') {
    const [jobs, pods] = await Promise.all([kube.list(JOBS, { namespace }, signal), list(JOB_LABEL)]);
    const runs = readAll(NamedSchema, jobs).filter(({ metadata }) =>
      metadata.ownerReferences.some((owner) => owner.uid === uid),
    );
    const runUids = new Set(runs.map(({ metadata }) => metadata.uid));
    return pods.filter((pod) => pod.metadata.ownerReferences.some((owner) => runUids.has(owner.uid)));
  }
  const pods = await list(kind === 'Job' ? `${JOB_LABEL}=${name}` : selectorText(workload.spec.selector));
  if (kind === 'Deployment') return pods.filter((pod) => isMadeBy(pod, name, kind));
  return pods.filter((pod) => pod.metadata.ownerReferences.some((owner) => owner.uid === uid && owner.name === name));
}

/** A selector object in the form that a list request takes. */
function selectorText(selector: unknown): string {
  const plain = v.safeParse(PlainSelectorSchema, selector);
  if (plain.success) return equalities(plain.output);
  const { matchLabels, matchExpressions } = readOne(LabelSelectorSchema, selector) ?? {
    matchLabels: {},
    matchExpressions: [],
  };
  const expressions = matchExpressions.map(({ key, operator, values }) => {
    switch (operator) {
      case 'In':
        return `${key} in (${values.join(',')})`;
      case 'NotIn':
        return `${key} notin (${values.join(',')})`;
      case 'DoesNotExist':
        return `!${key}`;
      default:
        return key;
    }
  });
  return [equalities(matchLabels), ...expressions].filter((part) => part !== '').join(',');
}

function equalities(labels: Readonly<Record<string, string>>): string {
  return Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(',');
}
