/** Every kind of policy, on every Cilium, from the monitor and from Hubble: the rows that whoever wrote the policies expects. */
import { describe, expect, it } from 'vitest';
import type { ConnectOptions, DemoCluster, DemoOptions } from '../../src/demo/demo-cluster.ts';
import { accountedFor, clusterOfTest, latest, listening, parseSummary, type SummaryJson } from './cluster.ts';

const bootCluster = clusterOfTest();
/** Verdicts that the demo's datapath made. */
let sent = 0;

type Kind = 'CiliumNetworkPolicy' | 'CiliumClusterwideNetworkPolicy' | 'NetworkPolicy';

function policy(
  name: string,
  spec: object | readonly object[],
  kind: Kind = 'CiliumNetworkPolicy',
  namespace = 'default',
) {
  return {
    apiVersion: kind === 'NetworkPolicy' ? 'networking.k8s.io/v1' : 'cilium.io/v2',
    kind,
    metadata: { name, ...(kind === 'CiliumClusterwideNetworkPolicy' ? {} : { namespace }) },
    ...(Array.isArray(spec) ? { specs: spec } : { spec }),
  };
}

const org = (name: string) => ({ matchLabels: { org: name } });
const onDeathstar = { endpointSelector: { matchLabels: { class: 'deathstar' } } };
const onTiefighter = { endpointSelector: { matchLabels: { class: 'tiefighter' } } };
const port = (number: number | string, protocol = 'TCP', more: object = {}) => [
  { ports: [{ port: String(number), protocol, ...more }] },
];

const POLICIES = [
  policy('open-port', { ...onDeathstar, ingress: [{ toPorts: port(8081) }] }),
  policy('refuse', {
    ...onDeathstar,
    ingress: [{ fromEndpoints: [org('empire')], toPorts: port(8082) }],
    ingressDeny: [{ fromEndpoints: [org('alliance')], toPorts: port(8082) }],
  }),
  policy('http', {
    ...onDeathstar,
    ingress: [
      {
        fromEndpoints: [org('empire')],
        toPorts: [{ ports: [{ port: '8083', protocol: 'TCP' }], rules: { http: [{ method: 'POST' }] } }],
      },
    ],
  }),
  policy('from-network', { ...onDeathstar, ingress: [{ fromCIDR: ['192.0.2.0/24'], toPorts: port(8084) }] }),
  policy('two-specs', [
    { ...onDeathstar, ingress: [{ fromEndpoints: [org('empire')], toPorts: port(8085) }] },
    { ...onDeathstar, ingress: [{ fromEndpoints: [org('alliance')], toPorts: port(8086) }] },
  ]),
  policy(
    'guard',
    { ...onDeathstar, ingress: [{ fromEndpoints: [org('alliance')], toPorts: port(8087) }] },
    'CiliumClusterwideNetworkPolicy',
  ),
  policy(
    'kubernetes',
    {
      podSelector: { matchLabels: { class: 'deathstar' } },
      policyTypes: ['Ingress'],
      ingress: [{ from: [{ podSelector: org('alliance') }], ports: [{ port: 8088, protocol: 'TCP' }] }],
    },
    'NetworkPolicy',
  ),
  policy('ping', {
    ...onDeathstar,
    ingress: [{ fromEndpoints: [org('alliance')], icmps: [{ fields: [{ family: 'IPv4', type: 8 }] }] }],
  }),
  policy('entity', { ...onDeathstar, ingress: [{ fromEntities: ['remote-node'] }] }),
  policy('everything', { endpointSelector: { matchLabels: { class: 'xwing' } }, ingress: [{ fromEntities: ['all'] }] }),
  policy(
    'named-port',
    {
      endpointSelector: { matchLabels: { 'k8s-app': 'hubble-relay' } },
      ingress: [
        {
          fromEndpoints: [{ matchLabels: { 'k8s:io.kubernetes.pod.namespace': 'default' } }],
          toPorts: port('grpc'),
        },
      ],
    },
    'CiliumNetworkPolicy',
    'kube-system',
  ),
  policy('out', { ...onTiefighter, egress: [{ toEntities: ['cluster'] }] }),
  policy('out-name', {
    ...onTiefighter,
    egress: [{ toFQDNs: [{ matchName: 'api.example.com' }], toPorts: port(443) }],
  }),
  policy('out-network', { ...onTiefighter, egress: [{ toCIDR: ['198.51.100.0/24'], toPorts: port(443) }] }),
  policy('out-refuse', { ...onTiefighter, egressDeny: [{ toCIDR: ['198.51.100.7/32'] }] }),
];

