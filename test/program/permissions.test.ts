/** Every role that `doctor --role` prints is enough for its command; every permission that is taken away is named, and the rest is done. */
import { execFile } from 'node:child_process';
import { dirname } from 'node:path';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import type { DemoCluster } from '../../src/demo/demo-cluster.ts';
import { kubectl } from '../../tools/kubectl.ts';
import { clusterOfTest, parseSummary } from './cluster.ts';
import { type Outcome, run, start, untilListening } from './run.ts';

const boot = clusterOfTest();

const Rule = v.strictObject({
  apiGroups: v.array(v.string()),
  resources: v.array(v.string()),
  resourceNames: v.exactOptional(v.array(v.string())),
  verbs: v.array(v.string()),
});
const Role = v.variant('kind', [
  v.strictObject({
    apiVersion: v.literal('rbac.authorization.k8s.io/v1'),
    kind: v.literal('ClusterRole'),
    metadata: v.strictObject({ name: v.string() }),
    rules: v.array(Rule),
  }),
  v.strictObject({
    apiVersion: v.literal('rbac.authorization.k8s.io/v1'),
    kind: v.literal('Role'),
    metadata: v.strictObject({ name: v.string(), namespace: v.string() }),
    rules: v.array(Rule),
  }),
]);

function rulesIn(yaml: string) {
  const roles = parseAllDocuments(yaml).map((document) => v.parse(Role, document.toJS()));
  return roles.flatMap((role) =>
    role.rules.map((rule) => ('namespace' in role.metadata ? { ...rule, namespace: role.metadata.namespace } : rule)),
  );
}

/** Allows what these roles allow, and nothing else. */
function grant(demo: DemoCluster, yaml: string): void {
  demo.faults.allowOnly(rulesIn(yaml));
}

const LISTEN = ['--pod', 'deathstar', '--duration', '2s', '-o', 'json'];

/** Runs it, and sends one connection that is allowed and one that is not as soon as it listens on both nodes. */
async function withTraffic(demo: DemoCluster, args: readonly string[]): Promise<Outcome> {
  const running = start([...args, '-v'], { kubeconfig: demo.kubeconfigPath });
  await untilListening(running);
  await Promise.all([demo.connect('tiefighter', 'deathstar'), demo.connect('xwing', 'deathstar', { timeoutMs: 500 })]);
  return running.outcome;
}

const missing = ({ stderr }: Outcome) => stderr.split('\n').filter((line) => line.includes('You may not'));

function rowsOf({ stdout }: Outcome): string[] {
  return parseSummary(stdout).policies.map(
    ({ policy, attribution, peers }) => `${policy.name} ${attribution} ${peers[0]?.name ?? peers[0]?.identity ?? ''}`,
  );
}

const WHOLE = ['implicit-default-deny default-deny default/xwing', 'rule1 derived default/tiefighter'];

