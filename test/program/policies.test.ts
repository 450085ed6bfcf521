/** `policies` against the demo cluster: what is useless stands out, and nothing is called proved that is not. */

import { fileURLToPath } from 'node:url';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import type { DemoCluster } from '../../src/demo/demo-cluster.ts';
import { eventually } from '../eventually.ts';
import { clusterOfTest, listening } from './cluster.ts';
import { run } from './run.ts';

const boot = clusterOfTest();

const Report = v.object({
  kind: v.literal('PolicyReport'),
  listedFrom: v.nullable(v.string()),
  completeness: v.object({ status: v.string() }),
  unattributed: v.number(),
  rateLimited: v.array(v.looseObject({})),
  policies: v.array(
    v.looseObject({
      policy: v.object({ kind: v.nullable(v.string()), namespace: v.nullable(v.string()), name: v.string() }),
      standing: v.string(),
    }),
  ),
});

function parseReport(text: string) {
  return v.parse(Report, JSON.parse(text));
}

function standings(text: string): string[] {
  return parseReport(text).policies.map(({ policy, standing }) => `${policy.name}: ${standing}`);
}

const EGRESS = [{ toEndpoints: [{}] }];
const EMPIRE = { matchLabels: { org: 'empire' } };

function ciliumPolicy(name: string, spec: unknown, namespace = 'default') {
  return { apiVersion: 'cilium.io/v2', kind: 'CiliumNetworkPolicy', metadata: { name, namespace }, spec };
}

/** One of each kind and fate. */
function applyPolicies(demo: DemoCluster): void {
  demo.apply(
    ciliumPolicy('nobody', {
      endpointSelector: { matchLabels: { class: 'gone' } },
      ingress: [{ fromEndpoints: [{}] }],
    }),
  );
  demo.apply(
    ciliumPolicy('idle', {
      endpointSelector: { matchLabels: { class: 'deathstar' } },
      ingress: [{ fromEndpoints: [EMPIRE], toPorts: [{ ports: [{ port: '9999', protocol: 'TCP' }] }] }],
    }),
  );
  demo.apply(ciliumPolicy('toothless', { endpointSelector: { matchLabels: { class: 'xwing' } } }));
  demo.apply({
    apiVersion: 'cilium.io/v2',
    kind: 'CiliumClusterwideNetworkPolicy',
    metadata: { name: 'no-tie-on-81' },
    spec: {
      endpointSelector: { matchLabels: { class: 'deathstar' } },
      ingressDeny: [{ fromEndpoints: [EMPIRE], toPorts: [{ ports: [{ port: '81', protocol: 'TCP' }] }] }],
    },
  });
  demo.apply({
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name: 'closed', namespace: 'default' },
    spec: { podSelector: { matchLabels: { class: 'xwing' } }, policyTypes: ['Ingress'] },
  });
}

describe.each([
  { dialect: 'cilium' as const, version: '1.19' },
  { dialect: 'cilium' as const, version: '1.12' },
  { dialect: 'accuknox' as const, version: undefined },
])('policies on $dialect $version', ({ dialect, version }) => {
  it('lists all of the cluster, the least useful first, with what was seen on how many nodes', async () => {
    const demo = await boot({ dialect, ...(version === undefined ? {} : { version }) });
    applyPolicies(demo);
    const running = await listening(demo, ['policies', '-A', '--duration', '1m', '-o', 'json']);
    expect(await demo.connect('tiefighter', 'deathstar')).toBe('landed');
    expect(await demo.connect('xwing', 'deathstar', { timeoutMs: 200 })).toBe('timeout');
    expect(await demo.connect('tiefighter', 'deathstar', { port: 81, timeoutMs: 1000 })).toBe('timeout');
    running.process.kill('SIGINT');
    const { code, stdout, stderr } = await running.outcome;
    expect({ code, stderr: stderr.replaceAll(/^.*: listening$\n/gm, '') }).toMatchObject({ code: 0 });
    expect(standings(stdout)).toEqual([
      'nobody: selects-nobody',
      'toothless: not-enforced',
      'closed: not-seen',
      'idle: rules-not-seen',
      'no-tie-on-81: seen',
      'rule1: seen',
    ]);
    const report = parseReport(stdout);
    expect(report).toMatchObject({ listedFrom: 'api', completeness: { status: 'full' } });
    const use = (name: string) => report.policies.find(({ policy }) => policy.name === name);
    const onBoth = { total: 2, heard: 2, seen: 1 };
    expect(use('nobody')).toMatchObject({ selects: { pods: 0, emptySpecs: 1, isComplete: true } });
    expect(use('toothless')).toMatchObject({ selects: { pods: 1 }, enforcement: { reasons: ['no-rules'] } });
    expect(use('closed')).toMatchObject({
      policy: { kind: 'NetworkPolicy', namespace: 'default' },
      enforcement: { status: 'enforced', enforced: 1 },
      isolates: ['ingress'],
      nodes: { total: 1, heard: 1, seen: 0 },
    });
    expect(use('idle')).toMatchObject({ seen: { allowed: 0, denied: 0, defaultDenied: 1 }, nodes: onBoth });
    expect(use('no-tie-on-81')).toMatchObject({
      policy: { kind: 'CiliumClusterwideNetworkPolicy', namespace: null },
      enforcement: { status: 'enforced', enforced: 2 },
      seen: { denied: 1, attempts: 1, ambiguous: 0 },
    });
    expect(use('rule1')).toMatchObject({ selects: { pods: 2, listened: 2 }, seen: { allowed: 1, defaultDenied: 1 } });
  });
});

