/** The kinds of objects that discovery asks for, and the short names that kubectl's users type. */
import type { Resource } from '../model/kubernetes.ts';

export const PODS: Resource = { group: '', version: 'v1', plural: 'pods' };
export const NODES: Resource = { group: '', version: 'v1', plural: 'nodes' };
export const JOBS: Resource = { group: 'batch', version: 'v1', plural: 'jobs' };
export const CILIUM_ENDPOINTS: Resource = { group: 'cilium.io', version: 'v2', plural: 'ciliumendpoints' };
export const CILIUM_IDENTITIES: Resource = { group: 'cilium.io', version: 'v2', plural: 'ciliumidentities' };

type WorkloadKind =
  | 'Deployment'
  | 'StatefulSet'
  | 'DaemonSet'
  | 'ReplicaSet'
  | 'ReplicationController'
  | 'Job'
  | 'CronJob';

export interface WorkloadType {
  readonly kind: WorkloadKind;
  readonly resource: Resource;
  readonly aliases: readonly string[];
}

const apps = (plural: string): Resource => ({ group: 'apps', version: 'v1', plural });

const WORKLOAD_TYPES: readonly WorkloadType[] = [
  { kind: 'Deployment', resource: apps('deployments'), aliases: ['deploy', 'deployment', 'deployments'] },
  { kind: 'StatefulSet', resource: apps('statefulsets'), aliases: ['sts', 'statefulset', 'statefulsets'] },
  { kind: 'DaemonSet', resource: apps('daemonsets'), aliases: ['ds', 'daemonset', 'daemonsets'] },
  { kind: 'ReplicaSet', resource: apps('replicasets'), aliases: ['rs', 'replicaset', 'replicasets'] },
  {
    kind: 'ReplicationController',
    resource: { group: '', version: 'v1', plural: 'replicationcontrollers' },
    aliases: ['rc', 'replicationcontroller', 'replicationcontrollers'],
  },
  { kind: 'Job', resource: JOBS, aliases: ['job', 'jobs'] },
  {
    kind: 'CronJob',
    resource: { group: 'batch', version: 'v1', plural: 'cronjobs' },
    aliases: ['cj', 'cronjob', 'cronjobs'],
  },
];

const POD_ALIASES = ['po', 'pod', 'pods'];

/** `deploy`, `Deployment`, `deployments.apps`, `deployment.v1.apps`; null for a word that is none. */
export function workloadType(word: string): WorkloadType | 'pod' | null {
  const [short = '', ...group] = word.toLowerCase().split('.');
  if (POD_ALIASES.includes(short) && group.length === 0) return 'pod';
  const found = WORKLOAD_TYPES.find(({ aliases }) => aliases.includes(short));
  if (found === undefined) return null;
  const { resource } = found;
  const groups = ['', resource.group, `${resource.version}.${resource.group}`];
  return groups.includes(group.join('.')) ? found : null;
}

export const WORKLOAD_WORDS: readonly string[] = [
  'pod',
  ...WORKLOAD_TYPES.flatMap(({ aliases }) => aliases.slice(0, 1)),
];