describe.each([[[]], [['-n', 'default']]])('the roles for targets %j', (scope) => {
  it.each([
    ['watch', ['watch', ...LISTEN]],
    ['summary', ['summary', ...LISTEN]],
    ['summary', ['summary', 'deploy/deathstar', '--duration', '2s', '-o', 'json']],
  ])('%s: are enough for %j', async (mode, args) => {
    const demo = await boot();
    grant(demo, (await run(['doctor', '--role', mode, ...scope])).stdout);
    const outcome = await withTraffic(demo, args);
    expect(missing(outcome)).toEqual([]);
    expect(outcome.code).toBe(0);
    expect(rowsOf(outcome)).toEqual(WHOLE);
  });

  it('events: are enough for it', async () => {
    const demo = await boot();
    grant(demo, (await run(['doctor', '--role', 'events', ...scope])).stdout);
    const args = ['events', '--pod', 'deathstar', '--duration', '2s', '-o', 'jsonl', '-t', 'policy-verdict,trace-sock'];
    const outcome = await withTraffic(demo, args);
    expect(missing(outcome)).toEqual([]);
    expect(outcome.code).toBe(0);
    expect(outcome.stdout).toContain('"name":"rule1"');
  });

  it('policies: are enough for it', async () => {
    const demo = await boot();
    grant(demo, (await run(['doctor', '--role', 'policies', ...scope])).stdout);
    const outcome = await withTraffic(demo, ['policies', '-n', 'default', '--duration', '2s', '-o', 'json']);
    expect(outcome.code).toBe(0);
    expect(outcome.stdout).toContain('"listedFrom": "api"');
  });

  it('check: are enough for it', async () => {
    const demo = await boot();
    grant(demo, (await run(['doctor', '--role', 'check', ...scope])).stdout);
    const outcome = await withTraffic(demo, [
      'check',
      '--pod',
      'deathstar',
      '--duration',
      '2s',
      '--expect',
      'rule1:ingress:allowed>=1',
    ]);
    expect(missing(outcome)).toEqual([]);
    expect(outcome.code).toBe(0);
  });

  it('doctor: are enough for it, and it names what the other commands lack', async () => {
    const demo = await boot();
    grant(demo, (await run(['doctor', '--role', 'doctor', ...scope])).stdout);
    const outcome = await run(['doctor', ...scope, '-o', 'json'], { kubeconfig: demo.kubeconfigPath });
    expect(outcome.code).toBe(0);
    const told = v.parse(
      v.object({
        checks: v.array(v.object({ check: v.string(), status: v.string(), text: v.string() })),
        roles: v.string(),
      }),
      JSON.parse(outcome.stdout),
    );
    // What Hubble says is another matter.
    const wrong = told.checks
      .filter(({ check, status }) => status !== 'ok' && check !== 'hubble-names')
      .map(({ check }) => check);
    expect([...new Set(wrong)]).toEqual(scope.length === 0 ? ['permissions'] : ['permissions', 'targets']);
    // What it prints for copying is all that was missing.
    const all = `${(await run(['doctor', '--role', 'doctor', ...scope])).stdout}---\n${told.roles}`;
    grant(demo, all);
    const then = await run(['doctor', ...scope], { kubeconfig: demo.kubeconfigPath });
    expect(then.stdout).toMatch(/^ok +permissions/m);
  });

  it('minimal: are enough to count, and what is missing is named once', async () => {
    const demo = await boot();
    grant(demo, (await run(['doctor', '--role', 'minimal', ...scope])).stdout);
    const outcome = await withTraffic(demo, ['summary', ...LISTEN]);
    expect(outcome.code).toBe(0);
    expect(rowsOf(outcome)).toEqual(WHOLE);
    expect(missing(outcome).map((line) => /may not \w+ (\S+)/.exec(line)?.[1])).toEqual(
      expect.arrayContaining([
        'ciliumendpoints.cilium.io',
        'ciliumidentities.cilium.io',
        'networkpolicies.networking.k8s.io',
      ]),
    );
    expect(new Set(missing(outcome)).size).toBe(missing(outcome).length);
  });
});

