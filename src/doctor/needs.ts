/** Owns which permissions each command needs, why, and what it does without them. */
import type { AccessQuestion } from '../model/kubernetes.ts';

export const MODES = ['watch', 'events', 'policies', 'doctor'] as const;
export type Mode = (typeof MODES)[number];

export interface Need {
  readonly group: string;
  readonly resources: readonly string[];
  readonly subresource?: string;
  /** Of one object only. */
  readonly name?: string;
  readonly verbs: readonly string[];
  /** In the targets' namespace (every one where none is named), in the agents' one, or of the cluster as a whole. */
  readonly where: 'targets' | 'agents' | 'cluster';
  readonly modes: readonly Mode[];
  readonly why: string;
  /** What happens without it; null where nothing does. */
  readonly without: string | null;
}

const AT_ALL = { modes: MODES } as const;
const READ = { verbs: ['get', 'list'] } as const;

export const NEEDS: readonly Need[] = [
  { ...AT_ALL, ...READ, group: '', resources: ['pods'], where: 'targets', why: 'find the targets', without: null },
  {
    ...AT_ALL,
    group: '',
    resources: ['pods'],
    verbs: ['list'],
    where: 'agents',
    why: 'find the agents',
    without: null,
  },
  {
    ...AT_ALL,
    group: '',
    resources: ['pods'],
    subresource: 'exec',
    // Kubernetes before 1.35 asks for get, later ones for create.
    verbs: ['get', 'create'],
    where: 'agents',
    why: 'run the monitor in the agents, and ask them',
    without: null,
  },
  {
    ...AT_ALL,
    ...READ,
    group: 'cilium.io',
    resources: ['ciliumendpoints'],
    where: 'targets',
    why: 'find the endpoints of the targets',
    without: 'each agent is asked for its endpoints instead',
  },
  {
    modes: ['watch', 'events', 'policies'],
    ...READ,
    group: 'cilium.io',
    resources: ['ciliumidentities'],
    where: 'cluster',
    why: 'names for identities',
    without: 'agents are asked for names, and what they do not know stays a number',
  },
  {
    modes: ['watch', 'events', 'policies'],
    verbs: ['list'],
    group: 'cilium.io',
    resources: ['ciliumnetworkpolicies', 'ciliumclusterwidenetworkpolicies'],
    where: 'cluster',
    why: 'which policies isolate a pod',
    without: 'each agent is asked for its own form of them, which says less',
  },
  {
    modes: ['watch', 'events', 'policies'],
    verbs: ['list'],
    group: 'networking.k8s.io',
    resources: ['networkpolicies'],
    where: 'cluster',
    why: 'which policies isolate a pod',
    without: 'each agent is asked for its own form of them, which says less',
  },
  {
    ...AT_ALL,
    ...READ,
    group: '',
    resources: ['nodes'],
    where: 'cluster',
    why: '--node, and nodes without an agent',
    without: 'a node without an agent goes unnoticed',
  },
  {
    ...AT_ALL,
    ...READ,
    group: 'apps',
    resources: ['deployments', 'statefulsets', 'daemonsets', 'replicasets'],
    where: 'targets',
    why: 'targets as TYPE/NAME',
    without: 'pods are told by who made them',
  },
  {
    ...AT_ALL,
    ...READ,
    group: 'batch',
    resources: ['jobs', 'cronjobs'],
    where: 'targets',
    why: 'targets as TYPE/NAME',
    without: 'pods are told by who made them',
  },
  {
    modes: ['doctor'],
    group: '',
    resources: ['configmaps'],
    name: 'cilium-config',
    verbs: ['get'],
    where: 'agents',
    why: 'whether events are switched off or rate-limited',
    without: 'the endpoints tell whether events are switched off, and nobody tells of a rate limit',
  },
];

export interface Places {
  /** Null for every namespace. */
  readonly targets: string | null;
  readonly agents: readonly string[];
}

/** The single questions of a need; what is asked in every namespace is not asked in one of them again. */
export function questionsOf(need: Need, { targets, agents }: Places): AccessQuestion[] {
  const isCovered = need.where === 'agents' && targets === null && need.subresource === undefined && !need.name;
  const namespaces =
    need.where === 'agents'
      ? isCovered
        ? []
        : agents
      : need.where === 'targets' && targets !== null
        ? [targets]
        : [null];
  return namespaces.flatMap((namespace) =>
    need.resources.flatMap((resource) =>
      need.verbs.map(
        (verb): AccessQuestion => ({
          verb,
          group: need.group,
          resource,
          ...(need.subresource === undefined ? {} : { subresource: need.subresource }),
          ...(need.name === undefined ? {} : { name: need.name }),
          ...(namespace === null ? {} : { namespace }),
        }),
      ),
    ),
  );
}

export function needsOf(modes: readonly Mode[]): readonly Need[] {
  return NEEDS.filter((need) => need.modes.some((mode) => modes.includes(mode)));
}
