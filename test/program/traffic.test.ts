/** `--traffic`: packets and bytes per policy, as the agents' policy maps count them. */
import { describe, expect, it } from 'vitest';
import type { Program } from '../../src/demo/agent/invocation.ts';
import type { DemoCluster } from '../../src/demo/demo-cluster.ts';
import { eventually } from '../eventually.ts';
import { clusterOfTest, parseSummary } from './cluster.ts';
import { run, start } from './run.ts';

const boot = clusterOfTest();

const looks = (demo: DemoCluster) => demo.agentCalls().filter(({ argv }) => argv[0] === 'bpf');

/** Until the counters were read once on every node. */
async function watching(demo: DemoCluster, targets: readonly string[], nodes: number) {
  const running = start(['watch', ...targets, '--traffic', '-o', 'jsonl', '--interval', '50ms'], {
    kubeconfig: demo.kubeconfigPath,
  });
  await running.until((stdout) => (stdout.match(/"state":"streaming"/g) ?? []).length >= nodes);
  await eventually('the counters are read', () => new Set(looks(demo).map(({ node }) => node)).size >= nodes);
  return running;
}

const shared = {
  apiVersion: 'cilium.io/v2',
  kind: 'CiliumNetworkPolicy',
  metadata: { name: 'rule2', namespace: 'default' },
  spec: {
    endpointSelector: { matchLabels: { class: 'deathstar' } },
    ingress: [
      { fromEndpoints: [{ matchLabels: { org: 'empire' } }], toPorts: [{ ports: [{ port: '80', protocol: 'TCP' }] }] },
    ],
  },
};

describe.each([
  { dialect: 'accuknox' as const, version: undefined, grade: 'datapath' },
  { dialect: 'cilium' as const, version: '1.19', grade: 'derived' },
  { dialect: 'cilium' as const, version: '1.16', grade: 'derived' },
  { dialect: 'cilium' as const, version: '1.12', grade: 'derived' },
])('on $dialect $version', ({ dialect, version, grade }) => {
  const options = { dialect, ...(version === undefined ? {} : { version }) };

  it('counts what was let through in the window, and nothing of before', async () => {
    const demo = await boot(options);
    expect(await demo.connect('tiefighter', 'deathstar')).toBe('landed');
    const running = await watching(demo, ['--pod', 'deathstar'], 2);
    for (let landing = 0; landing < 3; landing += 1)
      expect(await demo.connect('tiefighter', 'deathstar')).toBe('landed');
    expect(await demo.connect('xwing', 'deathstar', { timeoutMs: 500 })).toBe('timeout');
    await running.until((stdout) => stdout.includes('"allowed":3'));
    running.process.kill('SIGINT');
    const { code, stdout } = await running.outcome;
    expect(code).toBe(0);
    const { policies } = parseSummary(stdout.trimEnd().split('\n').at(-1) ?? '');
    // Six packets a landing in the connection's own direction, of 87 bytes each.
    expect(policies.map(({ policy, attribution, traffic }) => [policy.name, attribution, traffic])).toEqual([
      ['implicit-default-deny', 'default-deny', null],
      ['rule1', grade, { packets: 18, bytes: 18 * 87, shared: false, lowerBound: false }],
    ]);
  });
});

it('says of packets that two policies allow that they are told twice', async () => {
  const demo = await boot({});
  demo.apply(shared);
  const running = await watching(demo, ['--node', 'k8s-node1', '--node', 'k8s-node2'], 2);
  expect(looks(demo).map(({ argv }) => argv[3])).toEqual(['--all', '--all']);
  expect(await demo.connect('tiefighter', 'deathstar')).toBe('landed');
  await running.until((stdout) => stdout.includes('"allowed":1'));
  running.process.kill('SIGINT');
  const { policies } = parseSummary((await running.outcome).stdout.trimEnd().split('\n').at(-1) ?? '');
  const traffic = policies.filter(({ policy }) => policy.name.startsWith('rule')).map((row) => row.traffic);
  expect(traffic).toEqual([6, 6].map((packets) => ({ packets, bytes: packets * 87, shared: true, lowerBound: false })));
});

const failing = (node: string, cilium: Program): Program => {
  if (node !== 'k8s-node2') return cilium;
  return async (run) => {
    if (run.argv[0] !== 'bpf') return cilium(run);
    await cilium({ ...run, out: () => undefined });
    run.err('Error: Failed to open map: permission denied\n');
    return 1;
  };
};

it.each([
  { what: 'is a lower bound where one agent does not tell its counters', options: { replaceAgent: failing } },
  { what: 'is unknown where no agent counts', options: {}, config: { 'policy-accounting': 'false' } },
])('$what', async ({ options, config }) => {
  const demo = await boot(options);
  const metadata = { name: 'cilium-config', namespace: 'kube-system' };
  if (config !== undefined) demo.apply({ apiVersion: 'v1', kind: 'ConfigMap', metadata, data: config });
  const running = await watching(demo, ['-A'], 2);
  for (let landing = 1; landing <= 4; landing += 1) {
    expect(await demo.connect('tiefighter', landing % 2 === 0 ? '10.244.0.94' : '10.244.1.85')).toBe('landed');
  }
  await running.until((stdout) => stdout.includes('"allowed":4'));
  running.process.kill('SIGINT');
  const { policies, source } = parseSummary((await running.outcome).stdout.trimEnd().split('\n').at(-1) ?? '');
  const node1 = { packets: 12, bytes: 12 * 87, shared: false, lowerBound: true };
  expect(policies.map(({ policy, traffic }) => [policy.name, traffic])).toEqual([
    ['rule1', config === undefined ? node1 : null],
  ]);
  expect(source.agents.map(({ node, counters }) => `${node} ${counters ?? ''}`)).toEqual(
    config === undefined ? ['k8s-node1 read', 'k8s-node2 unread'] : ['k8s-node1 off', 'k8s-node2 off'],
  );
});

it('is nothing for kept output', async () => {
  const { code, stderr } = await run(['summary', '--input', '-', '--traffic'], { stdin: '' });
  expect(code).toBe(2);
  expect(stderr).toContain('--traffic');
});
