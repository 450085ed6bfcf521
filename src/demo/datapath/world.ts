/** What all agents know together: endpoints, identities and realized policies, kept in step with the cluster's objects. */
import * as v from 'valibot';
import type { PolicyKind } from '../../model/policy.ts';
import type { StoreChange, WatchableStore } from '../api/store.ts';
import {
  CILIUM_POLICIES,
  CLUSTERWIDE_POLICIES,
  ENDPOINTS,
  NETWORK_POLICIES,
  resourceOf,
} from '../cluster/resources.ts';
import type { AgentVersion } from '../cluster/version.ts';
import { contains } from './cidr.ts';
import { type DemoNode, type Endpoint, readEndpoints, readNodes } from './endpoint.ts';
import type { Emit } from './event.ts';
import { specsOf } from './policy-specs.ts';
import { type RealizedPolicy, realize } from './realized.ts';
import type { PolicyOrigin, Spec } from './rule.ts';
import { type Label, parseLabel } from './selector.ts';
import { createWork, type Pace } from './work.ts';

export interface Identity {
  readonly identity: number;
  readonly labels: readonly string[];
  readonly parsedLabels: readonly Label[];
}

export interface World {
  readonly version: AgentVersion;
  nodes(): readonly DemoNode[];
  endpoints(): readonly Endpoint[];
  specs(): readonly Spec[];
  /** What the agent tells of; its datapath may decide by another while the agent works on a change. */
  policyOf(endpoint: Endpoint): RealizedPolicy;
  decidedBy(endpoint: Endpoint): RealizedPolicy;
  /** The revision of what the agents tell of. */
  toldRevision(): number;
  /** The endpoint that owns an address, or null for addresses outside of the pods. */
  endpointAt(ip: string): Endpoint | null;
  /** What an address is to the agent of a node. */
  identityOf(ip: string, node: string): Identity;
  identities(): readonly Identity[];
  /** The policy revision: higher after every change. */
  revision(): number;
  /** The data of cilium-config. */
  config(): Readonly<Record<string, string>>;
  /** Whether what would be denied is let through: the endpoint's own option, else `policy-audit-mode` in cilium-config. */
  auditMode(endpoint: Endpoint): boolean;
  setAuditMode(endpoint: Endpoint, isOn: boolean): void;
  /** Whether verdicts are reported at all (`bpf-events-policy-verdict-enabled`). */
  reportsVerdicts(): boolean;
  /** Whether policy maps count packets (`policy-accounting`, 1.16). */
  countsPackets(): boolean;
  close(): void;
}

const POLICIES: readonly { readonly kind: PolicyKind; readonly resource: typeof CILIUM_POLICIES }[] = [
  { kind: 'CiliumNetworkPolicy', resource: CILIUM_POLICIES },
  { kind: 'CiliumClusterwideNetworkPolicy', resource: CLUSTERWIDE_POLICIES },
  { kind: 'NetworkPolicy', resource: NETWORK_POLICIES },
];

function identity(number: number, labels: readonly string[]): Identity {
  return { identity: number, labels, parsedLabels: labels.map(parseLabel) };
}

/** Cilium pkg/identity/numericidentity.go. */
const RESERVED: readonly Identity[] = [
  identity(1, ['reserved:host']),
  identity(2, ['reserved:world']),
  identity(3, ['reserved:unmanaged']),
  identity(4, ['reserved:health']),
  identity(5, ['reserved:init']),
  identity(6, ['reserved:remote-node']),
  identity(7, ['reserved:kube-apiserver', 'reserved:remote-node']),
  identity(8, ['reserved:ingress']),
];
const FIRST_LOCAL_IDENTITY = 0x1000001;
const FIRST_FQDN_IDENTITY = 0x1000801;
/** The minor version; before it, each address that a name was looked up to is a network of its own. */
const NAMES_ARE_LABELS = 16;
const FIRST_REVISION = 6;
const ConfigData = v.object({ data: v.record(v.string(), v.string()) });

