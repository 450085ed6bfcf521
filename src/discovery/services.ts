/** The services of the cluster by their addresses, and the addresses of single pods. */
import * as v from 'valibot';
import type { KubeApi, Resource } from '../model/kubernetes.ts';
import { PodSchema, readAll, readOne } from './objects.ts';
import { unlessForbidden } from './question.ts';
import { PODS } from './resources.ts';

const SERVICES: Resource = { group: '', version: 'v1', plural: 'services' };

const ServiceSchema = v.object({
  metadata: v.object({ name: v.string(), namespace: v.string() }),
  spec: v.object({
    clusterIP: v.nullish(v.string(), ''),
    clusterIPs: v.nullish(v.array(v.string()), []),
    externalIPs: v.nullish(v.array(v.string()), []),
    ports: v.nullish(v.array(v.object({ port: v.number() })), []),
  }),
});

/** The service (`namespace/name`) at an address, or null. */
export type ServiceAt = (ip: string, port: number) => string | null;

/** Throws `Failure`, FORBIDDEN where services may not be listed. */
export async function listServices(kube: KubeApi, signal: AbortSignal): Promise<ServiceAt> {
  const objects = await kube.list(SERVICES, {}, signal);
  const byAddress = new Map<string, string>();
  for (const { metadata, spec } of readAll(ServiceSchema, objects)) {
    for (const ip of [spec.clusterIP, ...spec.clusterIPs, ...spec.externalIPs]) {
      for (const { port } of spec.ports) byAddress.set(`${ip} ${port}`, `${metadata.namespace}/${metadata.name}`);
    }
  }
  return (ip, port) => byAddress.get(`${ip} ${port}`) ?? null;
}

/** Empty where there is no such pod, or nobody may look. */
export async function podAddresses(
  kube: KubeApi,
  namespace: string,
  name: string,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const object = await unlessForbidden(kube.get(PODS, name, namespace, signal));
  const pod = object === null ? null : readOne(PodSchema, object);
  return pod === null ? [] : pod.status.podIPs.map(({ ip }) => ip);
}
