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
  [12, null],
  [104, 'core-dns'],
  [112, 'core-dns'],
  [200, null],
  [255, null],
  [256, null],
  [16777217, null],
])('reserved identity %d is %s', (identity, name) => {
  expect(reservedIdentity(identity)?.name ?? null).toBe(name);
});

test.each([
  ['lab', 'default/tiefighter'],
  [null, 'default/tiefighter'],
  ['other', 'default/tiefighter (cluster lab)'],
])('seen from cluster %s it is called %s', (ownCluster, name) => {
  const labels = k8s('default', 'class=tiefighter', 'io.cilium.k8s.policy.cluster=lab');
  expect(nameOfLabels(labels, ownCluster)).toBe(name);
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

  test('asks any agent where an identity of the cluster is met without a node', async () => {
    const cluster = capturedCluster();
    cluster.forbidden.add('list ciliumidentities').add('get ciliumidentities');
    const { directory, name } = open(cluster);
    await directory.settled();
    expect([name(2371, null), name(16777217, null)]).toEqual([null, null]);
    await directory.settled();
    expect([name(2371, null), name(16777217, null)]).toEqual(['default/xwing', null]);
  });

  test.each([
    { peers: 32, questions: { 'get ciliumidentities': 32 } },
    { peers: 500, questions: { 'list ciliumidentities': 1 } },
  ])('asks at once for what $peers new peers are called, in few questions', async ({ peers, questions }) => {
    const cluster = capturedCluster();
    const { directory, name } = open(cluster);
    await directory.settled();
    const numbers = Array.from({ length: peers }, (_, at) => 1000 + at);
    const labels = { 'k8s:app': 'late', 'k8s:io.kubernetes.pod.namespace': 'default' };
    for (const number of numbers.slice(1))
      cluster.objects.get('ciliumidentities')?.push({ metadata: { name: `${number}` }, 'security-labels': labels });
    cluster.asked.length = 0;
    for (const number of [...numbers, ...numbers]) expect(name(number)).toBe(null);
    await directory.settled();
    expect(numbers.map((number) => name(number))).toEqual([null, ...numbers.slice(1).map(() => 'default/late')]);
    await directory.settled();
    const asked = Object.groupBy(cluster.asked, (question) => question);
    expect(Object.fromEntries(Object.entries(asked).map(([question, all]) => [question, all?.length]))).toEqual(
      questions,
    );
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

  test('remembers whom a number meant that was given to somebody else', async () => {
    const cluster = capturedCluster();
    const { directory, name } = open(cluster);
    await directory.settled();
    expect(name(2371)).toBe('default/xwing');
    const give = (labels: Record<string, string>) => {
      const all = cluster.objects.get('ciliumidentities') ?? [];
      const others = all.filter(({ metadata }) => metadata.name !== '2371');
      cluster.objects.set('ciliumidentities', [...others, { metadata: { name: '2371' }, 'security-labels': labels }]);
    };
    const version = directory.version();
    give({ 'k8s:app': 'cart', 'k8s:io.kubernetes.pod.namespace': 'shop' });
    await directory.confirm();
    expect(directory.version()).toBeGreaterThan(version);
    expect(directory.lookup(2371, null)).toMatchObject({ name: 'shop/cart', formerly: [{ name: 'default/xwing' }] });
    await directory.confirm();
    expect(directory.lookup(2371, null)?.formerly).toHaveLength(1);
    expect(directory.lookup(12530, null)?.formerly).toBeUndefined();
  });

  test('keeps the name of an identity that is deleted: it is what it was', async () => {
    const cluster = capturedCluster();
    const { directory, name } = open(cluster);
    await directory.settled();
    name(2371);
    cluster.objects.set('ciliumidentities', []);
    await directory.confirm();
    expect(directory.lookup(2371, null)).toMatchObject({ name: 'default/xwing' });
    expect(directory.lookup(2371, null)?.formerly).toBeUndefined();
  });

  test('asks only what was looked up, each by itself or all at once', async () => {
    const cluster = capturedCluster();
    const { directory, name } = open(cluster);
    await directory.settled();
    await directory.confirm();
    expect(cluster.asked).toEqual(['list ciliumidentities']);
    name(2371);
    await directory.confirm();
    expect(cluster.asked.slice(1)).toEqual(['get ciliumidentities']);
    const many = Array.from({ length: 40 }, (_, at) => ({
      metadata: { name: String(3000 + at) },
      'security-labels': { 'k8s:app': `a${at}`, 'k8s:io.kubernetes.pod.namespace': 'shop' },
    }));
    cluster.objects.get('ciliumidentities')?.push(...many);
    for (const { metadata } of many) name(Number(metadata.name));
    await directory.settled();
    const before = cluster.asked.length;
    for (const { metadata } of many) name(Number(metadata.name));
    await directory.confirm();
    expect(cluster.asked.slice(before)).toEqual(['list ciliumidentities']);
  });

  test('numbers of a node mean what its present agent says', async () => {
    const lists = [[{ id: 16777300, labels: ['cidr:10.1.0.0/16'] }], [{ id: 16777300, labels: ['cidr:10.9.0.0/16'] }]];
    const { directory, name, commands } = open(capturedCluster(), () => JSON.stringify(lists.shift()));
    name(16777300);
    await directory.settled();
    expect(name(16777300)).toBe('cidr:10.1.0.0/16');
    directory.agentOpened({ ...NODE1, pod: 'cilium-new' });
    await directory.settled();
    expect(directory.lookup(16777300, 'k8s-node1')).toMatchObject({
      name: 'cidr:10.9.0.0/16',
      formerly: [{ name: 'cidr:10.1.0.0/16' }],
    });
    expect(commands).toHaveLength(2);
  });

  test('a number that nobody named before its agent was lost may have meant somebody else', async () => {
    const answers = [
      () => Promise.reject(new Error('container not found')),
      () => Promise.resolve(JSON.stringify([16777217, 16777218].map((id) => ({ id, labels: ['cidr:10.9.0.0/16'] })))),
    ];
    const { directory, name, commands } = open(capturedCluster(), async () => answers.shift()?.() ?? '[]');
    directory.agentOpened(NODE1);
    name(16777217);
    await directory.settled();
    directory.agentLost('k8s-node1');
    expect(name(16777217)).toBeNull();
    expect(commands).toHaveLength(1);
    directory.agentOpened(NODE1);
    await directory.settled();
    expect(directory.lookup(16777217, 'k8s-node1')).toMatchObject({
      name: 'cidr:10.9.0.0/16',
      formerly: [{ name: 'identity 16777217', labels: [] }],
    });
    expect(directory.lookup(16777218, 'k8s-node1')?.formerly).toBeUndefined();
  });

  test('a node that is listened to later has names too', async () => {
    const labels = ['fqdn:api.example.com', 'reserved:world'];
    const { directory, name } = open(capturedCluster(), () => JSON.stringify([{ id: 16777400, labels }]));
    expect(name(16777400, 'k8s-node3')).toBe(null);
    directory.agentOpened({ ...NODE1, node: 'k8s-node3' });
    name(16777400, 'k8s-node3');
    await directory.settled();
    expect(name(16777400, 'k8s-node3')).toBe('fqdn:api.example.com');
  });

  test('numbers that the configuration fixes have the names of their labels', async () => {
    const { directory, name } = open(capturedCluster(), () =>
      JSON.stringify([{ id: 200, labels: k8s('db', 'app=pg') }]),
    );
    // Whoever counts them knows no node for them: they mean the same everywhere.
    expect(directory.lookup(200, null)).toBeNull();
    await directory.settled();
    expect(directory.lookup(200, null)?.name).toBe('db/pg');
    expect(name(201)).toBeNull();
  });

  test('an identity of another cluster says so', async () => {
    const own = k8s('default', 'app=seen', 'io.cilium.k8s.policy.cluster=lab');
    const other = k8s('default', 'app=db', 'io.cilium.k8s.policy.cluster=backup');
    const cluster = capturedCluster();
    const directory = createIdentityDirectory(
      {
        kube: cluster.kube,
        signal: new AbortController().signal,
        runInAgent: async () => Promise.resolve(JSON.stringify([{ id: (3 << 16) | 700, labels: other }])),
      },
      [NODE1],
      [{ identity: 12530, labels: own }],
    );
    await directory.settled();
    directory.lookup((3 << 16) | 700, 'k8s-node1');
    await directory.settled();
    expect(directory.lookup((3 << 16) | 700, 'k8s-node1')?.name).toBe('default/db (cluster backup)');
    expect(directory.lookup(12530, null)?.name).toBe('default/tiefighter');
  });

  test('an agent that fails costs nothing but the name', async () => {
    const { directory, name } = open(capturedCluster(), () => Promise.reject(new Error('gone')));
    expect(name(16777217)).toBe(null);
    await directory.settled();
    expect(name(16777217)).toBe(null);
  });
});
