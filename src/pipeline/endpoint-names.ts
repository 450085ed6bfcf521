/** Owns what endpoints are called: the pods that they are, as targets were looked up and as agents tell. */
import type { EndpointMode } from '../model/audit.ts';
import type { AgentPlan } from '../model/cluster.ts';

export interface EndpointNames {
  learn(node: string, targets: AgentPlan['targets']): void;
  /** What its agent says of an endpoint now; without a pod it is nobody's that is known. */
  told(node: string, endpoint: Pick<EndpointMode, 'endpoint' | 'namespace' | 'pod'>): void;
  /** `namespace/name` of the pod that is this endpoint. */
  endpointName(this: void, endpoint: number, node: string | null): string | null;
  /** Of a target, by `namespace/name`. */
  podAddresses(this: void, pod: string): readonly string[];
}

export function createEndpointNames(): EndpointNames {
  const names = new Map<string, string>();
  const addressesOf = new Map<string, readonly string[]>();
  return {
    learn: (node, targets) => {
      if (targets === 'all') return;
      for (const { endpoint, namespace, pod, addresses } of targets) {
        if (endpoint !== null) names.set(`${node} ${endpoint}`, `${namespace}/${pod}`);
        addressesOf.set(`${namespace}/${pod}`, addresses);
      }
    },
    told: (node, { endpoint, namespace, pod }) => {
      if (pod === null) names.delete(`${node} ${endpoint}`);
      else names.set(`${node} ${endpoint}`, namespace === null ? pod : `${namespace}/${pod}`);
    },
    endpointName: (endpoint, node) => names.get(`${node} ${endpoint}`) ?? null,
    podAddresses: (pod) => addressesOf.get(pod) ?? [],
  };
}
