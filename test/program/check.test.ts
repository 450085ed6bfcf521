/** `check` against the demo cluster, as a pipeline runs it: what the exit code says of what happened. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import * as v from 'valibot';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { DemoCluster } from '../../src/demo/demo-cluster.ts';
import { kubectl } from '../../tools/kubectl.ts';
import { eventually } from '../eventually.ts';
import { clusterOfTest } from './cluster.ts';
import { run, start, untilListening } from './run.ts';

const ReportJson = v.object({
  judgement: v.string(),
  expectations: v.array(v.looseObject({ text: v.string(), judgement: v.string(), counted: v.number() })),
  command: v.nullable(v.object({ argv: v.array(v.string()), exitCode: v.nullable(v.number()) })),
  window: v.looseObject({ seconds: v.number() }),
  completeness: v.looseObject({ status: v.string(), reasons: v.array(v.string()) }),
});

const LANDING = 'curl -s --max-time 1 -XPOST deathstar.default.svc.cluster.local/v1/request-landing';
/** The smoke test of Cilium's Star Wars demo: who belongs to the empire lands, others wait in vain. */
const SMOKE_TEST = `kubectl exec tiefighter -- ${LANDING}; kubectl exec xwing -- ${LANDING} || true`;
const EMPIRE_LANDS = 'rule1:ingress:allowed>=1';
const XWING_IS_DENIED = 'implicit-default-deny:ingress:denied>=1 from class=xwing';
const EXPECTED = ['--expect', EMPIRE_LANDS, '--expect', XWING_IS_DENIED];

let pathWithKubectl = '';
beforeAll(async () => {
  pathWithKubectl = `${dirname(await kubectl('35'))}:${process.env.PATH ?? ''}`;
}, 120_000);

const boot = clusterOfTest();
let folder: string | null = null;

async function file(name: string, text: string): Promise<string> {
  folder ??= await mkdtemp(join(tmpdir(), 'policystat-check-'));
  const path = join(folder, name);
  await writeFile(path, text);
  return path;
}

function environment(demo: DemoCluster, env: Record<string, string> = {}) {
  return { kubeconfig: demo.kubeconfigPath, env: { PATH: pathWithKubectl, ...env } };
}

async function check(demo: DemoCluster, args: readonly string[], command: string | null, env = {}) {
  const beside = command === null ? [] : ['--', 'sh', '-c', command];
  return run(['check', '--pod', 'deathstar', ...args, ...beside], environment(demo, env));
}

function report(stdout: string) {
  return v.parse(ReportJson, JSON.parse(stdout));
}

afterEach(async () => {
  const written = folder;
  folder = null;
  if (written !== null) await rm(written, { recursive: true });
});

describe.each([
  { dialect: 'accuknox' as const },
  { dialect: 'cilium' as const, version: '1.12' },
  { dialect: 'cilium' as const, version: '1.19' },
])('the smoke test of the Star Wars demo on $dialect $version', (options) => {
  it('holds where the policy is there', async () => {
    const { code, stdout, stderr } = await check(await boot(options), EXPECTED, SMOKE_TEST);
    expect({ code, stderr }).toEqual({ code: 0, stderr: 'command terminated with exit code 28\n' });
    expect(stdout).toContain('Ship landed');
    expect(stdout).toMatch(/✔ held {4}rule1:ingress:allowed>=1 {2}1 seen/);
    expect(stdout).toContain('2 of 2 expectations held');
  });
});

describe('what was expected and did not happen exits with 3', () => {
  it('with the policy removed, and says what was seen', async () => {
    const demo = await boot();
    demo.remove({
      apiVersion: 'cilium.io/v2',
      kind: 'CiliumNetworkPolicy',
      metadata: { namespace: 'default', name: 'rule1' },
    });
    const { code, stdout } = await check(demo, [...EXPECTED, '--settle', '500ms'], SMOKE_TEST);
    expect(code).toBe(3);
    expect(stdout).toMatch(/FAILED {2}rule1:ingress:allowed>=1 {2}0 seen/);
    expect(stdout).toContain('0 of 2 expectations held');
  });

  it('with the counts swapped, and tells the nearest rows', async () => {
    const swapped = ['--expect', 'rule1:ingress:denied>=1', '--expect', 'implicit-default-deny:ingress:denied==0'];
    const { code, stdout } = await check(await boot(), [...swapped, '--settle', '500ms', '-o', 'json'], SMOKE_TEST);
    expect(code).toBe(3);
    const { judgement, expectations, command } = report(stdout);
    expect(judgement).toBe('failed');
    expect(expectations.map((each) => each.judgement)).toEqual(['failed', 'failed']);
    expect(expectations[0]).toMatchObject({ nearest: [{ policy: { name: 'rule1' }, allowed: 1 }, {}] });
    expect(command?.exitCode).toBe(0);
  });

  it('an absence that is broken ends the run at once', async () => {
    const demo = await boot();
    const running = start(
      ['check', '--pod', 'deathstar', '--expect', 'no denied', '--duration', '5m', '-v'],
      environment(demo),
    );
    await untilListening(running);
    await eventually('what was denied is seen', () => {
      void demo.connect('xwing', 'deathstar', { timeoutMs: 50 });
      return running.process.exitCode !== null || running.stdout() !== '';
    });
    expect((await running.outcome).code).toBe(3);
  });
});

