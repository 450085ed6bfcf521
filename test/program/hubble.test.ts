/** `--source`: the same rows from an agent's monitor and from its Hubble, on every Cilium, and what is missed is told. */
import { describe, expect, it } from 'vitest';
import type { DemoCluster } from '../../src/demo/demo-cluster.ts';
import { eventually } from '../eventually.ts';
import { accountedFor, clusterOfTest, latest, listening, parseSummary, type SummaryJson } from './cluster.ts';
import { type Running, run, start, streamsOpened, untilListening } from './run.ts';

const boot = clusterOfTest();

const policy = (name: string, spec: object, kind = 'CiliumNetworkPolicy') => ({
  apiVersion: kind === 'NetworkPolicy' ? 'networking.k8s.io/v1' : 'cilium.io/v2',
  kind,
  metadata: { name, ...(kind === 'CiliumClusterwideNetworkPolicy' ? {} : { namespace: 'default' }) },
  spec,
});
const deathstar = { matchLabels: { class: 'deathstar' } };
const ports = (port: string, endPort?: number) => [
  { ports: [{ port, protocol: 'TCP', ...(endPort === undefined ? {} : { endPort }) }] },
];

async function watching(demo: DemoCluster, source: string, ...more: string[]): Promise<Running> {
  return listening(demo, [
    'watch',
    '--pod',
    'deathstar',
    '--source',
    source,
    '-o',
    'jsonl',
    '--interval',
    '50ms',
    ...more,
  ]);
}

async function finalSummary(running: Running): Promise<SummaryJson> {
  running.process.kill('SIGINT');
  const { code, stdout, stderr } = await running.outcome;
  expect(code, stderr).toBe(0);
  return parseSummary(stdout.trimEnd().split('\n').at(-1) ?? '');
}

/** What a row says, but for how the name is known. */
function rowsOf(summary: SummaryJson): string[] {
  return summary.policies
    .map(({ policy: { kind, namespace, name }, direction, allowed, denied, audited, isolatedBy = [], reason }) =>
      [
        kind,
        namespace,
        name,
        direction,
        allowed,
        denied,
        audited,
        reason,
        ...isolatedBy.map((by) => by.name).sort(),
      ].join(' '),
    )
    .sort();
}

const verdicts = (summary: SummaryJson | null) =>
  (summary?.totals.ingress.allowed ?? 0) +
  (summary?.totals.ingress.denied ?? 0) +
  (summary?.totals.ingress.redirected ?? 0);

/** Landings, a default deny, a port range, a policy of each kind; the number of verdicts. */
async function traffic(demo: DemoCluster): Promise<number> {
  expect(await demo.connect('tiefighter', 'deathstar')).toBe('landed');
  expect(await demo.connect('tiefighter', 'deathstar')).toBe('landed');
  expect(await demo.connect('xwing', 'deathstar', { timeoutMs: 300 })).toBe('timeout');
  await demo.connect('tiefighter', 'deathstar', { port: 8123, timeoutMs: 300 });
  await demo.connect('xwing', 'deathstar', { port: 9090, timeoutMs: 300 });
  return 5;
}

describe.each([
  { dialect: 'cilium', version: '1.12' },
  { dialect: 'cilium', version: '1.16' },
  { dialect: 'cilium', version: '1.19' },
  { dialect: 'accuknox', version: '1.10.90' },
] as const)('$dialect $version', ({ dialect, version }) => {
  it('has the same rows from its monitor and from its Hubble', async () => {
    const demo = await boot({ dialect, version });
    demo.apply(
      policy('range', {
        endpointSelector: deathstar,
        ingress: [
          {
            fromEndpoints: [{ matchLabels: { org: 'empire' } }],
            toPorts: version === '1.19' ? ports('8000', 8999) : ports('8123'),
          },
        ],
      }),
    );
    demo.apply(
      policy(
        'guard',
        {
          endpointSelector: deathstar,
          ingress: [{ fromEndpoints: [{ matchLabels: { org: 'alliance' } }], toPorts: ports('9090') }],
        },
        'CiliumClusterwideNetworkPolicy',
      ),
    );
    const summaries: SummaryJson[] = [];
    for (const source of ['monitor', 'hubble']) {
      const running = await watching(demo, source);
      const sent = await traffic(demo);
      await running.until((stdout) => verdicts(latest(stdout)) === sent);
      const summary = await finalSummary(running);
      expect(accountedFor(summary)).toBe(true);
      expect(summary.completeness.status).toBe('full');
      summaries.push(summary);
    }
    const [monitor, hubble] = summaries;
    if (monitor === undefined || hubble === undefined) throw new Error('two summaries');
    expect(rowsOf(hubble)).toEqual(rowsOf(monitor));
    expect(rowsOf(hubble).some((row) => row.includes('rule1 ingress 2'))).toBe(true);
    const grades = new Map(hubble.policies.map((row) => [row.policy.name, row.attribution]));
    const patched = dialect === 'accuknox';
    const names = version === '1.16' || version === '1.19';
    expect(grades.get('rule1')).toBe(patched ? 'datapath' : names ? 'correlated' : 'derived');
    // Ranges of ports are there from 1.17 on, and Hubble finds no name for them.
    expect(grades.get('range')).toBe(patched ? 'datapath' : version === '1.16' ? 'correlated' : 'derived');
    expect(grades.get('guard')).toBe(patched ? 'datapath' : names ? 'correlated' : 'derived');
    expect(grades.get('implicit-default-deny')).toBe('default-deny');
  });
});

