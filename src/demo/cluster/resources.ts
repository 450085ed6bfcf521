/** The kinds of objects that the demo cluster is made of, by the names that the API server knows them under. */
import type { Resource } from '../../model/kubernetes.ts';

export const PODS: Resource = { group: '', version: 'v1', plural: 'pods' };
export const NODES: Resource = { group: '', version: 'v1', plural: 'nodes' };
export const SERVICES: Resource = { group: '', version: 'v1', plural: 'services' };
export const ENDPOINTS: Resource = { group: 'cilium.io', version: 'v2', plural: 'ciliumendpoints' };
export const CILIUM_POLICIES: Resource = { group: 'cilium.io', version: 'v2', plural: 'ciliumnetworkpolicies' };
export const CLUSTERWIDE_POLICIES: Resource = {
  group: 'cilium.io',
  version: 'v2',
  plural: 'ciliumclusterwidenetworkpolicies',
};
export const NETWORK_POLICIES: Resource = { group: 'networking.k8s.io', version: 'v1', plural: 'networkpolicies' };

const OTHERS: Readonly<Record<string, Resource>> = {
  Namespace: { group: '', version: 'v1', plural: 'namespaces' },
  Node: NODES,
  Pod: PODS,
  Service: SERVICES,
  ConfigMap: { group: '', version: 'v1', plural: 'configmaps' },
  CiliumEndpoint: ENDPOINTS,
  CiliumIdentity: { group: 'cilium.io', version: 'v2', plural: 'ciliumidentities' },
  CiliumNode: { group: 'cilium.io', version: 'v2', plural: 'ciliumnodes' },
  CiliumNetworkPolicy: CILIUM_POLICIES,
  CiliumClusterwideNetworkPolicy: CLUSTERWIDE_POLICIES,
  NetworkPolicy: NETWORK_POLICIES,
  DaemonSet: { group: 'apps', version: 'v1', plural: 'daemonsets' },
  Deployment: { group: 'apps', version: 'v1', plural: 'deployments' },
  ReplicaSet: { group: 'apps', version: 'v1', plural: 'replicasets' },
};

export function resourceOf(kind: string): Resource {
  const resource = OTHERS[kind];
  if (resource === undefined) throw new RangeError(`no resource for kind ${kind}`);
  return resource;
}