it('a file of any size is read whole', async () => {
  const notes = Array.from({ length: 60_000 }, (_, at) => `# ${at} of what nobody needs to know of these checks\n`);
  const path = await file('large.yaml', `apiVersion: policystat/v9\nkind: Checks\ncases: []\n${notes.join('')}`);
  const { code, stderr } = await run(['check', '--pod', 'deathstar', '-f', path]);
  expect(code).toBe(2);
  expect(stderr).toContain('policystat/v9');
});

it('an expectation that is reached ends the run at once', async () => {
  const demo = await boot();
  const args = ['check', '--pod', 'deathstar', '--expect', EMPIRE_LANDS, '--duration', '5m', '-o', 'json', '-v'];
  const running = start(args, environment(demo));
  await untilListening(running);
  await eventually('it is seen', () => {
    void demo.connect('tiefighter', 'deathstar');
    return running.stdout() !== '';
  });
  const { code, stdout } = await running.outcome;
  expect(code).toBe(0);
  expect(report(stdout).window.seconds).toBeLessThan(60);
});

it('peers are told by the addresses of pods where identities are called otherwise', async () => {
  const demo = await boot();
  const [one, other, nobody] = ['deathstar-77dd4fb786-8c4bw', 'deathstar-77dd4fb786-pjs8v', 'deathstarr'] as const;
  const args = [one, other, nobody].flatMap((pod) => ['--expect', `no denied from ${pod}`]);
  const running = start(
    ['check', '--pod', 'deathstar', ...args, '--duration', '3s', '-o', 'json', '-v'],
    environment(demo),
  );
  await untilListening(running);
  void demo.connect(one, other, { port: 9090, timeoutMs: 50 });
  const { code, stdout } = await running.outcome;
  expect(code).toBe(3);
  const { expectations } = report(stdout);
  expect(expectations.map((each) => each.judgement)).toEqual(['failed', 'held', 'unknown']);
  expect(expectations[2]).toMatchObject({ counted: 0, undecided: 1 });
});

it('a policy that does not exist is told, since its absence holds whatever happens', async () => {
  const demo = await boot();
  const expected = ['rule2:denied==0', 'default/rule1:audited==0', 'rule1:redirected==0', 'default/other:denied==0'];
  const args = expected.flatMap((text) => ['--expect', text]);
  const { code, stderr } = await check(demo, [...args, '--settle', '1ms'], 'true');
  expect(code).toBe(0);
  expect(stderr.match(/There is no network policy .*/g)).toEqual([
    expect.stringContaining('There is no network policy rule2 (context policystat-demo)'),
    expect.stringContaining('There is no network policy default/other (context policystat-demo)'),
  ]);
  expect(stderr).toContain('Did you mean rule1?');
  demo.faults.forbid({ verb: 'list', resource: 'networkpolicies' });
  const forbidden = await check(demo, [...args, '--settle', '1ms'], 'true');
  expect(forbidden.code).toBe(0);
  expect(forbidden.stderr).not.toContain('There is no network policy');
});

it('what agents drop beyond a rate is told, since nothing in their streams does', async () => {
  const demo = await boot();
  const metadata = { name: 'cilium-config', namespace: 'kube-system' };
  const data = { 'bpf-events-default-rate-limit': '10' };
  demo.apply({ apiVersion: 'v1', kind: 'ConfigMap', metadata, data });
  const { code, stderr } = await check(demo, ['--expect', 'lost==0', '--settle', '1ms'], 'true');
  expect(code).toBe(0);
  expect(stderr).toContain('Events are rate-limited on k8s-node2, k8s-node1 (10 per second');
});

