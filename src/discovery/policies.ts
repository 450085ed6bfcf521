/** The policies of the cluster as their authors wrote them. */
import type { Resource } from '../model/kubernetes.ts';
import { type Surroundings, unlessForbidden } from './question.ts';

const KINDS = [
  { kind: 'CiliumNetworkPolicy', resource: { group: 'cilium.io', version: 'v2', plural: 'ciliumnetworkpolicies' } },
  {
    kind: 'CiliumClusterwideNetworkPolicy',
    resource: { group: 'cilium.io', version: 'v2', plural: 'ciliumclusterwidenetworkpolicies' },
  },
  { kind: 'NetworkPolicy', resource: { group: 'networking.k8s.io', version: 'v1', plural: 'networkpolicies' } },
] as const satisfies readonly { kind: string; resource: Resource }[];

export interface ListedPolicy {
  readonly kind: (typeof KINDS)[number]['kind'];
  /** As the API server sent it. */
  readonly object: unknown;
}

/** Null where the user may not list one of the kinds: a part of the policies explains nothing. */
export async function listPolicies({
  kube,
  signal,
}: Pick<Surroundings, 'kube' | 'signal'>): Promise<ListedPolicy[] | null> {
  const lists = await Promise.all(
    KINDS.map(async ({ kind, resource }) => {
      const objects = await unlessForbidden(kube.list(resource, {}, signal));
      return objects?.map((object): ListedPolicy => ({ kind, object })) ?? null;
    }),
  );
  return lists.every((list) => list !== null) ? lists.flat() : null;
}
