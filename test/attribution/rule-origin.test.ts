/** Checks which of an entry's policies made one of its selectors, where the agent does not say it. */
import { describe, expect, test } from 'vitest';
import { policiesOfEndpoint } from '../../src/attribution/isolation.ts';
import { readPolicyObject } from '../../src/attribution/policy-object.ts';
import { originsOf } from '../../src/attribution/rule-origin.ts';
import { EVERYONE, selecting, stateOf, withCidr } from './state-maker.ts';

type Direction = 'ingress' | 'egress';
const LABELS = ['k8s:class=deathstar', 'k8s:io.kubernetes.pod.namespace=default'];
const TCP_80 = [{ ports: [{ port: '80', protocol: 'TCP' }] }];
const IN_DEFAULT = 'k8s.io.kubernetes.pod.namespace: default';

/** `name` of a CiliumNetworkPolicy in default, `ccnp:name`, `np:name`. */
function policyOf(name: string, spec: object): unknown {
  const [prefix, bare = name] = name.includes(':') ? name.split(':') : ['cnp'];
  if (prefix === 'np') {
    const podSelector = { matchLabels: { class: 'deathstar' } };
    return { kind: 'NetworkPolicy', metadata: { name: bare, namespace: 'default' }, spec: { podSelector, ...spec } };
  }
  const isWide = prefix === 'ccnp';
  return {
    kind: isWide ? 'CiliumClusterwideNetworkPolicy' : 'CiliumNetworkPolicy',
    metadata: { name: bare, ...(isWide ? {} : { namespace: 'default' }) },
    spec: { endpointSelector: { matchLabels: { class: 'deathstar' } }, ...spec },
  };
}

const KEYS = { cnp: 'default/', ccnp: '', np: 'NetworkPolicy:default/' } as const;

function keyOf(name: string): string {
  const [prefix, bare = name] = name.includes(':') ? name.split(':') : ['cnp'];
  return `${KEYS[prefix === 'np' || prefix === 'ccnp' ? prefix : 'cnp']}${bare}`;
}

interface Asked {
  readonly policies: Readonly<Record<string, object>>;
  readonly selector: string;
  /** Beside the one that is asked about, in the same entry. */
  readonly others?: readonly string[];
  readonly deny?: boolean;
  readonly direction?: Direction;
  readonly port?: number;
  readonly protocol?: string;
  readonly bySelector?: boolean;
  /** Made the entry, and are not among the policies that exist. */
  readonly gone?: readonly string[];
}

function ask(asked: Asked): string {
  const { policies, selector, others = [], deny = false, direction = 'egress', gone = [] } = asked;
  const by = [...Object.keys(policies), ...gone].map(keyOf);
  const rule = deny ? { IsDeny: true } : null;
  const entrySpec = {
    port: asked.port ?? 80,
    protocol: asked.protocol ?? 'TCP',
    bySelector: asked.bySelector ?? false,
    rules: Object.fromEntries([selector, ...others].map((text) => [text, { by, rule }])),
  };
  const { endpoint } = stateOf({ [direction]: [entrySpec] });
  const [entry] = endpoint.entries[direction];
  const made = entry?.selectors.find(({ text }) => text === selector);
  if (entry === undefined || made === undefined) throw new Error('the entry is not readable');
  const objects = Object.entries(policies).map(([name, spec]) => readPolicyObject(policyOf(name, spec)));
  const present = objects.filter((object) => object !== null);
  const { rules } = policiesOfEndpoint(present, { labels: LABELS, entries: endpoint.entries });
  const found = originsOf(entry, made, rules[direction]);
  const names = [...new Set(found.policies.map(({ name }) => name))].sort().join(' ');
  return found.certain ? names : `${names}?`;
}

const to = (peer: object) => ({ egress: [{ ...peer, toPorts: TCP_80 }] });
const toLabels = (matchLabels: Readonly<Record<string, string>>) => to({ toEndpoints: [{ matchLabels }] });
const empire = { org: 'empire' };
const np = (peer: object) => ({ policyTypes: ['Egress'], egress: [{ to: [peer], ports: [{ port: 80 }] }] });
/** Beside whatever is asked about. */
const beside = { other: toLabels({ org: 'rebels' }) };

