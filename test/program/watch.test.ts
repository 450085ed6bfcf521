/** `watch` and `summary` against the demo cluster, as a pipe sees them. */
import { readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { eventually } from '../eventually.ts';
import { accountedFor, clusterOfTest, listening, parseSummary, TWO_SYNS } from './cluster.ts';
import { run } from './run.ts';

const boot = clusterOfTest();

describe.each([
  { dialect: 'accuknox' as const, version: undefined, grade: 'datapath' },
  { dialect: 'cilium' as const, version: '1.19', grade: 'derived' },
  { dialect: 'cilium' as const, version: '1.16', grade: 'derived' },
  { dialect: 'cilium' as const, version: '1.12', grade: 'derived' },
  { dialect: 'cilium' as const, version: '1.8', grade: 'derived' },
])('watch on $dialect $version', ({ dialect, version, grade }) => {
  it('counts a landing once and a refusal for every SYN, and ends with a summary at Ctrl-C', async () => {
    const demo = await boot({ dialect, ...(version === undefined ? {} : { version }) });
    const running = await listening(demo, ['watch', '--pod', 'deathstar', '-o', 'jsonl', '--interval', '100ms']);
    expect(await demo.connect('tiefighter', 'deathstar')).toBe('landed');
    expect(await demo.connect('xwing', 'deathstar', TWO_SYNS)).toBe('timeout');
    await running.until((stdout) =>
      stdout
        .trimEnd()
        .split('\n')
        .some((line) => line.includes('"denied":2')),
    );
    running.process.kill('SIGINT');
    const { code, stdout } = await running.outcome;
    expect(code).toBe(0);
    const summary = parseSummary(stdout.trimEnd().split('\n').at(-1) ?? '');
    expect(accountedFor(summary)).toBe(true);
    expect(summary.completeness).toMatchObject({ status: 'full', lost: 0, gaps: [] });
    expect(summary.totals.ingress).toMatchObject({ allowed: 1, denied: 2, attempts: 1 });
    expect(summary.policies).toMatchObject([
      {
        policy: { name: 'implicit-default-deny' },
        direction: 'ingress',
        attribution: 'default-deny',
        denied: 2,
        attempts: 1,
        peers: [{ name: 'default/xwing' }],
      },
      {
        policy: { kind: 'CiliumNetworkPolicy', namespace: 'default', name: 'rule1' },
        direction: 'ingress',
        attribution: grade,
        allowed: 1,
        peers: [{ name: 'default/tiefighter' }],
        ports: [{ protocol: 'TCP', port: 80 }],
      },
    ]);
    expect(summary.targets.map(({ pod, node }) => [pod, node])).toEqual(
      expect.arrayContaining([
        ['deathstar-77dd4fb786-8c4bw', 'k8s-node2'],
        ['deathstar-77dd4fb786-pjs8v', 'k8s-node1'],
      ]),
    );
  });
});

describe('nothing stays behind', () => {
  it.each(['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGKILL'] as const)('after %s in the middle of a stream', async (signal) => {
    const demo = await boot({ rate: 50 });
    const running = await listening(demo, ['watch', '--pod', 'deathstar']);
    expect(demo.processes().length).toBeGreaterThan(0);
    running.process.kill(signal);
    const { code } = await running.outcome;
    expect(code).toBe(signal === 'SIGKILL' ? null : 0);
    await eventually('no process of the agents is left', () => demo.processes().length === 0);
  });

  it('after a reader of the pipe went away, which is a success', async () => {
    const demo = await boot({ rate: 50 });
    const running = await listening(demo, ['watch', '--pod', 'deathstar', '-o', 'jsonl', '--interval', '50ms']);
    running.process.stdout?.destroy();
    expect((await running.outcome).code).toBe(0);
  });
});

describe('summary', () => {
  it('listens for the duration and prints one object', async () => {
    const demo = await boot({ rate: 100, dialect: 'accuknox' });
    const { code, stdout, stderr } = await run(['summary', 'deploy/deathstar', '--duration', '2s', '-o', 'json'], {
      kubeconfig: demo.kubeconfigPath,
    });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const summary = parseSummary(stdout);
    expect(accountedFor(summary)).toBe(true);
    expect(summary.totals.ingress.allowed).toBeGreaterThan(0);
    expect(summary.window.seconds).toBeGreaterThanOrEqual(2);
  });

  it('that is ended at once still knows the policies, as soon as a slow agent has told of them', async () => {
    const answers = Promise.withResolvers<void>();
    const demo = await boot({
      replaceAgent: (_, cilium) => async (invocation) => {
        if (invocation.argv[0] === 'endpoint') await answers.promise;
        return cilium(invocation);
      },
    });
    const running = await listening(demo, ['summary', '--pod', 'deathstar', '--duration', '1m', '-o', 'json']);
    await demo.connect('xwing', 'deathstar', { timeoutMs: 100 });
    await demo.connect('tiefighter', 'deathstar', { timeoutMs: 100 });
    running.process.kill('SIGINT');
    answers.resolve();
    const { code, stdout, stderr } = await running.outcome;
    expect(code, stderr).toBe(0);
    const summary = parseSummary(stdout);
    expect(accountedFor(summary)).toBe(true);
    expect(
      summary.policies.map(({ policy, isolatedBy }) => [policy.name, isolatedBy?.map(({ name }) => name)]),
    ).toEqual([
      ['implicit-default-deny', ['rule1']],
      ['rule1', []],
    ]);
  });

  it('under --strict an incomplete one exits with 4 and still prints what is known', async () => {
    const demo = await boot({ rate: 100 });
    const running = await listening(demo, [
      'summary',
      '--pod',
      'deathstar',
      '--duration',
      '3s',
      '-o',
      'json',
      '--strict',
    ]);
    demo.faults.breakStreams();
    const { code, stdout, stderr } = await running.outcome;
    expect(code).toBe(4);
    expect(parseSummary(stdout).completeness).toMatchObject({ status: 'partial', reasons: ['gap'] });
    expect(stderr).toMatch(/not complete \(.*not heard .* UTC/);
  });
});

describe('what is not there', () => {
  it.each([
    [['--pod', 'deathstra'], 6, 'deathstar'],
    [['--pod', 'nosuch'], 6, 'nosuch'],
    [['--pod', 'kube-system/cilium-5l2dg'], 6, 'host network'],
    [['deploy/deathstra'], 6, 'deathstar'],
    [['-l', 'class=nosuch'], 6, 'class=nosuch'],
    [['-l', 'class=('], 2, 'class=('],
    [['svc/deathstar'], 2, 'deploy/deathstar'],
    [['--pod', 'nosuch', '-A'], 6, 'in any namespace'],
    [['--pod', 'deathstar', '--agent-container', 'nosuch'], 6, 'it has cilium-agent'],
    [['--node', 'k8s-node9'], 6, 'k8s-node1'],
    [['--pod', 'deathstar', '--agent-selector', 'k8s-app=nosuch'], 6, 'k8s-app=nosuch'],
    [['--pod', 'deathstar', '--context', 'nosuch'], 2, 'policystat-demo'],
  ])('%j exits with %i and says %s', async (args, expected, words) => {
    const demo = await boot();
    const { code, stdout, stderr } = await run(['watch', ...args], { kubeconfig: demo.kubeconfigPath });
    expect({ code, stdout }).toEqual({ code: expected, stdout: '' });
    expect(stderr).toContain(words);
  });

  it.each(['create', 'get'])(
    'a user who may not %s pods/exec is told the verb, the resource and the namespace',
    async (verb) => {
      const demo = await boot();
      demo.faults.forbid({ verb, resource: 'pods/exec', namespace: 'kube-system' });
      const { code, stderr } = await run(['watch', '--pod', 'deathstar'], { kubeconfig: demo.kubeconfigPath });
      expect(code).toBe(5);
      expect(stderr).toContain(verb);
      expect(stderr).toContain('pods/exec');
      expect(stderr).toContain('kube-system');
    },
  );

  it('no kubeconfig', async () => {
    const { code, stdout, stderr } = await run(['watch', '--pod', 'deathstar']);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain('/nonexistent/kubeconfig');
  });

  it('a cluster that does not answer', async () => {
    const demo = await boot();
    const kubeconfig = join(dirname(demo.kubeconfigPath), 'gone');
    await writeFile(
      kubeconfig,
      (await readFile(demo.kubeconfigPath, 'utf8')).replace(/127\.0\.0\.1:\d+/, '127.0.0.1:1'),
    );
    const { code, stdout, stderr } = await run(['watch', '--pod', 'deathstar'], { kubeconfig });
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain('https://127.0.0.1:1');
    expect(stderr).toContain('policystat-demo');
  });
});

describe('identities', () => {
  it('that are given to somebody else while it runs are never called by one name alone', async () => {
    const demo = await boot();
    const running = await listening(demo, ['watch', '--pod', 'deathstar', '-o', 'jsonl', '--interval', '100ms']);
    expect(await demo.connect('xwing', 'deathstar', { timeoutMs: 200 })).toBe('timeout');
    await running.until((stdout) => stdout.includes('"name":"default/xwing"'));
    const identity = { apiVersion: 'cilium.io/v2', kind: 'CiliumIdentity', metadata: { name: '2371' } };
    demo.remove(identity);
    demo.apply({
      ...identity,
      'security-labels': { 'k8s:app': 'cart', 'k8s:org': 'alliance', 'k8s:io.kubernetes.pod.namespace': 'shop' },
    });
    expect(await demo.connect('xwing', 'deathstar', { timeoutMs: 200 })).toBe('timeout');
    running.process.kill('SIGINT');
    const summary = parseSummary((await running.outcome).stdout.trimEnd().split('\n').at(-1) ?? '');
    expect(summary.policies.flatMap(({ peers }) => peers)).toMatchObject([
      { identity: 2371, name: 'default/xwing, later shop/cart' },
    ]);
  });
});

describe('losses', () => {
  it('a permission that is taken away while it streams ends it with the exit code of a refusal', async () => {
    const demo = await boot();
    const running = await listening(demo, ['summary', '--pod', 'deathstar', '--duration', '1m', '-o', 'json']);
    demo.faults.forbid({ verb: 'create', resource: 'pods/exec', namespace: 'kube-system' });
    demo.faults.breakStreams();
    const { code, stdout, stderr } = await running.outcome;
    expect(code).toBe(5);
    const { completeness, source } = parseSummary(stdout);
    expect(completeness).toMatchObject({ status: 'partial', reasons: ['gap', 'not-streaming'] });
    expect(source.agents.map(({ state }) => state)).toEqual(['failed', 'failed']);
    expect(stderr).toContain('pods/exec');
  });

  it('a broken connection is a gap, the stream comes back, and the numbers are lower bounds', async () => {
    const demo = await boot({ rate: 50 });
    const running = await listening(demo, ['watch', '--pod', 'deathstar', '-o', 'jsonl', '--interval', '100ms']);
    demo.faults.breakStreams();
    await running.until((stdout) =>
      stdout.split('\n').some((line) => line.includes('"reasons":["gap"]') && !line.includes('reconnecting')),
    );
    running.process.kill('SIGINT');
    const { code, stdout } = await running.outcome;
    expect(code).toBe(0);
    const summary = parseSummary(stdout.trimEnd().split('\n').at(-1) ?? '');
    expect(summary.completeness.gaps.length).toBeGreaterThanOrEqual(2);
    expect(summary.source.agents.map(({ state }) => state)).toEqual(['streaming', 'streaming']);
    expect(accountedFor(summary)).toBe(true);
  });

  it('an agent that restarts is listened to again, and what it said in between is a gap', async () => {
    const demo = await boot();
    const running = await listening(demo, ['watch', '--pod', 'deathstar', '-o', 'jsonl', '--interval', '100ms']);
    await demo.faults.restartAgent('k8s-node1');
    const back = (line: string) => line.includes('"reasons":["gap"]') && !line.includes('reconnecting');
    await running.until((stdout) => stdout.split('\n').slice(-3).some(back));
    running.process.kill('SIGINT');
    const { code, stdout } = await running.outcome;
    expect(code).toBe(0);
    const summary = parseSummary(stdout.trimEnd().split('\n').at(-1) ?? '');
    expect(summary.completeness.gaps.map(({ node }) => node)).toEqual(['k8s-node1']);
    expect(summary.completeness.gaps[0]?.seconds).toBeGreaterThan(0);
  });

  it('a verdict near a policy change is not credited to the wrong policy', async () => {
    const demo = await boot();
    const running = await listening(demo, ['watch', '--pod', 'deathstar', '-o', 'jsonl', '--interval', '100ms']);
    expect(await demo.connect('tiefighter', 'deathstar')).toBe('landed');
    await running.until((stdout) => stdout.includes('"name":"rule1"'));
    demo.apply({
      apiVersion: 'cilium.io/v2',
      kind: 'CiliumNetworkPolicy',
      metadata: { name: 'no-tie', namespace: 'default' },
      spec: {
        endpointSelector: { matchLabels: { class: 'deathstar' } },
        ingressDeny: [{ fromEndpoints: [{ matchLabels: { class: 'tiefighter' } }] }],
      },
    });
    expect(await demo.connect('tiefighter', 'deathstar', { timeoutMs: 4000 })).toBe('timeout');
    expect(await demo.connect('tiefighter', 'deathstar', { timeoutMs: 500 })).toBe('timeout');
    await running.until((stdout) => stdout.includes('"name":"no-tie"'));
    running.process.kill('SIGINT');
    const summary = parseSummary((await running.outcome).stdout.trimEnd().split('\n').at(-1) ?? '');
    const rows = new Map(summary.policies.map((row) => [row.policy.name, row]));
    expect(rows.get('rule1')).toMatchObject({ allowed: 1, denied: 0 });
    expect(rows.get('no-tie')).toMatchObject({ allowed: 0, attribution: 'derived' });
    expect(rows.get('no-tie')?.denied).toBeGreaterThan(0);
    expect(
      [...rows.keys()].filter((name) => !['rule1', 'no-tie', 'unattributed', 'implicit-default-deny'].includes(name)),
    ).toEqual([]);
  });

  it('a pod that moves to another node is followed, and what it did until then is a gap', async () => {
    const demo = await boot();
    const running = await listening(demo, ['watch', '--pod', 'deathstar', '-o', 'jsonl', '--interval', '100ms']);
    const before = 'deathstar-77dd4fb786-8c4bw';
    await demo.faults.movePod(before, 'k8s-node1');
    const onNode1 = (line: string) => (line.match(/"pod":"deathstar-[^"]+","node":"k8s-node1"/g) ?? []).length === 2;
    await running.until((stdout) => stdout.split('\n').slice(-3).some(onNode1));
    for (let landing = 0; landing < 8; landing += 1)
      expect(await demo.connect('tiefighter', 'deathstar')).toBe('landed');
    await running.until((stdout) => stdout.includes('"ingress":{"allowed":8'));
    running.process.kill('SIGINT');
    const summary = parseSummary((await running.outcome).stdout.trimEnd().split('\n').at(-1) ?? '');
    expect(summary.totals.ingress.allowed).toBe(8);
    expect(summary.completeness).toMatchObject({ status: 'partial', reasons: ['gap'] });
    expect(summary.completeness.gaps.map(({ node }) => node)).toEqual(['k8s-node1']);
    expect(summary.policies.map(({ policy }) => policy.name)).toEqual(['rule1']);
  });
});
