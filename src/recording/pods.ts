/** What the targets of recordings are called, and where they are. */
import type { AgentPlan } from '../model/cluster.ts';

export interface RecordedPods {
  learn(node: string, targets: AgentPlan['targets']): void;
  /** `namespace/name` of the target that is this endpoint. */
  endpointName(this: void, endpoint: number, node: string | null): string | null;
  /** Of a target, by `namespace/name`. */
  podAddresses(this: void, pod: string): readonly string[];
}

export function createRecordedPods(): RecordedPods {
  const names = new Map<string, string>();
  const addressesOf = new Map<string, readonly string[]>();
  return {
    learn: (node, targets) => {
      if (targets === 'all') return;
      for (const { endpoint, namespace, pod, addresses } of targets) {
        names.set(`${node} ${endpoint}`, `${namespace}/${pod}`);
        addressesOf.set(`${namespace}/${pod}`, addresses);
      }
    },
    endpointName: (endpoint, node) => names.get(`${node} ${endpoint}`) ?? null,
    podAddresses: (pod) => addressesOf.get(pod) ?? [],
  };
}
