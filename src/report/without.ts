/** Owns what policystat does without a permission that it can go without, in words that begin after "without it,". */

const AGENTS_ARE_ASKED = 'each agent is asked for its own version of them, which says less';
const MAKERS_TELL = 'pods are matched by their owners';

const WITHOUT: Readonly<Record<string, string>> = {
  'ciliumendpoints.cilium.io': 'each agent is asked for its endpoints instead',
  'ciliumidentities.cilium.io': 'agents are asked for names, and an identity that they do not know remains a number',
  'ciliumnetworkpolicies.cilium.io': AGENTS_ARE_ASKED,
  'ciliumclusterwidenetworkpolicies.cilium.io': AGENTS_ARE_ASKED,
  'networkpolicies.networking.k8s.io': AGENTS_ARE_ASKED,
  nodes: 'a node without an agent goes unnoticed',
  'deployments.apps': MAKERS_TELL,
  'statefulsets.apps': MAKERS_TELL,
  'daemonsets.apps': MAKERS_TELL,
  'replicasets.apps': MAKERS_TELL,
  replicationcontrollers: MAKERS_TELL,
  'jobs.batch': MAKERS_TELL,
  'cronjobs.batch': MAKERS_TELL,
  services: 'services are shown by address',
  configmaps: 'only what agents and endpoints say of themselves is known',
};

/** `pods` and `ciliumidentities.cilium.io`; null for what nothing works without. */
export function withoutIt(resource: string): string | null {
  return WITHOUT[resource] ?? null;
}
