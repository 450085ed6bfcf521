/** The addresses of the pods that expectations name as peers: identities are called by their labels, which need not be a pod's name. */
import type { CountExpectation } from '../check/expectation.ts';
import type { PodPattern } from '../check/peer-match.ts';
import { findPods } from '../discovery/targets.ts';
import type { KubeApi } from '../model/kubernetes.ts';
import { Failure } from '../model/problem.ts';

export interface PeerPods {
  /** Of every pod of this name since the first look; null where none was found. */
  readonly addresses: (pod: PodPattern) => readonly string[] | null;
  /** Looks once more: pods come and go. */
  look(): Promise<void>;
}

/** `namespace`: where a bare name is looked for if not everywhere. */
export function peerPodsOf(
  expectations: readonly CountExpectation[],
  namespace: string | null,
  { kube, signal }: { readonly kube: KubeApi; readonly signal: AbortSignal },
): PeerPods {
  const wanted = expectations.flatMap(({ peer }) => (peer?.kind === 'pod' ? [peer] : []));
  const found = new Map<string, Set<string>>();

  async function lookFor(pod: PodPattern): Promise<void> {
    const inNamespace = pod.namespace ?? namespace;
    const everywhere = pod.namespace === null ? await addressesOf(pod.name, null) : null;
    const addresses = everywhere ?? (await addressesOf(pod.name, inNamespace ?? kube.namespace)) ?? [];
    if (addresses.length === 0) return;
    const known = found.get(keyOf(pod)) ?? new Set();
    for (const address of addresses) known.add(address);
    found.set(keyOf(pod), known);
  }

  /** Null where nobody may look. Pods on their node's own address are told apart by nothing. */
  async function addressesOf(name: string, inNamespace: string | null): Promise<readonly string[] | null> {
    try {
      const pods = await findPods(
        { kube, signal, warn: () => {} },
        {
          ...{ pods: [name], workloads: [], selector: null, nodes: [] },
          ...{ namespace: inNamespace, allNamespaces: inNamespace === null },
        },
      );
      return pods
        .filter(({ pod }) => !pod.spec.hostNetwork)
        .flatMap(({ pod }) => pod.status.podIPs.map(({ ip }) => ip));
    } catch (error) {
      if (error instanceof Failure && error.problem.code === 'POD_NOT_FOUND') return [];
      return null;
    }
  }

  return {
    addresses: (pod) => {
      const known = found.get(keyOf(pod));
      return known === undefined ? null : [...known];
    },
    look: async () => Promise.all(wanted.map(lookFor)).then(() => {}),
  };
}

function keyOf({ namespace, name }: PodPattern): string {
  return `${namespace ?? ''}/${name}`;
}
