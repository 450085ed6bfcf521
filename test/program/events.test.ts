/** `events` against the demo cluster and on kept output, as a pipe sees it. */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { clusterOfTest, listening, TWO_SYNS } from './cluster.ts';
import { run, start } from './run.ts';

const EventJson = v.looseObject({ type: v.string(), time: v.nullable(v.string()), node: v.nullable(v.string()) });

function events(stdout: string) {
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => v.parse(EventJson, JSON.parse(line)));
}

const boot = clusterOfTest();

const RULE1 = { kind: 'CiliumNetworkPolicy', namespace: 'default', name: 'rule1' };

describe.each([
  { dialect: 'accuknox' as const, version: undefined, grade: 'datapath' },
  { dialect: 'cilium' as const, version: '1.19', grade: 'derived' },
])('live on $dialect $version', ({ dialect, version, grade }) => {
  const options = { dialect, ...(version === undefined ? {} : { version }) };

  it('prints each verdict of both nodes with its policy, and ends with 0 at Ctrl-C', async () => {
    const demo = await boot(options);
    const running = await listening(demo, ['events', '--pod', 'deathstar', '-t', 'policy', '-o', 'jsonl']);
    // The service hands connections out in turn: a few of them reach both pods.
    for (let landing = 0; landing < 4; landing += 1)
      expect(await demo.connect('tiefighter', 'deathstar')).toBe('landed');
    expect(await demo.connect('xwing', 'deathstar', TWO_SYNS)).toBe('timeout');
    await running.until((stdout) => events(stdout).filter(({ action }) => action === 'deny').length === 2);
    running.process.kill('SIGINT');
    const { code, stdout, stderr } = await running.outcome;
    expect(code).toBe(0);
    const told = events(stdout);
    expect(new Set(told.map(({ node }) => node))).toEqual(new Set(['k8s-node1', 'k8s-node2']));
    expect(told.filter(({ action }) => action === 'allow')).toHaveLength(4);
    // A node's first lines wait until its agent's state is read, each node for itself.
    expect(told.find(({ action }) => action === 'allow')).toMatchObject({
      type: 'policy-verdict',
      direction: 'ingress',
      action: 'allow',
      audit: false,
      protocol: 'TCP',
      destination: { port: 80 },
      tcpFlags: ['SYN'],
      policies: [RULE1],
      attribution: grade,
      dialect,
    });
    expect(told.find(({ action }) => action === 'deny')).toMatchObject({
      attribution: 'default-deny',
      isolatedBy: [RULE1],
    });
    for (const { time } of told) expect(time).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    expect(stderr).toMatch(/received \d+ = printed 6 \+ ignored \d+ .*\+ unparsed 0\n/);
    expect(stderr).toContain('complete: nothing is known to be missing');
  });

  it('prints what the filters choose, as text with names', async () => {
    const demo = await boot(options);
    const running = await listening(demo, ['events', '--pod', 'deathstar', '--peer', 'default/xwing', '--port', '80']);
    expect(await demo.connect('tiefighter', 'deathstar')).toBe('landed');
    expect(await demo.connect('xwing', 'deathstar', TWO_SYNS)).toBe('timeout');
    await running.until((stdout) => stdout.trimEnd().split('\n').length === 2);
    running.process.kill('SIGINT');
    const { code, stdout, stderr } = await running.outcome;
    expect(code).toBe(0);
    for (const line of stdout.trimEnd().split('\n')) {
      expect(line).toMatch(
        /^\d\d:\d\d:\d\d\.\d{3} {2}k8s-node\d {2}verdict +ingress {2}DENIED +default\/xwing \S+ → default\/deathstar-\S+ \S+:80 +TCP SYN +implicit-default-deny ← default\/rule1 \(CNP\)$/,
      );
    }
    expect(stderr).toMatch(/printed 2 \+ ignored \d+ \(.*filter 1/);
  });
});

describe('a type that the agent does not know', () => {
  it('is told with those that it knows, before anything is printed', async () => {
    const demo = await boot({ dialect: 'cilium', version: '1.12' });
    const { code, stdout, stderr } = await run(['events', '--pod', 'deathstar', '-t', 'nat'], {
      kubeconfig: demo.kubeconfigPath,
    });
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain('does not know events of type trace-sock: it knows agent, capture, debug, drop, l7');
    expect(stderr).toContain('Cilium 1.13 or newer');
  });
});

describe('of whole nodes', () => {
  it("name the pods, and never one whose endpoint number is another's by now", async () => {
    const demo = await boot({ dialect: 'cilium', version: '1.19' });
    demo.faults.addPod('deathstar-77dd4fb786-pjs8v', 'deathstar-77dd4fb786-brief', 'k8s-node1', 2001);
    const running = await listening(demo, ['events', '-A', '--direction', 'ingress']);
    const lines = () =>
      running
        .stdout()
        .split('\n')
        .filter((line) => line.includes('verdict'));
    expect(await demo.connect('tiefighter', 'deathstar-77dd4fb786-brief')).toBe('landed');
    await running.until(() => lines().length === 1);
    expect(lines().at(-1)).toContain(' → default/deathstar-77dd4fb786-brief ');
    demo.faults.removePod('deathstar-77dd4fb786-brief');
    demo.faults.addPod('deathstar-77dd4fb786-pjs8v', 'deathstar-77dd4fb786-later', 'k8s-node1', 2001);
    const land = async () => expect(await demo.connect('tiefighter', 'deathstar-77dd4fb786-later')).toBe('landed');
    await land();
    await running.until(() => lines().length === 2);
    expect(lines().at(-1)).toContain(' → endpoint 2001 ');
    while (!lines().at(-1)?.includes('later')) {
      const before = lines().length;
      await land();
      await running.until(() => lines().length > before);
      expect(lines().at(-1)).not.toContain('brief');
    }
    running.process.kill('SIGINT');
    expect((await running.outcome).code).toBe(0);
  });
});

describe('translations', () => {
  it('are told with the service by its name, both phases of a socket as one record', async () => {
    const demo = await boot({ dialect: 'cilium', version: '1.19' });
    const running = await listening(demo, ['events', '-A', '-t', 'nat', '-o', 'jsonl']);
    expect(await demo.connect('tiefighter', 'deathstar')).toBe('landed');
    await running.until((stdout) => events(stdout).length > 0);
    running.process.kill('SIGINT');
    const { code, stdout, stderr } = await running.outcome;
    expect(code).toBe(0);
    expect(events(stdout)).toMatchObject([
      {
        type: 'nat',
        phase: 'post',
        translation: 'forward',
        protocol: 'TCP',
        from: { ip: '10.96.100.100', port: 80, service: 'default/deathstar' },
        to: { port: 80, service: null },
      },
    ]);
    expect(stdout).toMatch(/"to":\{"ip":"10\.244\.\d+\.\d+"/);
    expect(stderr).toContain('received 2 = printed 1 + ignored 1 (joined 1) + unparsed 0');
  });
});

const SOURCE = fileURLToPath(new URL('../../fixtures/corpus/cilium-1.19-dev/verdict.txt', import.meta.url));
const OTHER_SOURCE = fileURLToPath(new URL('../../fixtures/corpus/cilium-1.16-dev/verdict.txt', import.meta.url));

describe('kept output', () => {
  it('is the same, plain or packed, from files or stdin, each line accounted for', async () => {
    const text = await readFile(SOURCE);
    const [plain, packed] = await Promise.all([
      run(['events', '--input', SOURCE, '-o', 'jsonl']),
      run(['events', '--input', '-', '-o', 'jsonl'], { stdin: gzipSync(text) }),
    ]);
    expect(plain.code).toBe(0);
    expect(packed).toEqual(plain);
    const [, received = '', printed = ''] = /received (\d+) = printed (\d+) /.exec(plain.stderr) ?? [];
    expect(Number(received)).toBe(text.toString().trimEnd().split('\n').length);
    expect(events(plain.stdout)).toHaveLength(Number(printed));
    expect(events(plain.stdout).every(({ time, node }) => time === null && node === null)).toBe(true);
  });

  it('of several files is one stream, in their order', async () => {
    const [one, other, both] = await Promise.all(
      [[SOURCE], [OTHER_SOURCE], [SOURCE, OTHER_SOURCE]].map(async (files) =>
        run(['events', ...files.flatMap((file) => ['--input', file]), '-q', '-o', 'jsonl']),
      ),
    );
    if (one === undefined || other === undefined) throw new Error('not three runs');
    expect(both).toEqual({ ...one, stdout: one.stdout + other.stdout });
    expect([one.stderr, other.stderr]).toEqual(['', '']);
  });

  it('ends with 0 when its reader has seen enough', async () => {
    const running = start(['events', '--input', '-', '-q'], {
      stdin: Buffer.concat(Array(50).fill(await readFile(SOURCE))),
    });
    running.process.stdout?.once('data', () => running.process.stdout?.destroy());
    expect(await running.outcome).toMatchObject({ code: 0, stderr: '' });
  });

  it('with lines that nobody understands is not complete under --strict', async () => {
    const { code, stdout, stderr } = await run(['events', '--input', '-', '--strict', '-o', 'jsonl'], {
      stdin: 'Policy verdict log: flow 0x0 local EP\n',
    });
    expect(code).toBe(4);
    expect(events(stdout)).toEqual([
      { type: 'unparsed', time: null, node: null, reason: 'truncated', line: 'Policy verdict log: flow 0x0 local EP' },
    ]);
    expect(stderr).toContain('received 1 = printed 0 + ignored 0 + unparsed 1');
  });
});
