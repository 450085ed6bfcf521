import { describe, expect, test } from 'vitest';
import { createIdentityDirectory } from '../../src/discovery/identities.ts';
import { nameOfLabels, reservedIdentity } from '../../src/discovery/identity-name.ts';
import type { AgentRef } from '../../src/model/cluster.ts';
import { capturedAgent } from './ask.ts';
import { capturedCluster, type TestCluster } from './cluster.ts';

const k8s = (namespace: string, ...labels: string[]) => [
  ...labels.map((label) => `k8s:${label}`),
  `k8s:io.kubernetes.pod.namespace=${namespace}`,
];

test.each([
  [k8s('default', 'class=tiefighter', 'org=empire'), 'default/tiefighter'],
  [k8s('default', 'class=tiefighter', 'app.kubernetes.io/name=tie'), 'default/tie'],
  [k8s('shop', 'app=cart', 'version=v2'), 'shop/cart'],
  [k8s('kube-system', 'k8s-app=kube-dns', 'io.cilium.k8s.policy.cluster=lab'), 'kube-system/kube-dns'],
  [k8s('shop', 'io.cilium.k8s.policy.serviceaccount=backup', 'tier=night'), 'shop/backup'],
  [k8s('shop', 'tier=night'), 'shop/tier=night'],
  [k8s('shop', 'io.cilium.k8s.policy.serviceaccount=default'), 'shop/default'],
  [k8s('shop'), 'shop/*'],
  [['reserved:kube-apiserver', 'reserved:world'], 'kube-apiserver'],
  [['reserved:world'], 'world'],
  [['cidr:10.0.0.0/8', 'reserved:world'], 'cidr:10.0.0.0/8'],
  [['cidr:0.0.0.0/0', 'cidr:1.1.1.1/32', 'cidr:1.0.0.0/8', 'reserved:world'], 'cidr:1.1.1.1/32'],
  [['cidr:2001-db8--0/32', 'reserved:world-ipv6'], 'cidr:2001:db8::/32'],
  [['cidr:0--0/0'], 'cidr:::/0'],
  [['fqdn:*.example.com', 'cidr:1.1.1.1/32'], 'fqdn:*.example.com'],
  [['cidrgroup:io.cilium.policy.cidrgroupname/office', 'reserved:world'], 'cidrgroup:office'],
  [['unspec:foo'], null],
  [[], null],
])('%j is called %s', (labels, name) => {
  expect(nameOfLabels(labels)).toBe(name);
});

test.each([
  [0, 'unknown'],
  [2, 'world'],
  [7, 'kube-apiserver'],
  [11, 'encrypted-overlay'],
  [12, '12'],
  [104, 'core-dns'],
  [112, 'core-dns'],
  [200, '200'],
  [255, '255'],
  [256, null],
  [16777217, null],
])('reserved identity %d is %s', (identity, name) => {
  expect(reservedIdentity(identity)?.name ?? null).toBe(name);
});

describe('the directory', () => {
  const NODE1: AgentRef = {
    node: 'k8s-node1',
    namespace: 'kube-system',
    pod: 'cilium-5l2dg',
    container: 'cilium-agent',
  };
  const open = (
    cluster: TestCluster,
    print: (command: string) => string | Promise<string> = (command) => capturedAgent('k8s-node1', command),
  ) => {
    const commands: string[] = [];
    const runInAgent = async (agent: AgentRef, args: readonly string[]) => {
      commands.push(`${agent.node}: ${args.join(' ')}`);
      return print(args.join(' '));
    };
    const signal = new AbortController().signal;
    const directory = createIdentityDirectory(
      { kube: cluster.kube, signal, runInAgent },
      [NODE1],
      [{ identity: 12530, labels: k8s('default', 'app=seen') }],
    );
    return {
      directory,
      commands,
      name: (identity: number, node: string | null = 'k8s-node1') => directory.lookup(identity, node)?.name ?? null,
    };
  };

  test('knows what came with the endpoints at once, and the rest in a moment', async () => {
    const { directory, name, commands } = open(capturedCluster());
    expect([name(12530), name(2371), name(2)]).toEqual(['default/seen', null, 'world']);
    await directory.settled();
    expect([name(12530), name(2371), name(50947)]).toEqual([
      'default/tiefighter',
      'default/xwing',
      'kube-system/hubble-relay',
    ]);
    expect(directory.lookup(2371, null)?.labels).toContain('k8s:org=alliance');
    expect(commands).toEqual([]);
  });

  test('asks the agent for numbers that are local to its node', async () => {
    const { directory, name, commands } = open(capturedCluster());
    expect([name(16777217), name(16777217), name(16777217, 'k8s-node2'), name(16777217, null)]).toEqual([
      null,
      null,
      null,
      null,
    ]);
    await directory.settled();
    expect([name(16777217), name(16777217, 'k8s-node2')]).toEqual(['kube-apiserver', null]);
    expect(name(16777218)).toBe(null);
    await directory.settled();
    expect(name(16777218)).toBe(null);
    await directory.settled();
    expect(commands).toEqual(['k8s-node1: identity list -o json', 'k8s-node1: identity list -o json']);
  });

  test('asks the agent where CiliumIdentities may not be read', async () => {
    const cluster = capturedCluster();
    cluster.forbidden.add('list ciliumidentities').add('get ciliumidentities');
    const { directory, name } = open(cluster);
    await directory.settled();
    expect(name(2371)).toBe(null);
    await directory.settled();
    expect(name(2371)).toBe('default/xwing');
  });

  test('asks for an identity that is younger than the list', async () => {
    const cluster = capturedCluster();
    const { directory, name, commands } = open(cluster);
    await directory.settled();
    cluster.objects.get('ciliumidentities')?.push({
      metadata: { name: '777' },
      'security-labels': { 'k8s:app': 'late', 'k8s:io.kubernetes.pod.namespace': 'default' },
    });
    expect(name(777)).toBe(null);
    await directory.settled();
    expect(name(777)).toBe('default/late');
    expect(commands).toEqual([]);
  });

  test('numbers that come up while an agent is answering are asked for after that', async () => {
    const first = Promise.withResolvers<string>();
    const answers = [first.promise, Promise.resolve(JSON.stringify([{ id: 16777300, labels: ['cidr:10.1.0.0/16'] }]))];
    const { directory, name, commands } = open(
      capturedCluster(),
      () => answers.shift() ?? Promise.reject(new Error('asked too often')),
    );
    name(16777299);
    name(16777300);
    first.resolve('[]');
    await directory.settled();
    expect(name(16777300)).toBe('cidr:10.1.0.0/16');
    expect(commands).toHaveLength(2);
  });

  test('an agent that fails costs nothing but the name', async () => {
    const { directory, name } = open(capturedCluster(), () => Promise.reject(new Error('gone')));
    expect(name(16777217)).toBe(null);
    await directory.settled();
    expect(name(16777217)).toBe(null);
  });
});