describe('what is missed', () => {
  it('is counted where Hubble lost it, and is a gap where the agent restarted', async () => {
    const demo = await boot();
    const running = await watching(demo, 'hubble');
    await demo.connect('tiefighter', 'deathstar');
    for (const node of ['k8s-node1', 'k8s-node2']) demo.emit(node, { type: 'lost', cpu: 1, events: 12 });
    await running.until((stdout) => latest(stdout)?.completeness.lost === 24);
    const before = streamsOpened(running.stderr());
    await demo.faults.restartAgent('k8s-node1');
    await untilListening(running, before + 1);
    // It may have listened for a moment to the agent that was about to go.
    const heard = () => verdicts(latest(running.stdout())) >= 2;
    await eventually('the new agent is heard', () => {
      void demo.connect('tiefighter', 'deathstar', { timeoutMs: 300 });
      return heard();
    });
    const summary = await finalSummary(running);
    expect(summary.completeness.reasons).toEqual(expect.arrayContaining(['lost-events', 'gap']));
    expect(summary.completeness.gaps.map(({ node }) => node)).toEqual(expect.arrayContaining(['k8s-node1']));
  });
});

describe('a connection that breaks', () => {
  it('misses nothing that Hubble still has, and counts nothing twice', async () => {
    const demo = await boot();
    const running = await watching(demo, 'hubble');
    let sent = 0;
    // One on each node by turns, so that each Hubble has a flow from before the connection breaks.
    const replicas = ['deathstar-77dd4fb786-pjs8v', 'deathstar-77dd4fb786-8c4bw'];
    const land = async () => {
      expect(await demo.connect('tiefighter', replicas[sent % 2] ?? '')).toBe('landed');
      sent += 1;
    };
    for (let round = 0; round < 2; round += 1) {
      await land();
      await land();
      await running.until((stdout) => verdicts(latest(stdout)) === sent);
      const listened = () => streamsOpened(running.stderr());
      const before = listened();
      demo.faults.refuseConnections(500);
      demo.faults.breakStreams();
      // Nobody listens now but the agents' Hubbles.
      await land();
      await land();
      await running.until(() => listened() >= before + 2);
    }
    await land();
    await running.until((stdout) => verdicts(latest(stdout)) >= sent);
    const summary = await finalSummary(running);
    expect(summary.totals.ingress.allowed).toBe(sent);
    expect(summary.completeness).toMatchObject({ status: 'full', gaps: [] });
  });
});