export function originLabels({ kind, namespace, name, uid }: PolicyOrigin): string[] {
  const prefix = 'k8s:io.cilium.k8s.policy';
  return [
    `${prefix}.derived-from=${kind}`,
    `${prefix}.name=${name}`,
    ...(namespace === null ? [] : [`${prefix}.namespace=${namespace}`]),
    `${prefix}.uid=${uid}`,
  ];
}

function isSameSpec({ object, previous }: StoreChange): boolean {
  const spec = (policy: typeof previous) => JSON.stringify([policy?.spec, policy?.specs]);
  return previous !== null && spec(previous) === spec(object);
}

function keyOf({ node, id }: Endpoint): string {
  return `${node}/${id}`;
}

/** Without a pace, agents have done their work as soon as something changes. */
export function createWorld(store: WatchableStore, version: AgentVersion, emit: Emit, pace: Pace | null = null): World {
  const cidrIdentities = new Map<string, Identity>();
  const fqdnIdentities = new Map<string, Identity & { readonly addresses: readonly string[] }>();
  const policies = { told: new Map<string, RealizedPolicy>(), deciding: new Map<string, RealizedPolicy>() };
  const auditModes = new Map<string, boolean>();
  let endpoints: readonly Endpoint[] = [];
  let byIp = new Map<string, Endpoint>();
  let nodes: readonly DemoNode[] = [];
  let specs: readonly Spec[] = [];
  let config: Readonly<Record<string, string>> = {};
  let revision = FIRST_REVISION;

  const readPolicies = () => {
    specs = POLICIES.flatMap(({ kind, resource }) =>
      store.list(resource).flatMap((object) => specsOf(object, kind, version.since(18))),
    );
    const peers = specs.flatMap((spec) => spec.rules.flatMap((rule) => rule.peers));
    const lookedUp = version.since(NAMES_ARE_LABELS) ? [] : peers.flatMap(({ fqdn }) => fqdn?.addresses ?? []);
    for (const cidr of [...peers.map((peer) => peer.cidr), ...lookedUp.map((address) => `${address}/32`)]) {
      if (cidr === null || cidrIdentities.has(cidr)) continue;
      const number = FIRST_LOCAL_IDENTITY + cidrIdentities.size;
      cidrIdentities.set(cidr, identity(number, [`cidr:${cidr}`, 'reserved:world']));
    }
    for (const { fqdn } of peers) {
      if (fqdn === null || !version.since(NAMES_ARE_LABELS) || fqdnIdentities.has(fqdn.label)) continue;
      const known = identity(FIRST_FQDN_IDENTITY + fqdnIdentities.size, [`fqdn:${fqdn.label}`, 'reserved:world']);
      fqdnIdentities.set(fqdn.label, { ...known, addresses: fqdn.addresses });
    }
  };
  const forgetPolicies = () => {
    policies.told.clear();
    policies.deciding.clear();
  };
  const readAddresses = () => {
    nodes = readNodes(store);
    endpoints = readEndpoints(store, nodes);
    byIp = new Map(endpoints.flatMap((endpoint) => (endpoint.ip === null ? [] : [[endpoint.ip, endpoint]])));
    forgetPolicies();
  };
  const readConfig = () => {
    const object = store.get(resourceOf('ConfigMap'), 'kube-system', 'cilium-config');
    const read = v.safeParse(ConfigData, object);
    config = read.success ? read.output.data : {};
  };
  readAddresses();
  readPolicies();
  readConfig();

  const regenerated = (endpoint: Endpoint) =>
    emit(endpoint.node, {
      type: 'agent',
      notice: 'Endpoint regenerated',
      message: { id: endpoint.id, labels: endpoint.labels },
    });
  const work = createWork({ specs, revision }, pace, (isDone) => {
    forgetPolicies();
    if (isDone) for (const endpoint of endpoints) if (endpoint.pod !== null) regenerated(endpoint);
  });
  const policyFor = (endpoint: Endpoint, by: 'told' | 'deciding') => {
    const key = keyOf(endpoint);
    const known = policies[by].get(key);
    if (known !== undefined) return known;
    const policy = realize(endpoint.pod === null ? [] : work[by]().specs, endpoint.parsedLabels);
    policies[by].set(key, policy);
    return policy;
  };
  const policyChanged = (change: StoreChange, kind: PolicyKind) => {
    if (change.type === 'MODIFIED' && isSameSpec(change)) return;
    readPolicies();
    revision += 1;
    const labels = specsOf(change.object, kind, false).flatMap(({ origin }) => originLabels(origin));
    const gone = change.type === 'DELETED';
    for (const { name } of nodes) {
      const message = { labels, revision, rule_count: gone ? 0 : Math.max(1, labels.length / 4) };
      emit(name, { type: 'agent', notice: gone ? 'Policy deleted' : 'Policy updated', message });
    }
    work.begin({ specs, revision });
  };
  const endpointChanged = ({ type }: StoreChange) => {
    const before = endpoints;
    readAddresses();
    const isIn = (some: readonly Endpoint[], one: Endpoint) =>
      some.some(({ node, id }) => node === one.node && id === one.id);
    const tell = (endpoint: Endpoint, notice: string) => {
      const { id, labels, namespace, pod } = endpoint;
      emit(endpoint.node, { type: 'agent', notice, message: { id, labels, namespace, 'pod-name': pod } });
    };
    if (type !== 'ADDED') for (const old of before) if (!isIn(endpoints, old)) tell(old, 'Endpoint deleted');
    for (const endpoint of endpoints) if (!isIn(before, endpoint)) tell(endpoint, 'Endpoint created');
  };
  const unwatch = [
    ...POLICIES.map(({ kind, resource }) => store.watch(resource, (change) => policyChanged(change, kind))),
    store.watch(ENDPOINTS, endpointChanged),
    store.watch(resourceOf('ConfigMap'), readConfig),
  ];

  const reservedIdentity = (number: number): Identity =>
    RESERVED.find((one) => one.identity === number) ?? identity(number, []);
  return {
    version,
    nodes: () => nodes,
    endpoints: () => endpoints,
    specs: () => specs,
    policyOf: (endpoint) => policyFor(endpoint, 'told'),
    decidedBy: (endpoint) => policyFor(endpoint, 'deciding'),
    toldRevision: () => work.told().revision,
    endpointAt: (ip) => byIp.get(ip) ?? null,
    identityOf(ip, node) {
      const endpoint = byIp.get(ip);
      if (endpoint !== undefined) return endpoint;
      const owner = nodes.find((one) => one.ip === ip || one.internalIp === ip);
      if (owner !== undefined) return reservedIdentity(owner.name === node ? 1 : 6);
      const named = [...fqdnIdentities.values()].find(({ addresses }) => addresses.includes(ip));
      if (named !== undefined) return named;
      const networks = [...cidrIdentities].filter(([cidr]) => contains(cidr, ip));
      const [narrowest] = networks.sort(([a], [b]) => Number(b.split('/')[1]) - Number(a.split('/')[1]));
      return narrowest?.[1] ?? reservedIdentity(2);
    },
    identities() {
      const pods = new Map(
        endpoints.filter(({ pod }) => pod !== null).map((endpoint) => [endpoint.identity, endpoint]),
      );
      const cluster = [...pods.values()].map(({ identity: number, labels, parsedLabels }) => ({
        identity: number,
        labels,
        parsedLabels,
      }));
      return [
        ...RESERVED,
        ...cluster.sort((a, b) => a.identity - b.identity),
        ...cidrIdentities.values(),
        ...fqdnIdentities.values(),
      ];
    },
    revision: () => revision,
    config: () => config,
    auditMode: (endpoint) => auditModes.get(keyOf(endpoint)) ?? config['policy-audit-mode'] === 'true',
    setAuditMode(endpoint, isOn) {
      auditModes.set(keyOf(endpoint), isOn);
      regenerated(endpoint);
    },
    countsPackets: () => !version.since(16) || config['policy-accounting'] !== 'false',
    reportsVerdicts: () => config['bpf-events-policy-verdict-enabled'] !== 'false',
    close() {
      for (const stop of unwatch) stop();
    },
  };
}
