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

export interface Route {
  /** The address that a connection ends at. */
  readonly destinationIp: string;
  /** The one that it was opened to, where that is a service's. */
  readonly serviceIp: string | null;
}

/** Null where the name does not resolve. */
export function resolveAddress(name: string, namespace: string, store: ObjectStore, random: Random): Route | null {
  const service = isIpv4(name)
    ? store.list(SERVICES).find((object) => v.parse(Service, object).spec.clusterIP === name)
    : serviceByName(name, namespace, store);
  if (service === undefined) return isIpv4(name) ? { destinationIp: name, serviceIp: null } : null;
  const destinationIp = backend(service, store, random);
  return destinationIp === null ? null : { destinationIp, serviceIp: v.parse(Service, service).spec.clusterIP };
}

/** Of a service in the namespace that everything else of the demo is in. */
export function addressOfService(name: string, store: ObjectStore): string | null {
  const service = store.get(SERVICES, 'default', name);
  return service === null ? null : v.parse(Service, service).spec.clusterIP;
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
