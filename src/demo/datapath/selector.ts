/** Label selectors as Cilium's agent understands and prints them: every key has a source, and `any` is every source. */
import * as v from 'valibot';

export interface Label {
  readonly source: string;
  readonly key: string;
  readonly value: string;
}

export interface Requirement {
  readonly source: string;
  readonly key: string;
  readonly operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist';
  readonly values: readonly string[];
}

/** Whose traffic a rule means. */
export interface Selector {
  /** The text that the agent knows it by: Go's print of the Kubernetes type. */
  readonly text: string;
  readonly everyone: boolean;
  /** Set where it stands for a network: such identities are local to the node. */
  readonly cidr: string | null;
  /** Set where it stands for a name: the label of its identity, and the addresses that have it. */
  readonly fqdn: { readonly label: string; readonly addresses: readonly string[] } | null;
  selects(labels: readonly Label[]): boolean;
}

export const NAMESPACE_KEY = 'io.kubernetes.pod.namespace';
export const CLUSTER_KEY = 'io.cilium.k8s.policy.cluster';
export const CLUSTER_NAME = 'lab';

export const LabelSelector = v.object({
  matchLabels: v.nullish(v.record(v.string(), v.string())),
  matchExpressions: v.nullish(
    v.array(
      v.object({
        key: v.string(),
        operator: v.picklist(['In', 'NotIn', 'Exists', 'DoesNotExist']),
        values: v.nullish(v.array(v.string())),
      }),
    ),
  ),
});
export type LabelSelector = v.InferOutput<typeof LabelSelector>;

/** `k8s:org=empire`; reserved labels have no value. */
export function parseLabel(text: string): Label {
  const [name = '', ...value] = text.split('=');
  const colon = name.indexOf(':');
  return { source: name.slice(0, Math.max(colon, 0)), key: name.slice(colon + 1), value: value.join('=') };
}

function splitKey(key: string, source: string): { source: string; key: string } {
  const colon = key.indexOf(':');
  return colon < 0 ? { source, key } : { source: key.slice(0, colon), key: key.slice(colon + 1) };
}

export function requirementsOf(selector: LabelSelector, source: 'any' | 'k8s', prefix = ''): Requirement[] {
  const labels = Object.entries(selector.matchLabels ?? {}).map(
    ([key, value]): Requirement => ({ ...splitKey(key, source), operator: 'In', values: [value] }),
  );
  const expressions = (selector.matchExpressions ?? []).map(
    ({ key, operator, values }): Requirement => ({ ...splitKey(key, source), operator, values: values ?? [] }),
  );
  return [...labels, ...expressions].map((wanted) => ({ ...wanted, key: `${prefix}${wanted.key}` }));
}

function fulfils(labels: readonly Label[], wanted: Requirement): boolean {
  const found = labels.filter(
    ({ source, key }) => key === wanted.key && (wanted.source === 'any' || source === wanted.source),
  );
  switch (wanted.operator) {
    case 'In':
      return found.some(({ value }) => wanted.values.includes(value));
    case 'NotIn':
      return !found.some(({ value }) => wanted.values.includes(value));
    case 'Exists':
      return found.length > 0;
    case 'DoesNotExist':
      return found.length === 0;
  }
}

/** Go prints maps sorted by key; one value with `In` is a match label (Kubernetes' generated String methods). */
function goText(requirements: readonly Requirement[]): string {
  const isLabel = ({ operator, values }: Requirement) => operator === 'In' && values.length === 1;
  const labels = requirements
    .filter(isLabel)
    .map(({ source, key, values }) => `${source}.${key}: ${values[0] ?? ''},`)
    .sort();
  const expressions = requirements
    .filter((wanted) => !isLabel(wanted))
    .map(
      ({ source, key, operator, values }) =>
        `LabelSelectorRequirement{Key:${source}.${key},Operator:${operator},Values:[${values.join(' ')}],},`,
    );
  return `&LabelSelector{MatchLabels:map[string]string{${labels.join('')}},MatchExpressions:[]LabelSelectorRequirement{${expressions.join('')}},}`;
}

export function toSelector(requirements: readonly Requirement[], cidr: string | null = null): Selector {
  return {
    text: goText(requirements),
    everyone: requirements.length === 0,
    cidr,
    fqdn: null,
    selects: (labels) => requirements.every((wanted) => fulfils(labels, wanted)),
  };
}

export const EVERYONE = toSelector([]);

/** Cilium pkg/policy/api/entity.go. */
const ENTITIES: Readonly<Record<string, readonly string[]>> = {
  world: ['world', 'world-ipv4', 'world-ipv6'],
  cluster: ['host', 'remote-node', 'init', 'ingress', 'health', 'unmanaged', 'kube-apiserver'],
};

/** What an entity stands for: one selector, or several. */
export function entitySelectors(name: string): readonly Selector[] {
  if (name === 'all') return [EVERYONE];
  const reserved = (ENTITIES[name] ?? [name]).map(reservedSelector);
  if (name !== 'cluster') return reserved;
  const pods = toSelector([{ source: 'k8s', key: CLUSTER_KEY, operator: 'In', values: [CLUSTER_NAME] }]);
  return [...reserved, pods];
}

export function reservedSelector(name: string): Selector {
  return toSelector([{ source: 'reserved', key: name, operator: 'In', values: [''] }]);
}

/** What DNS answers for the names that policies of the demo cluster are about. */
const ADDRESSES: Readonly<Record<string, string>> = {
  'api.example.com': '203.0.113.10',
  'www.example.com': '203.0.113.20',
};

export interface FqdnPeer {
  readonly matchName?: string | null | undefined;
  readonly matchPattern?: string | null | undefined;
}

function isMeant({ matchName, matchPattern }: FqdnPeer, name: string): boolean {
  if (matchName !== null && matchName !== undefined) return matchName === name;
  const parts = (matchPattern ?? '').split('*').map((part) => part.replaceAll('.', '\\.'));
  return new RegExp(`^${parts.join('[-a-zA-Z0-9_]*')}$`).test(name);
}

/** Cilium pkg/policy/api/fqdn.go, FQDNSelector.String; the agent allocates an identity when a pod looks the name up. */
export function fqdnSelector(peer: FqdnPeer): Selector {
  const name = peer.matchName ?? '';
  const pattern = peer.matchPattern ?? '';
  const label = name === '' ? pattern : name;
  const addresses = Object.keys(ADDRESSES).flatMap((one) => (isMeant(peer, one) ? [ADDRESSES[one] ?? ''] : []));
  const networks = addresses.map((address) => `${address}/32`);
  return {
    text: `MatchName: ${name}, MatchPattern: ${pattern}`,
    everyone: false,
    cidr: null,
    fqdn: { label, addresses },
    selects: (labels) =>
      labels.some(
        ({ source, key }) => (source === 'fqdn' && key === label) || (source === 'cidr' && networks.includes(key)),
      ),
  };
}

export function cidrSelector(cidr: string): Selector {
  return toSelector([{ source: 'cidr', key: cidr, operator: 'Exists', values: [] }], cidr);
}