/** What a policy can say only since one of Cilium's versions, 1.x. */
const LATER: readonly { readonly since: number; readonly policy: ReturnType<typeof policy> }[] = [
  {
    since: 13,
    policy: policy('a-protocol', {
      ...onDeathstar,
      ingress: [{ fromEndpoints: [org('alliance')], toPorts: port(0, 'UDP') }],
    }),
  },
  { since: 13, policy: policy('out-protocol', { ...onTiefighter, egress: [{ toPorts: port(0, 'UDP') }] }) },
  {
    since: 16,
    policy: policy('range', {
      ...onDeathstar,
      ingress: [{ fromEndpoints: [org('alliance')], toPorts: port(9000, 'TCP', { endPort: 9010 }) }],
    }),
  },
];

const DEATHSTAR = 'deathstar-77dd4fb786-8c4bw';
const RELAY = 'kube-system/hubble-relay-79d5f9c74c-bps8s';
type Connection = readonly [from: string, to: string, options: ConnectOptions];

/** What is sent, and what it makes at both ends. */
const CONNECTIONS: readonly Connection[] = [
  ['tiefighter', DEATHSTAR, { port: 80 }],
  ['xwing', DEATHSTAR, { port: 80 }],
  ['xwing', DEATHSTAR, { port: 8081 }],
  ['xwing', DEATHSTAR, { port: 8082 }],
  ['tiefighter', DEATHSTAR, { port: 8083 }],
  ['192.0.2.9', DEATHSTAR, { port: 8084 }],
  ['tiefighter', DEATHSTAR, { port: 8085 }],
  ['xwing', DEATHSTAR, { port: 8086 }],
  ['xwing', DEATHSTAR, { port: 8087 }],
  ['xwing', DEATHSTAR, { port: 8088 }],
  ['xwing', DEATHSTAR, { port: 5000, protocol: 'UDP' }],
  ['xwing', DEATHSTAR, { port: 0, protocol: 'ICMP' }],
  ['xwing', DEATHSTAR, { port: 9005 }],
  ['10.90.0.11', DEATHSTAR, { port: 7000 }],
  ['10.90.0.12', DEATHSTAR, { port: 7000 }],
  ['tiefighter', 'xwing', { port: 1234 }],
  ['xwing', RELAY, { port: 4245 }],
  ['tiefighter', '203.0.113.10', { port: 443 }],
  ['tiefighter', '198.51.100.20', { port: 443 }],
  ['tiefighter', '198.51.100.7', { port: 443 }],
  ['tiefighter', '192.0.2.10', { port: 443 }],
  ['tiefighter', '192.0.2.10', { port: 123, protocol: 'UDP' }],
];

const OUTSIDE = ['entity', 'from-network', 'out-name', 'out-network', 'out-refuse'];
const minorOf = (version: string) => Number(version.split('.')[1]);

/** Policy by policy, what those who wrote it expect of the connections: allowed, redirected, audited, denied. */
function expectedRows(version: string, source: string): string[] {
  const minor = minorOf(version);
  const later = (since: number, row: string) => (minor >= since ? [row] : []);
  const isolating = [
    ...later(13, 'a-protocol'),
    'entity from-network guard http kubernetes open-port ping',
    ...later(16, 'range'),
    'refuse rule1 two-specs',
  ];
  const isolatingOut = ['out out-name out-network', ...later(13, 'out-protocol'), 'out-refuse'];
  // What nobody may do is refused, or let through in audit mode: xwing at port 80, and where no policy can say it yet.
  const refused = 1 + (minor < 13 ? 1 : 0) + (minor < 16 ? 1 : 0);
  const refusedOut = 1 + (minor < 13 ? 1 : 0);
  return [
    `egress implicit-default-deny 0 0 0 ${refusedOut} ← ${isolatingOut.join(' ')}`,
    // To deathstar on three ports and to xwing on one.
    'egress out (CiliumNetworkPolicy) 4 0 0 0',
    'egress out-name (CiliumNetworkPolicy) 1 0 0 0',
    'egress out-network (CiliumNetworkPolicy) 1 0 0 0',
    ...later(13, 'egress out-protocol (CiliumNetworkPolicy) 1 0 0 0'),
    'egress out-refuse (CiliumNetworkPolicy) 0 0 0 1',
    ...later(13, 'ingress a-protocol (CiliumNetworkPolicy) 1 0 0 0'),
    'ingress entity (CiliumNetworkPolicy) 1 0 0 0',
    'ingress everything (CiliumNetworkPolicy) 1 0 0 0',
    'ingress from-network (CiliumNetworkPolicy) 1 0 0 0',
    'ingress guard (CiliumClusterwideNetworkPolicy) 1 0 0 0',
    // Hubble of 1.10 has no word for a redirection: to it the connection was forwarded.
    `ingress http (CiliumNetworkPolicy) ${minor < 11 && source === 'hubble' ? '1 0' : '0 1'} 0 0`,
    `ingress implicit-default-deny 0 0 1 ${refused} ← ${isolating.join(' ')}`,
    'ingress kubernetes (NetworkPolicy) 1 0 0 0',
    'ingress named-port (CiliumNetworkPolicy) 1 0 0 0',
    'ingress open-port (CiliumNetworkPolicy) 1 0 0 0',
    'ingress ping (CiliumNetworkPolicy) 1 0 0 0',
    ...later(16, 'ingress range (CiliumNetworkPolicy) 1 0 0 0'),
    'ingress refuse (CiliumNetworkPolicy) 0 0 0 1',
    'ingress rule1 (CiliumNetworkPolicy) 1 0 0 0',
    'ingress two-specs (CiliumNetworkPolicy) 2 0 0 0',
    // A node is let in to its own pods whatever the policies say.
    'ingress unattributed 1 0 0 0 no-policy-applies',
  ];
}