describe('a real kubectl', () => {
  it.each(['minimal', 'watch', 'events', 'doctor'])('reads the roles for %s', async (mode) => {
    const demo = await boot();
    const { stdout: yaml } = await run(['doctor', '--role', mode, '-n', 'default']);
    const env = { KUBECONFIG: demo.kubeconfigPath, HOME: dirname(demo.kubeconfigPath), PATH: process.env.PATH ?? '' };
    const program = await kubectl('35');
    // Beside it: the demo's API server runs in this process.
    const read = await new Promise<string>((resolve, reject) => {
      const args = ['auth', 'reconcile', '--dry-run=client', '-f', '-'];
      const child = execFile(program, args, { env, timeout: 30_000 }, (error, stdout, stderr) =>
        error === null ? resolve(stdout + stderr) : reject(new Error(stderr)),
      );
      child.stdin?.end(yaml);
    });
    const roles = parseAllDocuments(yaml).length;
    expect(read.match(/policystat-\w+ reconciled \(dry run\)/g)).toHaveLength(roles);
    // Every resource is a rule of its own to kubectl.
    const rules = rulesIn(yaml).length;
    expect((read.match(/\{Verbs:/g) ?? []).length).toBeGreaterThanOrEqual(rules);
  });
});

describe('every rule of the roles for watch', () => {
  it('is needed, or is named once where it is gone', async () => {
    const demo = await boot();
    const rules = rulesIn((await run(['doctor', '--role', 'watch', '-n', 'default'])).stdout);
    const fates: string[] = [];
    for (const gone of rules) {
      demo.faults.allowOnly(rules.filter((rule) => rule !== gone));
      const target = gone.apiGroups.includes('apps') ? 'deploy/deathstar' : 'pod/deathstar';
      const args = ['summary', target, '-n', 'default', '--duration', '1s', '-o', 'json'];
      const outcome = await run(args, { kubeconfig: demo.kubeconfigPath });
      const named = missing(outcome).map((line) => /may not (?:\w+ |exec )(\S+)/.exec(line)?.[1] ?? '');
      expect(named.every((name) => name === 'into' || gone.resources.includes(name.split('.')[0] ?? ''))).toBe(true);
      fates.push(`${gone.resources.join(',')}: ${outcome.code}, named ${named.length}`);
    }
    expect(fates.sort()).toEqual([
      'ciliumendpoints: 0, named 1',
      'ciliumidentities: 0, named 1',
      'ciliumnetworkpolicies,ciliumclusterwidenetworkpolicies: 0, named 2',
      'deployments,statefulsets,daemonsets,replicasets: 0, named 1',
      'jobs,cronjobs: 0, named 0',
      'networkpolicies: 0, named 1',
      'nodes: 0, named 0',
      'pods/exec: 5, named 1',
      'pods: 5, named 1',
      'pods: 5, named 1',
      'replicationcontrollers: 0, named 0',
    ]);
  });
});

describe('without', () => {
  it.each([
    ['ciliumendpoints', 'ciliumendpoints.cilium.io'],
    ['ciliumidentities', 'ciliumidentities.cilium.io'],
    ['ciliumnetworkpolicies', 'ciliumnetworkpolicies.cilium.io'],
    ['ciliumclusterwidenetworkpolicies', 'ciliumclusterwidenetworkpolicies.cilium.io'],
    ['networkpolicies', 'networkpolicies.networking.k8s.io'],
  ])('%s: it is named once, the agents are asked, and nothing is lost', async (resource, named) => {
    const demo = await boot();
    demo.faults.forbid({ verb: '*', resource });
    const outcome = await withTraffic(demo, ['summary', ...LISTEN]);
    expect(outcome.code).toBe(0);
    expect(missing(outcome)).toHaveLength(1);
    expect(missing(outcome)[0]).toContain(named);
    expect(rowsOf(outcome)).toEqual(WHOLE);
  });

  it('deployments: the pods of one are told by who made them', async () => {
    const demo = await boot();
    demo.faults.forbid({ verb: '*', resource: 'deployments' });
    const outcome = await withTraffic(demo, ['summary', 'deploy/deathstar', '--duration', '2s', '-o', 'json']);
    expect(missing(outcome)).toHaveLength(1);
    expect(missing(outcome)[0]).toContain('deployments.apps');
    expect(rowsOf(outcome)).toEqual(WHOLE);
  });

  it('services: addresses are told without their names', async () => {
    const demo = await boot();
    demo.faults.forbid({ verb: '*', resource: 'services' });
    const args = ['events', '--pod', 'deathstar', '--duration', '2s', '-o', 'jsonl', '-t', 'policy-verdict,trace-sock'];
    const outcome = await withTraffic(demo, args);
    expect(outcome.code).toBe(0);
    expect(missing(outcome)).toHaveLength(1);
    expect(missing(outcome)[0]).toContain('services are shown by address');
  });

  it('nodes: all of them are listened to, and it is said that one without an agent would go unnoticed', async () => {
    const demo = await boot();
    demo.faults.forbid({ verb: '*', resource: 'nodes' });
    const outcome = await withTraffic(demo, ['summary', '-A', '--duration', '2s', '-o', 'json']);
    expect(outcome.code).toBe(0);
    expect(missing(outcome)).toHaveLength(1);
    expect(missing(outcome)[0]).toContain('a node without an agent goes unnoticed');
    expect(parseSummary(outcome.stdout).source.agents.map(({ state }) => state)).toEqual(['streaming', 'streaming']);
  });

  it.each([['get'], ['create'], ['*']])('%s on pods/exec: nothing works, and the verb is named', async (verb) => {
    const demo = await boot();
    demo.faults.forbid({ verb, resource: 'pods/exec' });
    const outcome = await run(['summary', ...LISTEN], { kubeconfig: demo.kubeconfigPath });
    expect(outcome).toMatchObject({ code: 5, stdout: '' });
    expect(outcome.stderr).toContain(`You may not exec into the agent kube-system/cilium-`);
    expect(outcome.stderr).toContain(`${verb === '*' ? 'get, create' : verb} on pods/exec in namespace kube-system`);
  });

  it('pods of the targets: nothing works, and it is named', async () => {
    const demo = await boot();
    demo.faults.forbid({ verb: '*', resource: 'pods', namespace: 'default' });
    const outcome = await run(['summary', ...LISTEN], { kubeconfig: demo.kubeconfigPath });
    expect(outcome).toMatchObject({ code: 5, stdout: '' });
    expect(outcome.stderr).toContain('pods in namespace default');
  });

  it('pods of the agents: nothing works, and it is named', async () => {
    const demo = await boot();
    demo.faults.forbid({ verb: '*', resource: 'pods', namespace: 'kube-system' });
    const outcome = await run(['summary', ...LISTEN], { kubeconfig: demo.kubeconfigPath });
    expect(outcome).toMatchObject({ code: 5, stdout: '' });
    expect(outcome.stderr).toContain('You may not list pods');
  });
});
