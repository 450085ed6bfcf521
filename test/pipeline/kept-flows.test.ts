/** Flows of Hubble that somebody kept: each is its own node's, and brings its names along. */
import { expect, test } from 'vitest';
import type { Clock } from '../../src/model/clock.ts';
import type { Summary } from '../../src/model/summary.ts';
import { type FileOptions, summarizeFiles } from '../../src/pipeline/file-summary.ts';

const clock: Clock = { nowMs: () => Date.parse('2026-11-23T00:00:00Z'), after: () => () => {} };
/** A number that each node gives for itself. */
const LOCAL = 16_777_217;

interface Told {
  readonly node: string;
  readonly pod: string;
  readonly peer: { readonly identity: number; readonly labels: readonly string[]; readonly cluster_name?: string };
  readonly fields?: object;
}

function flowOf({ node, pod, peer, fields = {} }: Told): string {
  const time = '2026-11-22T19:20:05.391584633Z';
  const flow = {
    time,
    verdict: 'FORWARDED',
    IP: { source: '10.244.0.121', destination: '10.244.0.225', ipVersion: 'IPv4' },
    l4: { TCP: { source_port: 40_000, destination_port: 80, flags: { SYN: true } } },
    source: peer,
    destination: { ID: 733, identity: 18_031, namespace: 'default', pod_name: pod, cluster_name: 'lab', labels: [] },
    node_name: `lab/${node}`,
    event_type: { type: 5 },
    traffic_direction: 'INGRESS',
    policy_match_type: 2,
    ingress_allowed_by: [{ name: 'rule1', namespace: 'default', kind: 'CiliumNetworkPolicy', revision: '6' }],
    ...fields,
  };
  return JSON.stringify({ flow, node_name: `lab/${node}`, time });
}

async function summaryOf(lines: readonly string[], counting: FileOptions['counting'] = {}): Promise<Summary> {
  async function* chunks() {
    await Promise.resolve();
    yield Buffer.from(lines.map((line) => `${line}\n`).join(''));
  }
  return summarizeFiles([{ path: 'flows.json', chunks: chunks() }], clock, { counting });
}

const cidr = (text: string) => ({ identity: LOCAL, labels: [`cidr:${text}`, 'reserved:world'] });
const podLabels = (name: string, cluster = 'lab') => [
  `k8s:app=${name}`,
  'k8s:io.kubernetes.pod.namespace=default',
  `k8s:io.cilium.k8s.policy.cluster=${cluster}`,
];
const TIEFIGHTER = { identity: 12_530, labels: podLabels('tiefighter') };

test('the same numbers on two nodes are two pods and two peers', async () => {
  const lines = [
    flowOf({ node: 'k8s-node1', pod: 'deathstar-1', peer: cidr('192.0.2.0/24') }),
    flowOf({ node: 'k8s-node2', pod: 'deathstar-2', peer: cidr('198.51.100.0/24') }),
    flowOf({ node: 'k8s-node2', pod: 'deathstar-2', peer: cidr('198.51.100.0/24') }),
  ];
  const { groups, policies } = await summaryOf(lines, { groupBy: ['node', 'pod', 'peer'] });
  expect(groups?.rows.map(({ node, pod, peer, allowed }) => [node, pod?.name, peer?.name, allowed])).toEqual([
    ['k8s-node2', 'deathstar-2', 'cidr:198.51.100.0/24', 2],
    ['k8s-node1', 'deathstar-1', 'cidr:192.0.2.0/24', 1],
  ]);
  expect(policies.map(({ nodes, peers }) => [nodes, peers.map(({ name }) => name)])).toEqual([
    [
      ['k8s-node1', 'k8s-node2'],
      ['cidr:198.51.100.0/24', 'cidr:192.0.2.0/24'],
    ],
  ]);
});

test('an endpoint’s number that another pod has by now is of whom each flow says', async () => {
  const peer = TIEFIGHTER;
  const lines = ['deathstar-1', 'deathstar-2', 'deathstar-1'].map((pod) => flowOf({ node: 'k8s-node1', pod, peer }));
  const { groups } = await summaryOf(lines, { groupBy: ['pod'] });
  expect(groups?.rows.map(({ pod, allowed }) => [pod?.name, allowed])).toEqual([
    ['deathstar-1', 2],
    ['deathstar-2', 1],
  ]);
});

test('peers are called what the flows’ labels say, those of another cluster by its name', async () => {
  const peers = [{ identity: 99_001, labels: podLabels('db', 'backup'), cluster_name: 'backup' }, TIEFIGHTER];
  const { policies } = await summaryOf(peers.map((peer) => flowOf({ node: 'k8s-node1', pod: 'deathstar-1', peer })));
  expect(policies[0]?.peers.map(({ name }) => name)).toEqual(['default/tiefighter', 'default/db (cluster backup)']);
});

test('what the agent let through by itself is no policy’s, and what nobody named is not known', async () => {
  const label = 'reserved:io.cilium.policy.derived-from=allow-localhost-ingress';
  const told = { node: 'k8s-node1', pod: 'deathstar-1', peer: { identity: 1, labels: ['reserved:host'] } };
  const { policies } = await summaryOf([
    flowOf({ ...told, fields: { policy_match_type: 1, ingress_allowed_by: [{ labels: [label], revision: '6' }] } }),
    flowOf({ ...told, fields: { ingress_allowed_by: [] } }),
  ]);
  expect(policies.map(({ reason, allowed }) => [reason, allowed])).toEqual([
    ['name-not-printed', 1],
    ['no-policy-applies', 1],
  ]);
});