describe('namespaces', () => {
  const inDefault = selecting('any.org: empire', IN_DEFAULT);
  const both = { here: toLabels(empire), 'ccnp:anywhere': toLabels(empire) };
  const anywhere = inDefault
    .replace(`${IN_DEFAULT},`, '')
    .replace(
      'Requirement{}',
      'Requirement{LabelSelectorRequirement{Key:k8s.io.kubernetes.pod.namespace,Operator:Exists,Values:[],},}',
    );
  test.each([
    ['a namespaced policy means its own namespace', { policies: both, selector: inDefault }, 'here'],
    ['a clusterwide one means any', { policies: both, selector: anywhere }, 'anywhere'],
    [
      'a namespace that is said is no other',
      {
        policies: { here: toLabels(empire), there: toLabels({ ...empire, 'k8s:io.kubernetes.pod.namespace': 'shop' }) },
        selector: selecting('any.org: empire', 'k8s.io.kubernetes.pod.namespace: shop'),
      },
      'there',
    ],
    [
      'labels of a namespace say it as well',
      {
        policies: { here: toLabels(empire), there: toLabels({ 'k8s:io.cilium.k8s.namespace.labels.team': 'a' }) },
        selector: selecting('k8s.io.cilium.k8s.namespace.labels.team: a'),
      },
      'there',
    ],
    [
      'the cluster that the agent adds is nobody’s word',
      { policies: both, selector: selecting('any.org: empire', 'k8s.io.cilium.k8s.policy.cluster: lab', IN_DEFAULT) },
      'here',
    ],
    [
      'a cluster that a rule says is its own where the agent adds none',
      {
        policies: { here: toLabels(empire), said: toLabels({ ...empire, 'k8s:io.cilium.k8s.policy.cluster': 'lab' }) },
        selector: selecting('any.org: empire', 'k8s.io.cilium.k8s.policy.cluster: lab', IN_DEFAULT),
        others: [inDefault],
      },
      'said',
    ],
    [
      'NetworkPolicy, pods of its own namespace',
      {
        policies: { 'np:pods': np({ podSelector: { matchLabels: empire } }), cilium: toLabels(empire) },
        selector: selecting('k8s.io.kubernetes.pod.namespace: default', 'k8s.org: empire'),
      },
      'pods',
    ],
    [
      'NetworkPolicy, every namespace',
      {
        policies: { 'np:all': np({ namespaceSelector: {} }), 'np:here': np({ podSelector: {} }) },
        selector: anywhere.replace('any.org: empire,', ''),
      },
      'all',
    ],
    [
      'NetworkPolicy, a namespace by its labels',
      {
        policies: {
          'np:team': np({ namespaceSelector: { matchLabels: { team: 'a' } }, podSelector: { matchLabels: empire } }),
          'np:any': np({ namespaceSelector: {}, podSelector: { matchLabels: empire } }),
        },
        selector: selecting('k8s.io.cilium.k8s.namespace.labels.team: a', 'k8s.org: empire'),
      },
      'team',
    ],
  ] satisfies [string, Asked, string][])('%s', (_, asked, names) => {
    expect(ask(asked)).toBe(names);
  });
});

describe('entities', () => {
  const policies = {
    world: to({ toEntities: ['world'] }),
    cluster: to({ toEntities: ['cluster'] }),
    host: to({ toEntities: ['host'] }),
    all: to({ toEntities: ['all'] }),
    labels: toLabels(empire),
  };
  test.each([
    [selecting('reserved.world: '), 'world'],
    [selecting('reserved.world-ipv4: '), 'world'],
    [selecting('reserved.host: '), 'cluster host'],
    [selecting('reserved.remote-node: '), 'cluster'],
    [selecting('k8s.io.cilium.k8s.policy.cluster: lab'), 'cluster'],
    [selecting('any.org: empire', IN_DEFAULT), 'labels'],
    [EVERYONE, 'all'],
  ])('%s is %s', (selector, names) => {
    expect(ask({ policies, selector })).toBe(names);
  });
});