describe('the other commands', () => {
  it('take Hubble as well', async () => {
    const demo = await boot();
    const { kubeconfigPath: kubeconfig } = demo;
    const from = ['--pod', 'deathstar', '--source', 'hubble'];
    const events = start(['events', ...from, '-o', 'jsonl', '-v'], { kubeconfig });
    const policies = start(['policies', ...from, '--duration', '60s', '-o', 'json', '-v'], { kubeconfig });
    const expected = ['--expect', 'rule1:ingress:allowed>=2', '--expect', 'implicit-default-deny:denied>=1', '-v'];
    const check = start(['check', ...from, ...expected, '--duration', '60s', '-o', 'json'], { kubeconfig });
    const all = [events, policies, check];
    for (const one of all) await untilListening(one);
    await demo.connect('tiefighter', 'deathstar');
    await demo.connect('tiefighter', 'deathstar');
    await demo.connect('xwing', 'deathstar', { timeoutMs: 300 });

    const judged = await check.outcome;
    expect(judged.code, judged.stderr).toBe(0);

    await events.until((stdout) => stdout.trimEnd().split('\n').length >= 3);
    events.process.kill('SIGINT');
    const printed = (await events.outcome).stdout;
    expect(printed.match(/"attribution":"correlated"/g)).toHaveLength(2);
    expect(printed.match(/"attribution":"default-deny"/g)).toHaveLength(1);
    expect(printed).toMatch(/"isolatedBy":\[\{[^}]*"name":"rule1"/);

    policies.process.kill('SIGINT');
    const reported = await policies.outcome;
    expect(reported.code, reported.stderr).toBe(0);
    expect(reported.stdout).toMatch(/"name": "rule1"/);
    expect(reported.stdout).toMatch(/"kind": "hubble"/);
  });
});

describe('a policy that is replaced while flows arrive', () => {
  it('has a default deny explained by what isolates then', async () => {
    const demo = await boot();
    const running = await watching(demo, 'hubble');
    demo.apply(
      policy('other', {
        endpointSelector: deathstar,
        ingress: [{}],
        ingressDeny: [{ fromEndpoints: [{ matchLabels: { org: 'alliance' } }] }],
      }),
    );
    const isNamed = () => latest(running.stdout())?.policies.some((row) => row.policy.name === 'other') === true;
    // Those of the first moments may be of the policy before, which nobody has read yet.
    for (let refused = 1; !isNamed(); refused += 1) {
      await demo.connect('xwing', 'deathstar', { timeoutMs: 300 });
      await running.until((stdout) => verdicts(latest(stdout)) >= refused);
    }
    const summary = await finalSummary(running);
    const rows = summary.policies.filter((row) => row.reason !== 'policy-changed');
    expect(rows.map((row) => [row.policy.name, row.attribution])).toEqual([['other', 'correlated']]);
  });
});

describe('--source', () => {
  it('hubble says what to do where Hubble is off', async () => {
    const demo = await boot({ hubbleOff: ['k8s-node1', 'k8s-node2'] });
    const { code, stdout, stderr } = await run(
      ['summary', '--pod', 'deathstar', '--source', 'hubble', '--duration', '1s'],
      {
        kubeconfig: demo.kubeconfigPath,
      },
    );
    expect(code).toBe(1);
    expect(stdout).toBe('');
    expect(stderr).toMatch(
      /Hubble of the agent kube-system\/cilium-\S+ on node k8s-node\d cannot be reached: .*no such file.*--source monitor/,
    );
  });

  it('auto takes Hubble where it is on, the monitor elsewhere, and says why', async () => {
    const demo = await boot({ hubbleOff: ['k8s-node2'] });
    const running = await watching(demo, 'auto');
    for (let landing = 0; landing < 4; landing += 1) await demo.connect('tiefighter', 'deathstar');
    await running.until((stdout) => verdicts(latest(stdout)) === 4);
    const summary = await finalSummary(running);
    expect(summary.source.kind).toBe('mixed');
    const chosen = Object.fromEntries(
      summary.source.agents.map(({ node, source, sourceReason }) => [node, [source, sourceReason]]),
    );
    expect(chosen).toEqual({
      'k8s-node1': ['hubble', 'hubble-names-policies'],
      'k8s-node2': ['monitor', 'hubble-off'],
    });
    expect(running.stderr()).toContain('k8s-node2: listening to the monitor: Hubble is off in this agent');
    expect(running.stderr()).toContain('k8s-node1: listening to Hubble: ');
  });

  it('hubble refuses types that Hubble does not have', async () => {
    const { code, stderr } = await run(['events', '-A', '--source', 'hubble', '-t', 'drop,agent']);
    expect(code).toBe(2);
    expect(stderr).toContain('Hubble has no events of type agent');
  });

  it('auto listens to the monitor where Hubble names nobody', async () => {
    const demo = await boot({ version: '1.14' });
    const reason = 'hubble-names-nobody';
    const { stdout } = await run(
      ['summary', '--pod', 'deathstar', '--source', 'auto', '--duration', '300ms', '-o', 'json'],
      {
        kubeconfig: demo.kubeconfigPath,
      },
    );
    expect(parseSummary(stdout).source.agents.map(({ sourceReason }) => sourceReason)).toEqual([reason, reason]);
  });
});