describe('policies', () => {
  it('of a namespace are its own and the clusterwide ones that select its pods', async () => {
    const demo = await boot();
    applyPolicies(demo);
    demo.apply(ciliumPolicy('elsewhere', { endpointSelector: {}, ingress: [{}] }, 'kube-system'));
    const { code, stdout } = await policies(demo, ['-n', 'kube-system', '--duration', '100ms', '-o', 'json']);
    expect(code).toBe(0);
    expect(standings(stdout)).toEqual(['elsewhere: not-seen']);
  });

  it('of targets are those that select them', async () => {
    const demo = await boot();
    applyPolicies(demo);
    const { stdout } = await policies(demo, ['--pod', 'xwing', '--duration', '100ms', '-o', 'json']);
    expect(standings(stdout)).toEqual(['toothless: not-enforced', 'closed: not-seen']);
  });

  it('of a namespace without pods select nobody', async () => {
    const demo = await boot();
    demo.apply(ciliumPolicy('early', { endpointSelector: {}, ingress: [{}] }, 'kube-public'));
    const { code, stdout } = await policies(demo, ['-n', 'kube-public']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^kube-public\/early \(CNP\) +selects nobody +0 /m);
    expect((await policies(demo, ['-n', 'kube-pubic'])).stdout).toContain(
      'kube-pubic, and no pod either: is that its name?',
    );
  });

  it('without the right to list policies are those that the agents have', async () => {
    const demo = await boot();
    applyPolicies(demo);
    demo.faults.forbid({ verb: 'list', resource: 'networkpolicies' });
    const { code, stdout } = await policies(demo, ['-A', '--duration', '100ms', '-o', 'json']);
    expect(code).toBe(0);
    expect(parseReport(stdout).listedFrom).toBe('agents');
    expect(standings(stdout)).toContain('rule1: not-seen');
  });

  it('in audit mode are not called enforced, and where verdicts are off, silence is not called unused', async () => {
    const demo = await boot();
    const config = (data: Readonly<Record<string, string>>) =>
      demo.apply({
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: 'cilium-config', namespace: 'kube-system' },
        data,
      });
    config({ 'policy-audit-mode': 'true', 'bpf-events-policy-verdict-enabled': 'false' });
    const { stdout } = await policies(demo, ['--pod', 'deathstar', '--duration', '100ms', '-o', 'json']);
    expect(parseReport(stdout).policies).toMatchObject([
      { standing: 'unclear', silent: 2, enforcement: { status: 'audited', reasons: ['audit-mode'] } },
    ]);
  });

  it('are told with packets and bytes, and where events are rate-limited', async () => {
    const demo = await boot();
    demo.apply({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'cilium-config', namespace: 'kube-system' },
      data: { 'bpf-events-default-rate-limit': '10' },
    });
    demo.apply(ciliumPolicy('both', { endpointSelector: {}, ingress: [{ fromEndpoints: [{}] }], egress: EGRESS }));
    const running = await listening(demo, ['policies', '-n', 'default', '--traffic', '--duration', '1m', '-o', 'json']);
    const looks = () => demo.agentCalls().filter(({ argv }) => argv[0] === 'bpf').length;
    await eventually('the counters of four pods are read', () => looks() >= 4);
    expect(await demo.connect('tiefighter', 'xwing')).toBe('refused');
    running.process.kill('SIGINT');
    const report = parseReport((await running.outcome).stdout);
    expect(report.rateLimited).toMatchObject([{ perSecond: 10 }, { perSecond: 10 }]);
    const once = { allowed: 1, traffic: { packets: 6, bytes: 6 * 87, lowerBound: false } };
    expect(report.policies.find(({ policy }) => policy.name === 'both')).toMatchObject({
      seen: { allowed: 2 },
      byDirection: { ingress: once, egress: once },
      traffic: { packets: 12 },
    });
  });

  it('that Cilium refused, or that are for nodes, isolate no pod', async () => {
    const demo = await boot();
    const conditions = [{ type: 'Valid', status: 'False', message: 'port 99999 is out of range' }];
    const onDeathstar = { endpointSelector: { matchLabels: { class: 'deathstar' } }, ingress: [{}] };
    demo.apply({ ...ciliumPolicy('refused', onDeathstar), status: { conditions } });
    demo.apply({
      apiVersion: 'cilium.io/v2',
      kind: 'CiliumClusterwideNetworkPolicy',
      metadata: { name: 'for-nodes' },
      spec: { nodeSelector: {}, ingress: [{ fromEntities: ['cluster'] }] },
    });
    const running = await listening(demo, ['policies', '-A', '--duration', '1m', '-o', 'json']);
    expect(await demo.connect('xwing', 'deathstar', { timeoutMs: 200 })).toBe('timeout');
    running.process.kill('SIGINT');
    const { policies: uses } = parseReport((await running.outcome).stdout);
    expect(uses).toMatchObject([
      { policy: { name: 'for-nodes' }, standing: 'not-enforced', selects: { pods: 0, others: 2 } },
      {
        policy: { name: 'refused' },
        standing: 'not-enforced',
        seen: { defaultDenied: 0 },
        enforcement: { status: 'not-enforced', message: 'port 99999 is out of range' },
      },
      { policy: { name: 'rule1' }, standing: 'rules-not-seen', seen: { defaultDenied: 1 } },
    ]);
  });

  it('say where a node was not heard', async () => {
    const demo = await boot();
    const { namespace, pod } = demo.agentOf('k8s-node2');
    demo.remove({ apiVersion: 'v1', kind: 'Pod', metadata: { namespace, name: pod } });
    const { stdout } = await policies(demo, ['-A', '--duration', '100ms', '-o', 'json']);
    expect(parseReport(stdout)).toMatchObject({
      completeness: { status: 'partial' },
      policies: [
        { standing: 'not-seen', nodes: { total: 2, heard: 1, seen: 0 }, enforcement: { enforced: 1, known: 1 } },
      ],
    });
  });

  it('that were deleted meanwhile are told as gone', async () => {
    const demo = await boot();
    const running = await listening(demo, ['policies', '--pod', 'deathstar', '--duration', '1m', '-o', 'json']);
    expect(await demo.connect('tiefighter', 'deathstar')).toBe('landed');
    // By then what it was has been read.
    expect(await demo.connect('xwing', 'deathstar', { timeoutMs: 800 })).toBe('timeout');
    demo.remove({
      apiVersion: 'cilium.io/v2',
      kind: 'CiliumNetworkPolicy',
      metadata: { name: 'rule1', namespace: 'default' },
    });
    running.process.kill('SIGINT');
    const { stdout } = await running.outcome;
    expect(parseReport(stdout).policies).toMatchObject([
      { policy: { name: 'rule1' }, standing: 'seen', exists: false, selects: null },
    ]);
  });

  it('of kept output are those that its lines name', async () => {
    const corpus = fileURLToPath(new URL('../../fixtures/corpus/accuknox-1.10.90/verdict.txt', import.meta.url));
    const { code, stdout } = await run(['policies', '--input', corpus]);
    expect(code).toBe(0);
    await expect(stdout.replace(/^.*verdict\.txt/, 'verdict.txt')).toMatchFileSnapshot('golden/policies-input.txt');
  });

  it('--input takes no targets', async () => {
    const { code, stderr } = await run(['policies', '--input', 'x', '-A']);
    expect(code).toBe(2);
    expect(stderr).toContain('--all-namespaces');
  });
});

async function policies(demo: DemoCluster, args: readonly string[]) {
  return run(['policies', ...args], { kubeconfig: demo.kubeconfigPath });
}