describe('networks', () => {
  const set = (cidr: string, ...except: readonly string[]) => to({ toCIDRSet: [{ cidr, except }] });
  const policies = {
    ten: to({ toCIDR: ['10.0.0.0/8'] }),
    holes: set('10.0.0.0/8', '10.96.0.0/12'),
    hole: to({ toCIDR: ['10.96.0.0/12'] }),
    one: to({ toCIDR: ['192.0.2.7'] }),
    six: to({ toCIDR: ['2001:db8::/32'] }),
    loop: to({ toCIDR: ['::1/128'] }),
    every: to({ toCIDR: ['0.0.0.0/0'] }),
    ...beside,
  };
  test.each([
    ['as it is written', withCidr('10.0.0.0/8'), 'ten'],
    ['with its exceptions', withCidr('10.0.0.0/8', '10.96.0.0/12'), 'holes'],
    ['what older agents leave of it', withCidr('10.0.0.0/10'), 'holes'],
    ['the exception itself', withCidr('10.96.0.0/12'), 'hole'],
    ['a single address', withCidr('192.0.2.7/32'), 'one'],
    ['IPv6, whose label key ends in no colon', withCidr('2001-db8--0/32'), 'six'],
    ['IPv6, whose label key begins with none', withCidr('0--1/128'), 'loop'],
    ['every address is the world', selecting('reserved.world: '), 'every'],
    ['as a match label', selecting('cidr.10.0.0.0/8: '), 'ten'],
  ])('%s', (_, selector, names) => {
    expect(ask({ policies, selector })).toBe(names);
  });
});

describe('ports', () => {
  const withPorts = (ports: readonly object[]) => ({ egress: [{ toPorts: [{ ports }] }] });
  test('any protocol, one port', () => {
    const policies = { any: withPorts([{ port: '53' }]), udp: withPorts([{ port: '53', protocol: 'UDP' }]) };
    expect(ask({ policies, selector: EVERYONE, port: 53, protocol: 'UDP' })).toBe('any udp');
    expect(ask({ policies, selector: EVERYONE, port: 53 })).toBe('any');
  });

  test('an ICMP type that is written as a word may be any', () => {
    const icmp = (type: number | string) => ({ egress: [{ icmps: [{ fields: [{ family: 'IPv4', type }] }] }] });
    const asked = { selector: EVERYONE, port: 8, protocol: 'ICMP' };
    expect(ask({ ...asked, policies: { word: icmp('EchoRequest'), other: icmp(3) } })).toBe('word');
    expect(ask({ ...asked, policies: { word: icmp('EchoRequest'), number: icmp(8) } })).toBe('number word?');
  });

  test('an empty rule lets nobody in', () => {
    const some = { egress: [{}, ...toLabels(empire).egress] };
    expect(ask({ policies: { some, all: to({}) }, selector: EVERYONE })).toBe('all');
  });
});

describe('allow and deny of the same selector', () => {
  const selector = selecting('any.org: empire', IN_DEFAULT);
  const policies = {
    allows: { ingress: [{ fromEndpoints: [{ matchLabels: empire }], toPorts: TCP_80 }] },
    denies: { ingressDeny: [{ fromEndpoints: [{ matchLabels: empire }], toPorts: TCP_80 }] },
  };
  test('the agent names both, and one of them denies', () => {
    expect(ask({ policies, selector, deny: true, direction: 'ingress', bySelector: true })).toBe('denies');
  });

  test('what only allows is the agent’s word for each selector', () => {
    expect(ask({ policies, selector, direction: 'ingress', bySelector: true })).toBe('allows denies');
  });
});

describe('what is open', () => {
  const selector = selecting('any.app: x', 'k8s.io.kubernetes.pod.namespace: shop');
  const service = to({ toServices: [{ k8sService: { serviceName: 'x', namespace: 'shop' } }] });
  const group = to({ toCIDRSet: [{ cidrGroupRef: 'partners' }] });
  test.each([
    ['only one can have made it', { policies: { service, ...beside }, selector }, 'service'],
    ['several can', { policies: { service, group, ...beside }, selector }, 'group service?'],
    [
      'one has for sure, another one may have',
      { policies: { service, sure: toLabels({ app: 'x', 'k8s:io.kubernetes.pod.namespace': 'shop' }) }, selector },
      'service sure?',
    ],
    ['one that is gone may have', { policies: { service, ...beside }, gone: ['old'], selector }, 'old service?'],
    ['nobody can', { policies: { a: to({ toEntities: ['world'] }), ...beside }, selector }, 'a other?'],
    ['services are never everyone', { policies: { service, all: to({}) }, selector: EVERYONE }, 'all'],
    [
      'a rule that is not understood may be anything',
      { policies: { odd: { egress: [{ toPorts: 'all' }] }, all: to({}) }, selector: EVERYONE },
      'all odd?',
    ],
  ] satisfies [string, Asked, string][])('%s', (_, asked, names) => {
    expect(ask(asked)).toBe(names);
  });
});
