/** Owns which pod an endpoint of one stream is, for as long as its targets are the same. */
import type { EndpointMode } from '../model/audit.ts';
import type { Target } from '../model/cluster.ts';
import type { Verdict } from '../model/event.ts';
import type { GroupPod } from '../model/groups.ts';

export interface StreamPods {
  setTargets(targets: readonly Target[] | 'all'): void;
  /** Whose an endpoint is, as its agent says: for those that nobody looked up. */
  told(mode: EndpointMode): void;
  /** The same object for verdict after verdict of the same pod. */
  of(verdict: Verdict): GroupPod;
}

export function createStreamPods(node: string | null): StreamPods {
  const wanted = new Map<number, GroupPod>();
  const told = new Map<number, GroupPod>();
  let isWhole = true;

  /** The number may have been given to another pod since. */
  function learn(endpoint: number, namespace: string | null, name: string | null): GroupPod {
    const known = told.get(endpoint);
    if (known?.name === name && known.namespace === namespace) return known;
    const made = Object.freeze({ namespace, name, node, endpoint });
    told.set(endpoint, made);
    return made;
  }

  return {
    setTargets: (targets) => {
      wanted.clear();
      told.clear();
      isWhole = targets === 'all';
      if (targets === 'all') return;
      for (const { namespace, pod, endpoint } of targets)
        if (endpoint !== null) wanted.set(endpoint, Object.freeze({ namespace, name: pod, node, endpoint }));
    },
    told: ({ endpoint, namespace, pod }) => {
      if (!isWhole) return;
      if (pod === null) told.delete(endpoint);
      else learn(endpoint, namespace, pod);
    },
    of: ({ endpoint, direction, hubble }) => {
      const target = wanted.get(endpoint);
      if (target !== undefined) return target;
      if (hubble === null) return told.get(endpoint) ?? learn(endpoint, null, null);
      // Hubble tells both ends by name.
      const near = direction === 'ingress' ? hubble.destination : hubble.source;
      return learn(endpoint, near?.namespace ?? null, near?.pod ?? null);
    },
  };
}