async function boot(options: Pick<DemoOptions, 'dialect'> & { readonly version: string }): Promise<DemoCluster> {
  sent = 0;
  const emitted: DemoOptions['emitted'] = (_, { type }) => {
    if (type === 'policy-verdict') sent += 1;
  };
  const demo = await bootCluster({ ...options, emitted });
  for (const one of POLICIES) demo.apply(one);
  for (const one of LATER) if (minorOf(options.version) >= one.since) demo.apply(one.policy);
  return demo;
}

function rowsOf(summary: SummaryJson): string[] {
  return summary.policies
    .map(({ policy: { kind, name }, direction, allowed, redirected, audited, denied, isolatedBy = [], reason }) =>
      [
        `${direction} ${name}`,
        kind === null ? '' : `(${kind})`,
        `${allowed} ${redirected} ${audited} ${denied}`,
        isolatedBy.length === 0
          ? ''
          : `← ${isolatedBy
              .map((by) => by.name)
              .sort()
              .join(' ')}`,
        reason ?? '',
      ]
        .filter((word) => word !== '')
        .join(' '),
    )
    .sort();
}

/** By the policies that are about nobody else than those outside of the cluster's pods. */
function outsidePeers({ policies }: SummaryJson): Readonly<Record<string, readonly (string | null)[]>> {
  const about = policies.filter(({ policy: { name } }) => OUTSIDE.includes(name));
  return Object.fromEntries(about.map(({ policy, peers }) => [policy.name, peers.map(({ name }) => name)]));
}

describe.each([
  { dialect: 'cilium', version: '1.12' },
  { dialect: 'cilium', version: '1.16' },
  { dialect: 'cilium', version: '1.19' },
  { dialect: 'accuknox', version: '1.10.90' },
] as const)('$dialect $version', ({ dialect, version }) => {
  it.each(['monitor', 'hubble'])('from its %s', async (source) => {
    const demo = await boot({ dialect, version });
    const running = await listening(demo, ['watch', '-A', '--source', source, '-o', 'jsonl', '--interval', '50ms']);
    for (const [from, to, options] of CONNECTIONS) await demo.connect(from, to, { timeoutMs: 100, ...options });
    const allCounted = async () => running.until((stdout) => (latest(stdout)?.records.counted ?? 0) >= sent);
    // What the agent does to an endpoint while its state is read for the first time may be anything.
    await allCounted();
    demo.auditMode(DEATHSTAR, true);
    await demo.connect('xwing', DEATHSTAR, { port: 81, timeoutMs: 100 });
    await allCounted();
    running.process.kill('SIGINT');
    const { code, stdout, stderr } = await running.outcome;
    expect(code, stderr).toBe(0);
    const summary = parseSummary(stdout.trimEnd().split('\n').at(-1) ?? '');
    expect(accountedFor(summary)).toBe(true);
    expect(rowsOf(summary)).toEqual(expectedRows(version, source));
    expect(outsidePeers(summary)).toEqual({
      entity: ['remote-node'],
      'from-network': ['cidr:192.0.2.0/24'],
      // A name is a label since 1.16; before, it is one of its addresses.
      'out-name': [minorOf(version) < 16 ? 'cidr:203.0.113.10/32' : 'fqdn:api.example.com'],
      'out-network': ['cidr:198.51.100.0/24'],
      'out-refuse': ['cidr:198.51.100.7/32'],
    });
  });
});