describe('incomplete data never passes', () => {
  it('a stream that is cut in between exits with 4', async () => {
    const demo = await boot();
    const path = await file('cut', '');
    const args = ['--expect', EMPIRE_LANDS, '--expect', 'no unparsed', '--expect', 'no denied', '-o', 'json', '-v'];
    const running = start(
      [
        'check',
        '--pod',
        'deathstar',
        ...args,
        '--',
        'sh',
        '-c',
        `echo cut > ${path}; kubectl exec tiefighter -- ${LANDING}; while [ -e ${path} ]; do sleep 0.05; done`,
      ],
      environment(demo),
    );
    await running.until((_, stderr) => stderr.includes(`${EMPIRE_LANDS}: held`));
    demo.faults.breakStreams();
    await running.until((_, stderr) => stderr.includes('Lost the stream'));
    await rm(path);
    const { code, stdout } = await running.outcome;
    expect(code).toBe(4);
    const { judgement, expectations, completeness } = report(stdout);
    expect(judgement).toBe('unknown');
    expect(expectations.map((each) => each.judgement)).toEqual(['held', 'held', 'unknown']);
    expect(completeness.reasons).toContain('gap');
  });
});

it('permissions taken away exit with 5', async () => {
  const demo = await boot();
  demo.faults.forbid({ verb: 'create', resource: 'pods/exec', namespace: 'kube-system' });
  const { code, stderr } = await check(demo, EXPECTED, 'echo never run');
  expect(code).toBe(5);
  expect(stderr).toContain('pods/exec');
});

it('a wrong pod exits with 6, and the command is not run', async () => {
  const { code, stdout } = await run(
    ['check', '--pod', 'deathstarr', ...EXPECTED, '--', 'echo', 'never run'],
    environment(await boot()),
  );
  expect({ code, stdout }).toEqual({ code: 6, stdout: '' });
});

it('a command that cannot be started is told, and nothing stays behind', async () => {
  const { code, stderr } = await run(
    ['check', '--pod', 'deathstar', ...EXPECTED, '--', 'no-such-program'],
    environment(await boot()),
  );
  expect(code).toBe(1);
  expect(stderr).toContain('Cannot run no-such-program');
});

it('the flags of the command are its own, its exit code is told and not judged', async () => {
  const { code, stdout } = await check(
    await boot(),
    ['--expect', 'lost==0', '--settle', '100ms', '-o', 'json'],
    'exit 7',
  );
  expect(code).toBe(0);
  expect(report(stdout).command).toEqual({ argv: ['sh', '-c', 'exit 7'], exitCode: 7 });
});

it('checks of a file are named, a JUnit file goes to stdout, and GitHub gets annotations and a summary', async () => {
  const demo = await boot();
  const checks = await file(
    'checks.yaml',
    `apiVersion: policystat/v1
kind: Checks
cases:
  - name: the empire lands
    expect: rule1:ingress:allowed>=1
  - name: nobody is denied
    expect: no denied
`,
  );
  const summary = await file('summary.md', '# Before\n');
  const { code, stdout, stderr } = await check(
    demo,
    ['-f', checks, '-o', 'junit', '--summary-file', summary],
    SMOKE_TEST,
    { GITHUB_ACTIONS: 'true' },
  );
  expect(code).toBe(3);
  expect(stdout).toMatch(/^<\?xml/);
  expect(stdout).toContain('name="nobody is denied: no denied"');
  expect(stderr).toContain('Ship landed');
  expect(stderr).toMatch(/^::error /m);
  expect(await readFile(summary, 'utf8')).toMatch(/^# Before\n[^]*nobody is denied/);
});

describe('wrong use exits with 2 and says where', () => {
  it.each([
    [['--expect', 'rule1:alowed>=1'], / {2}rule1:alowed>=1\n {8}\^ wanted here: /],
    [['-f', 'nothing.yaml'], /nothing\.yaml/],
    [[], /--expect/],
    [['--expect', 'no denied', '--duration', '1m', '--', 'true'], /--duration/],
  ])('%j', async (args, said) => {
    const { code, stdout, stderr } = await run(['check', '--pod', 'deathstar', ...args]);
    expect({ code: args[0] === '-f' ? 2 : code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(said);
  });
});
