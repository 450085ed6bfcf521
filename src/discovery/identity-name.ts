/** What a person calls an identity, from its labels: `default/tiefighter`, `world`, `cidr:10.0.0.0/8`. */
import { type IdentityName, RESERVED_NAMES } from '../model/cluster.ts';

/** Cilium pkg/identity/numericidentity.go: well-known identities, in two sets that lie eight apart. */
const WELL_KNOWN: Readonly<Record<number, string>> = {
  102: 'kube-dns',
  103: 'eks-kube-dns',
  104: 'core-dns',
  105: 'cilium-operator',
  106: 'eks-core-dns',
};
const WELL_KNOWN_DISTANCE = 8;

/** Numbers below mean the same on every node, or are reserved. */
export const FIRST_CLUSTER_IDENTITY = 256;

/** Null for an identity that is not reserved, and for what each cluster defines for itself (128 to 255). */
export function reservedIdentity(identity: number): IdentityName | null {
  if (identity < 0 || identity >= FIRST_CLUSTER_IDENTITY) return null;
  const reserved = RESERVED_NAMES[identity];
  if (reserved !== undefined) return { identity, name: reserved, labels: [`reserved:${reserved}`] };
  const name = WELL_KNOWN[identity] ?? WELL_KNOWN[identity - WELL_KNOWN_DISTANCE];
  return name === undefined ? null : { identity, name, labels: [] };
}

const NAMESPACE_LABEL = 'io.kubernetes.pod.namespace';
const SERVICE_ACCOUNT_LABEL = 'io.cilium.k8s.policy.serviceaccount';

/** Labels that say which program it is, the surest first. */
const APP_LABELS = [
  'app.kubernetes.io/name',
  'app',
  'k8s-app',
  'name',
  'app.kubernetes.io/component',
  'class',
  'run',
  'component',
];

/** Where an identity has several reserved labels, the first of these says most. */
const RESERVED_ORDER = ['kube-apiserver', 'host', 'ingress', 'health', 'remote-node', 'init', 'unmanaged'];

interface Label {
  readonly source: string;
  readonly key: string;
  readonly value: string;
}

/** `k8s:app=web`, `reserved:world`, `cidr:10.0.0.0/8`. */
function parseLabel(text: string): Label {
  const colon = text.indexOf(':');
  const source = colon === -1 ? '' : text.slice(0, colon);
  const rest = text.slice(colon + 1);
  const equals = rest.indexOf('=');
  return equals === -1
    ? { source, key: rest, value: '' }
    : { source, key: rest.slice(0, equals), value: rest.slice(equals + 1) };
}

/** Cilium pkg/k8s/apis/cilium.io/const.go, PolicyLabelCluster. */
const CLUSTER_LABEL = 'io.cilium.k8s.policy.cluster';

/** The cluster that an identity belongs to; null where its labels do not tell. */
export function clusterOfLabels(texts: readonly string[]): string | null {
  const value = texts.map(parseLabel).find(({ source, key }) => source === 'k8s' && key === CLUSTER_LABEL)?.value ?? '';
  return value === '' ? null : value;
}

/** Null where the labels do not tell. `ownCluster` needs no mention. */
export function nameOfLabels(texts: readonly string[], ownCluster: string | null = null): string | null {
  const cluster = clusterOfLabels(texts);
  const name = nameInCluster(texts);
  const isElsewhere = cluster !== null && ownCluster !== null && cluster !== ownCluster;
  return name !== null && isElsewhere ? `${name} (cluster ${cluster})` : name;
}

function nameInCluster(texts: readonly string[]): string | null {
  const labels = texts.map(parseLabel);
  const keysOf = (source: string) => labels.filter((label) => label.source === source).map(({ key }) => key);
  const namespace = labels.find(({ key }) => key === NAMESPACE_LABEL)?.value;
  if (namespace !== undefined) return `${namespace}/${shortName(labels)}`;
  const [fqdn] = keysOf('fqdn');
  if (fqdn !== undefined) return `fqdn:${fqdn}`;
  const [cidr] = keysOf('cidr').sort((a, b) => prefixLength(b) - prefixLength(a));
  if (cidr !== undefined) return `cidr:${readableCidr(cidr)}`;
  const [group] = labels.filter(({ source }) => source === 'cidrgroup');
  if (group !== undefined) return `cidrgroup:${group.key.slice(group.key.lastIndexOf('/') + 1)}`;
  const reserved = keysOf('reserved');
  return RESERVED_ORDER.find((name) => reserved.includes(name)) ?? reserved[0] ?? null;
}

function shortName(labels: readonly Label[]): string {
  const own = labels.filter(({ source, key }) => source === 'k8s' && !/^io\.(?:cilium|kubernetes)\./.test(key));
  for (const wanted of APP_LABELS) {
    const value = own.find(({ key }) => key === wanted)?.value ?? '';
    if (value !== '') return value;
  }
  const account = labels.find(({ key }) => key === SERVICE_ACCOUNT_LABEL)?.value ?? '';
  if (account !== '' && account !== 'default') return account;
  const [first] = own;
  if (first !== undefined) return first.value === '' ? first.key : `${first.key}=${first.value}`;
  return account === '' ? '*' : account;
}

function prefixLength(cidr: string): number {
  return Number(cidr.slice(cidr.lastIndexOf('/') + 1));
}

/** Cilium pkg/labels/cidr: label keys have no colon, so `2001:db8::/32` is `2001-db8--0/32`. */
function readableCidr(key: string): string {
  if (!key.includes('-')) return key;
  const [address = '', bits = ''] = key.replaceAll('-', ':').split('/');
  return `${address.replace(/^0::/, '::').replace(/::0$/, '::')}/${bits}`;
}
