/** `doctor` against the demo cluster: what is wrong with it is found, named, and left as it is. */
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import type { DemoCluster } from '../../src/demo/demo-cluster.ts';
import { connectKube } from '../../src/io/kube.ts';
import { eventually } from '../eventually.ts';
import { clusterOfTest } from './cluster.ts';
import { type Outcome, run, start } from './run.ts';

const boot = clusterOfTest();

const Report = v.object({
  kind: v.literal('DoctorReport'),
  checks: v.array(
    v.object({
      check: v.string(),
      status: v.picklist(['ok', 'warning', 'failed', 'unknown']),
      node: v.nullable(v.string()),
      text: v.string(),
      advice: v.nullable(v.string()),
    }),
  ),
  agents: v.array(
    v.object({
      node: v.string(),
      version: v.nullable(v.string()),
      dialect: v.nullable(v.string()),
      program: v.nullable(v.string()),
      eventTypes: v.nullable(v.array(v.string())),
      hubble: v.nullable(v.object({ state: v.string(), bufferFlows: v.nullable(v.number()) })),
      clockSeconds: v.nullable(v.number()),
      monitors: v.nullable(v.object({ policystat: v.number(), others: v.number(), zombies: v.number() })),
    }),
  ),
  roles: v.nullable(v.string()),
});

function parseReport({ stdout }: Outcome) {
  return v.parse(Report, JSON.parse(stdout));
}

/** `check status` of everything that is not ok, in the order in which it is told; what Hubble says is another matter. */
function complaints(outcome: Outcome): string[] {
  const wrong = parseReport(outcome).checks.filter(({ check, status }) => status !== 'ok' && check !== 'hubble-names');
  return [...new Set(wrong.map(({ check, status }) => `${check} ${status}`))];
}

function textOf(outcome: Outcome, check: string): string {
  const told = parseReport(outcome).checks.filter((each) => each.check === check);
  return told.map(({ text, advice }) => `${text}\n${advice ?? ''}`).join('\n');
}

const doctor = async (demo: DemoCluster, ...args: string[]) =>
  run(['doctor', '-o', 'json', ...args], { kubeconfig: demo.kubeconfigPath });

function config(data: Readonly<Record<string, string>>) {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'cilium-config', namespace: 'kube-system' }, data };
}

describe('names of policies', () => {
  it('are not held against verdicts of before a change', async () => {
    const demo = await boot({ version: '1.19' });
    const rule1 = (org: string) => ({
      apiVersion: 'cilium.io/v2',
      kind: 'CiliumNetworkPolicy',
      metadata: { name: 'rule1', namespace: 'default' },
      spec: {
        endpointSelector: { matchLabels: { class: 'deathstar' } },
        ingress: [{ fromEndpoints: [{ matchLabels: { org } }] }],
      },
    });
    demo.apply(rule1('alliance'));
    expect(await demo.connect('xwing', 'deathstar')).toBe('landed');
    demo.apply(rule1('empire'));
    const names = parseReport(await doctor(demo)).checks.filter(({ check }) => check === 'hubble-names');
    expect(names.map(({ status }) => status)).toEqual(['ok', 'ok']);
  });
});

describe('a cluster in order', () => {
  it('is all ok, and is asked only what changes nothing', async () => {
    const demo = await boot();
    const outcome = await doctor(demo);
    expect(outcome.stderr).toBe('');
    expect(complaints(outcome)).toEqual([]);
    expect(outcome.code).toBe(0);
    const { agents, roles } = parseReport(outcome);
    expect(roles).toBeNull();
    expect(agents).toEqual(
      ['k8s-node1', 'k8s-node2'].map((node) => ({
        node,
        version: '1.19.0',
        dialect: 'cilium',
        program: 'cilium-dbg',
        eventTypes: ['agent', 'capture', 'debug', 'drop', 'l7', 'policy-verdict', 'trace', 'trace-sock'],
        hubble: { state: 'Ok', bufferFlows: 4095 },
        clockSeconds: 0,
        monitors: { policystat: 0, others: 0, zombies: 0 },
      })),
    );
    const asked = new Set(demo.agentCalls().map(({ argv }) => argv.join(' ')));
    expect([...asked].sort()).toEqual([
      'config --all',
      'endpoint list -o json',
      'monitor --help',
      'policy selectors -o json',
      'status -o json',
      'version -o json',
    ]);
  });

  it('is told on one screen', async () => {
    const demo = await boot();
    const { stdout, code } = await run(['doctor'], { kubeconfig: demo.kubeconfigPath });
    expect(code).toBe(0);
    expect(stdout).toMatch(/^ok +cluster +Kubernetes v1\.36\.2 at https:/);
    expect(stdout.split('\n').length).toBeLessThan(30);
  });

  it('is read in the same way where it is older or patched', async () => {
    const demo = await boot({ dialect: 'accuknox' });
    const outcome = await doctor(demo);
    expect(complaints(outcome)).toEqual([]);
    const [agent] = parseReport(outcome).agents;
    expect(agent).toMatchObject({ version: '1.10.90', dialect: 'accuknox', program: 'cilium' });
  });
});

