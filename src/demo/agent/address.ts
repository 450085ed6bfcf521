/** What a name means inside of the demo cluster: services are answered by one of their pods, as kube-proxy's replacement does. */
import * as v from 'valibot';
import { PODS, SERVICES } from '../cluster/resources.ts';
import { isIpv4 } from '../datapath/cidr.ts';
import type { Random } from '../datapath/random.ts';
import type { KubeObject, ObjectStore } from '../ports.ts';

const Service = v.object({
  spec: v.object({ clusterIP: v.string(), selector: v.exactOptional(v.record(v.string(), v.string())) }),
});
const Pod = v.object({ status: v.object({ podIP: v.string() }) });

function backend(service: KubeObject, store: ObjectStore, random: Random): string | null {
  const { selector } = v.parse(Service, service).spec;
  if (selector === undefined) return null;
  const pods = store
    .list(PODS)
    .filter(({ metadata }) => metadata.namespace === service.metadata.namespace)
    .filter(({ metadata }) => Object.entries(selector).every(([key, value]) => metadata.labels?.[key] === value));
  const pod = random.pick(pods);
  return pod === undefined ? null : podIp(pod);
}

function podIp(pod: KubeObject): string | null {
  const read = v.safeParse(Pod, pod);
  return read.success ? read.output.status.podIP : null;
}

/** The address that a connection ends at; null where the name does not resolve. */
export function resolveAddress(name: string, namespace: string, store: ObjectStore, random: Random): string | null {
  const service = isIpv4(name)
    ? store.list(SERVICES).find((object) => v.parse(Service, object).spec.clusterIP === name)
    : serviceByName(name, namespace, store);
  if (service !== undefined) return backend(service, store, random);
  return isIpv4(name) ? name : null;
}

function serviceByName(name: string, namespace: string, store: ObjectStore): KubeObject | undefined {
  const [service = '', of = namespace, ...domain] = name.replace(/\.$/, '').split('.');
  if (domain.length > 0 && !['svc', 'svc.cluster.local'].includes(domain.join('.'))) return undefined;
  return store.get(SERVICES, of, service) ?? undefined;
}

/** `xwing`, `default/xwing`. */
export function findPod(name: string, store: ObjectStore): KubeObject | null {
  const [first = '', second] = name.split('/');
  return second === undefined ? store.get(PODS, 'default', first) : store.get(PODS, first, second);
}

export function addressOfPod(name: string, store: ObjectStore): string | null {
  const pod = findPod(name, store);
  return pod === null ? null : podIp(pod);
}
