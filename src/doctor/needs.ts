/** Owns which permissions each command needs, and why. */
import type { AccessQuestion } from '../model/kubernetes.ts';
import { withoutIt } from '../report/without.ts';

export const COMMANDS = ['watch', 'summary', 'check', 'record', 'events', 'policies', 'doctor'] as const;
type CommandName = (typeof COMMANDS)[number];

export const ROLE_MODES = [...COMMANDS, 'minimal'] as const;
export type RoleMode = (typeof ROLE_MODES)[number];

export interface Need {
  readonly group: string;
  readonly resources: readonly string[];
  readonly subresource?: string;
  /** Of one object only. */
  readonly name?: string;
  readonly verbs: readonly string[];
  /** In the targets' namespace (every one where none is named), in the agents' one, or of the cluster as a whole. */
  readonly where: 'targets' | 'agents' | 'cluster';
  readonly commands: readonly CommandName[];
  /** `to find the targets` */
  readonly why: string;
}

const EVERY = { commands: COMMANDS } as const;
const ATTRIBUTING = { commands: ['watch', 'summary', 'check', 'record', 'events', 'policies'] } as const;
const READ = { verbs: ['get', 'list'] } as const;

export const NEEDS: readonly Need[] = [
  { ...EVERY, ...READ, group: '', resources: ['pods'], where: 'targets', why: 'to find the targets' },
  {
    ...EVERY,
    group: '',
    resources: ['pods'],
    verbs: ['list'],
    where: 'agents',
    why: 'to find the agents',
  },
  {
    ...EVERY,
    group: '',
    resources: ['pods'],
    subresource: 'exec',
    // Kubernetes before 1.35 asks for get, later ones for create.
    verbs: ['get', 'create'],
    where: 'agents',
    why: 'to run the monitor in the agents, and to query them',
  },
  {
    ...EVERY,
    ...READ,
    group: 'cilium.io',
    resources: ['ciliumendpoints'],
    where: 'targets',
    why: 'to find the endpoints of the targets',
  },
  {
    ...ATTRIBUTING,
    ...READ,
    group: 'cilium.io',
    resources: ['ciliumidentities'],
    where: 'cluster',
    why: 'to name identities',
  },
  {
    ...EVERY,
    verbs: ['list'],
    group: 'cilium.io',
    resources: ['ciliumnetworkpolicies', 'ciliumclusterwidenetworkpolicies'],
    where: 'cluster',
    why: 'to tell which policies isolate a pod',
  },
  {
    ...EVERY,
    verbs: ['list'],
    group: 'networking.k8s.io',
    resources: ['networkpolicies'],
    where: 'cluster',
    why: 'to tell which policies isolate a pod',
  },
  {
    ...EVERY,
    ...READ,
    group: '',
    resources: ['nodes'],
    where: 'cluster',
    why: 'for --node, and to see nodes that have no agent',
  },
  {
    ...EVERY,
    ...READ,
    group: 'apps',
    resources: ['deployments', 'statefulsets', 'daemonsets', 'replicasets'],
    where: 'targets',
    why: 'for targets as TYPE/NAME',
  },
  {
    ...EVERY,
    ...READ,
    group: '',
    resources: ['replicationcontrollers'],
    where: 'targets',
    why: 'for targets as rc/NAME',
  },
  {
    ...EVERY,
    ...READ,
    group: 'batch',
    resources: ['jobs', 'cronjobs'],
    where: 'targets',
    why: 'for targets as TYPE/NAME',
  },
  {
    commands: ['events'],
    group: '',
    resources: ['services'],
    verbs: ['list'],
    where: 'cluster',
    why: 'to name services in translations (-t trace-sock)',
  },
  {
    commands: ['doctor'],
    group: '',
    resources: ['configmaps'],
    name: 'cilium-config',
    verbs: ['get'],
    where: 'agents',
    why: 'to tell whether events are switched off or rate-limited',
  },
];

export interface Places {
  /** Null for every namespace; none where whole nodes are the targets. */
  readonly targets: readonly string[] | null;
  readonly agents: readonly string[];
}

/** The single questions of a need; what is asked in every namespace is not asked in one of them again. */
export function questionsOf(need: Need, places: Places): AccessQuestion[] {
  return namespacesOf(need, places).flatMap((namespace) =>
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

/** Null is the cluster as a whole. */
function namespacesOf({ where, subresource, name }: Need, { targets, agents }: Places): readonly (string | null)[] {
  if (where === 'cluster') return [null];
  if (where === 'targets') return targets ?? [null];
  // To read pods is asked for with the targets.
  const isList = subresource === undefined && name === undefined;
  if (isList && targets === null) return [];
  return agents.filter((namespace) => !isList || targets?.includes(namespace) !== true);
}

/** What is done where it is not allowed; null where nothing can be done. */
export function withoutNeed({ group, resources, subresource }: Need): string | null {
  const [plural = ''] = resources;
  return subresource === undefined ? withoutIt(group === '' ? plural : `${plural}.${group}`) : null;
}

/** What one command needs; `minimal` is what none can go without. */
export function needsFor(mode: RoleMode): readonly Need[] {
  if (mode === 'minimal') return NEEDS.filter((need) => withoutNeed(need) === null);
  return NEEDS.filter(({ commands }) => commands.includes(mode));
}