describe('what keeps verdicts away', () => {
  it('is found in cilium-config and in the endpoints', async () => {
    const demo = await boot();
    demo.apply(
      config({
        'policy-audit-mode': 'true',
        'bpf-events-policy-verdict-enabled': 'false',
        'bpf-events-default-rate-limit': '100',
        'enable-policy': 'never',
      }),
    );
    const outcome = await doctor(demo);
    expect(complaints(outcome)).toEqual([
      'enforcement failed',
      'audit-mode warning',
      'verdict-events failed',
      'rate-limit warning',
    ]);
    expect(outcome.code).toBe(1);
    expect(textOf(outcome, 'rate-limit')).toContain('at most 100 events a second');
    // The endpoints themselves tell what the ConfigMap would.
    demo.faults.forbid({ verb: 'get', resource: 'configmaps' });
    const blind = await doctor(demo);
    expect(textOf(blind, 'audit-mode')).toContain('default/deathstar-77dd4fb786-8c4bw');
    expect(textOf(blind, 'verdict-events')).toContain('switched off for every endpoint');
    expect(textOf(blind, 'enforcement')).toContain('policy is switched off');
    expect(textOf(blind, 'rate-limit')).toContain('at most 100 events a second');
  });

  it('is found at one endpoint, and what it says to do ends it', async () => {
    const demo = await boot();
    demo.auditMode('tiefighter', true);
    const outcome = await doctor(demo);
    expect(complaints(outcome)).toEqual(['audit-mode warning']);
    expect(textOf(outcome, 'audit-mode')).toContain('on for 1 endpoint (default/tiefighter)');
    const [, command = ''] = /-c cilium-agent -- (.*)"/.exec(textOf(outcome, 'audit-mode')) ?? [];
    const kube = await connectKube({ kubeconfig: demo.kubeconfigPath, env: {} });
    const { promise: over, resolve } = Promise.withResolvers<void>();
    const request = {
      namespace: 'kube-system',
      pod: demo.agentOf('k8s-node1').pod,
      container: 'cilium-agent',
      command: command.split(' '),
      stdin: false,
    };
    await kube.openExec(
      request,
      { frame: () => {}, pong: () => {}, closed: () => resolve() },
      AbortSignal.timeout(9_000),
    );
    await over;
    expect(complaints(await doctor(demo))).toEqual([]);
  });

  it('is found where no policy applies to a target', async () => {
    const demo = await boot();
    const outcome = await doctor(demo, '--pod', 'xwing');
    expect(complaints(outcome)).toEqual(['targets warning']);
    expect(textOf(outcome, 'targets')).toContain('no policy applies to default/xwing');
    expect(parseReport(outcome).agents.map(({ node }) => node)).toEqual(['k8s-node2']);
    expect(complaints(await doctor(demo, '--pod', 'deathstar'))).toEqual([]);
  });
});

describe('monitors in the agents', () => {
  it('are told apart: those of a running policystat, and others', async () => {
    const demo = await boot();
    const watching = start(['watch', '--pod', 'deathstar'], { kubeconfig: demo.kubeconfigPath });
    const kube = await connectKube({ kubeconfig: demo.kubeconfigPath, env: {} });
    const { namespace, pod } = demo.agentOf('k8s-node1');
    const command = ['cilium-dbg', 'monitor', '-t', 'drop'];
    const request = { namespace, pod, container: 'cilium-agent', command, stdin: false };
    const quiet = { frame: () => {}, pong: () => {}, closed: () => {} };
    const socket = await kube.openExec(request, quiet, AbortSignal.timeout(20_000));
    // The client goes without a word, and its monitor stays.
    socket.terminate();
    await eventually(
      'three monitors run',
      () => demo.agentCalls().filter(({ argv }) => argv[0] === 'monitor').length === 3,
    );

    const outcome = await doctor(demo);
    const { agents } = parseReport(outcome);
    expect(agents.map(({ monitors }) => monitors)).toEqual([
      { policystat: 1, others: 1, zombies: 0 },
      { policystat: 1, others: 0, zombies: 0 },
    ]);
    expect(complaints(outcome)).toEqual(['leftovers warning']);
    expect(outcome.code).toBe(0);
    const told = textOf(outcome, 'leftovers');
    expect(told).toMatch(/1 monitor not started by a running policystat: .*monitor -t drop \(PID \d+, for \d+ s\)/);
    // What it says to do does end it.
    const advice = /-c cilium-agent -- (kill \d+)"/.exec(told)?.[1]?.split(' ') ?? [];
    const ended = await kube.openExec({ ...request, command: advice }, quiet, AbortSignal.timeout(20_000));
    watching.process.kill('SIGINT');
    await watching.outcome;
    await eventually('all are gone', () => demo.processes().length === 0);
    ended.terminate();
  });
});

