/** Owns which pod an endpoint of one stream is, for as long as its targets are the same. */
import type { EndpointMode } from '../model/audit.ts';
import type { Target } from '../model/cluster.ts';
import type { Verdict } from '../model/event.ts';
import type { GroupPod } from '../model/groups.ts';

export interface StreamPods {
  setTargets(targets: readonly Target[] | 'all'): void;
  /** Whose an endpoint is, as its agent says: for those that nobody looked up. */
  told(mode: EndpointMode): void;
  /** Equal pods are the same object. */
  of(verdict: Verdict): GroupPod;
}

export function createStreamPods(node: string | null): StreamPods {
  const pods = new Map<number, GroupPod>();
  let isWhole = true;
  return {
    setTargets: (targets) => {
      pods.clear();
      isWhole = targets === 'all';
      if (targets === 'all') return;
      for (const { namespace, pod, endpoint } of targets)
        if (endpoint !== null) pods.set(endpoint, Object.freeze({ namespace, name: pod, node, endpoint }));
    },
    told: ({ endpoint, namespace, pod }) => {
      if (!isWhole) return;
      const known = pods.get(endpoint);
      if (pod === null) pods.delete(endpoint);
      else if (known?.name !== pod || known.namespace !== namespace)
        pods.set(endpoint, Object.freeze({ namespace, name: pod, node, endpoint }));
    },
    of: ({ endpoint, direction, hubble }) => {
      const known = pods.get(endpoint);
      if (known !== undefined) return known;
      // Hubble tells both ends by name.
      const near = (direction === 'ingress' ? hubble?.destination : hubble?.source) ?? null;
      const made = Object.freeze({ namespace: near?.namespace ?? null, name: near?.pod ?? null, node, endpoint });
      pods.set(endpoint, made);
      return made;
    },
  };
}