describe('what is missing', () => {
  it('is the cluster: nothing else is asked', async () => {
    const demo = await boot();
    demo.faults.refuseConnections(Number.POSITIVE_INFINITY);
    const outcome = await doctor(demo, '--request-timeout', '5s');
    expect(complaints(outcome)).toEqual(['cluster failed']);
    expect(textOf(outcome, 'cluster')).toContain('cannot be reached');
    expect(outcome.code).toBe(1);
    demo.faults.refuseConnections(0);
  });

  it('is the exec into the agents: the rest is told all the same', async () => {
    const demo = await boot();
    demo.faults.forbid({ verb: '*', resource: 'pods/exec' });
    const outcome = await doctor(demo);
    expect(outcome.code).toBe(5);
    expect(complaints(outcome)).toEqual(['permissions failed', 'agents unknown', 'audit-mode unknown']);
    expect(textOf(outcome, 'permissions')).toContain('may not get, create pods/exec in namespace kube-system');
    expect(parseReport(outcome).roles).toContain('resources: ["pods/exec"]\n    verbs: ["get", "create"]');
  });

  it('are answers: nobody is waited for without end, and what others say is told', async () => {
    const demo = await boot();
    demo.faults.stall(Number.POSITIVE_INFINITY);
    const startMs = performance.now();
    const outcome = await doctor(demo, '--request-timeout', '3s');
    expect(performance.now() - startMs).toBeLessThan(15_000);
    expect(complaints(outcome)).toEqual(['agents failed', 'audit-mode unknown']);
    expect(textOf(outcome, 'agents')).toContain('does not respond: no answer within 3 s');
    expect(textOf(outcome, 'user')).toContain('policystat-demo');
    expect(outcome.code).toBe(6);
    demo.faults.stall(0);
  });

  it('is told for whom one acts as', async () => {
    const demo = await boot();
    const outcome = await doctor(demo, '--as', 'jane');
    expect(textOf(outcome, 'user')).toContain('jane');
  });

  it('is nothing yet at Ctrl-C', async () => {
    const demo = await boot();
    demo.faults.stall(Number.POSITIVE_INFINITY);
    const running = start(['doctor'], { kubeconfig: demo.kubeconfigPath });
    await eventually('the agents are asked', () => demo.agentCalls().length > 0);
    running.process.kill('SIGINT');
    expect(await running.outcome).toMatchObject({ code: 130, stdout: '' });
    demo.faults.stall(0);
  });

  it.each([
    [['--pod', 'kube-system/hubble-relay'], ['kube-system']],
    [
      ['--pod', 'kube-system/hubble-relay', '--pod', 'deathstar'],
      ['default', 'kube-system'],
    ],
    [['--node', 'k8s-node1'], ['kube-system']],
    [
      ['-n', 'default'],
      ['default', 'kube-system'],
    ],
    [[], []],
  ])('are permissions, asked for where %j are', async (targets, namespaces) => {
    const demo = await boot();
    demo.faults.forbid({ verb: '*', resource: 'pods' });
    const { roles } = parseReport(await doctor(demo, ...targets));
    expect([...(roles ?? '').matchAll(/namespace: "(.*)"/g)].map(([, namespace]) => namespace)).toEqual(namespaces);
    if (namespaces.length === 0) expect(roles).toContain('kind: ClusterRole');
  });

  it('are agents: on one node, and on all', async () => {
    const demo = await boot();
    const agent = (node: string) => ({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { namespace: 'kube-system', name: demo.agentOf(node).pod },
    });
    demo.remove(agent('k8s-node1'));
    const one = await doctor(demo);
    expect(complaints(one)).toEqual(['agents warning']);
    expect(textOf(one, 'agents')).toContain('1 of 2 nodes have an agent that is ready');
    expect(textOf(one, 'agents')).toContain('no Cilium agent on node k8s-node1');
    demo.remove(agent('k8s-node2'));
    const none = await doctor(demo);
    expect(none.code).toBe(6);
    expect(complaints(none)).toContain('agents failed');
  });

  it('are targets', async () => {
    const demo = await boot();
    const outcome = await doctor(demo, '--pod', 'deathstart');
    expect(outcome.code).toBe(6);
    expect(textOf(outcome, 'targets')).toContain('Did you mean deathstar');
    // All agents are looked at instead.
    expect(parseReport(outcome).agents).toHaveLength(2);
  });
});
