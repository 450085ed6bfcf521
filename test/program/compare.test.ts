/** `compare` on what the demo cluster tells before and after a change of policy: the answer, and the exit code. */
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import * as v from 'valibot';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DemoCluster } from '../../src/demo/demo-cluster.ts';
import { renderJson } from '../../src/report/json.ts';
import { full, row } from '../report/summaries.ts';
import { clusterOfTest } from './cluster.ts';
import { run, start, untilListening } from './run.ts';

const ReportJson = v.object({
  verdict: v.string(),
  judgement: v.nullable(v.string()),
  changes: v.array(v.looseObject({ change: v.string(), isCertain: v.boolean(), direction: v.nullable(v.string()) })),
});

let folder = '';
const boot = clusterOfTest();

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'policystat-compare-'));
});
afterAll(async () => rm(folder, { recursive: true }));

async function file(name: string, content: string | Uint8Array): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
}

/** Summaries of a try of both to land on the deathstar, until one of them knows whose verdicts they were. */
async function landings(demo: DemoCluster, output: 'json' | 'yaml' | 'jsonl'): Promise<string> {
  const running = start(['watch', '--pod', 'deathstar', '--interval', '200ms', '-v', '-o', output], {
    kubeconfig: demo.kubeconfigPath,
  });
  await untilListening(running);
  await Promise.all(['tiefighter', 'xwing'].map(async (ship) => demo.connect(ship, 'deathstar', { timeoutMs: 400 })));
  await running.until((stdout) => {
    const [whole = ''] = stdout.split(/(?=apiVersion)/).slice(-2);
    return /name"?: ?"?rule1/.test(whole) && /allowed"?: ?[1-9]/.test(whole) && /denied"?: ?[1-9]/.test(whole);
  });
  running.process.kill('SIGINT');
  const { code, stdout } = await running.outcome;
  expect(code).toBe(0);
  return stdout;
}

/** Whom rule1 lets in is another organisation now. */
function letIn(demo: DemoCluster, org: string): void {
  demo.apply({
    apiVersion: 'cilium.io/v2',
    kind: 'CiliumNetworkPolicy',
    metadata: { namespace: 'default', name: 'rule1' },
    spec: {
      endpointSelector: { matchLabels: { org: 'empire', class: 'deathstar' } },
      ingress: [
        {
          fromEndpoints: [{ matchLabels: { org } }],
          toPorts: [{ ports: [{ port: '80', protocol: 'TCP' }] }],
        },
      ],
    },
  });
}

describe.each([{ dialect: 'cilium' as const, version: '1.19' }, { dialect: 'accuknox' as const }])(
  'a policy of $dialect $version',
  (options) => {
    it('that was turned round breaks something, and the same one does not', async () => {
      const cluster = await boot(options);
      const before = await file('before.json', await landings(cluster, 'json'));
      const again = await file('again.yaml', await landings(cluster, 'yaml'));
      letIn(cluster, 'alliance');
      const after = await file('after.jsonl.gz', gzipSync(await landings(cluster, 'jsonl')));

      const same = await run([
        'compare',
        before,
        again,
        '--fail-on',
        'became-denied,new-denied,gone-policy',
        '--strict',
      ]);
      expect(same).toMatchObject({ code: 0, stderr: '' });
      expect(same.stdout.split('\n')[0]).toBe('No, nothing changed.');

      const broken = await run(['compare', before, after, '--fail-on', 'became-denied']);
      expect(broken).toMatchObject({ code: 3, stderr: '' });
      expect(broken.stdout.split('\n')[0]).toBe(
        'Yes, something broke: default/tiefighter (ingress) was allowed before and is denied now.',
      );
      expect(broken.stdout).toContain('default/rule1 (CNP) → implicit-default-deny ← rule1');

      const { code, stdout } = await run(['compare', before, after, '-o', 'json']);
      expect(code).toBe(0);
      const report = v.parse(ReportJson, JSON.parse(stdout));
      expect(report).toMatchObject({ verdict: 'broken', judgement: null });
      expect(report.changes).toMatchObject([
        { change: 'became-denied', isCertain: true, direction: 'ingress' },
        { change: 'became-allowed', isCertain: true, direction: 'ingress' },
      ]);

      const verdict = await run(['compare', before, after, '-o', 'jsonpath={.verdict}']);
      expect(verdict.stdout.trim()).toBe('broken');
    });
  },
);

const verdict = (remote: number, action: string, from: string) =>
  `Policy verdict log: flow 0x0 local EP ID 425, remote ID ${remote}, proto 6, ingress, action ${action}, match L3-L4, ${from}:42596 -> 10.0.1.9:80 tcp SYN\n`;
const LANDED = verdict(12530, 'allow', '10.0.1.5');
const REFUSED = verdict(12530, 'deny', '10.0.1.5');
const LOSS = 'CPU 01: Lost 12 events\n';

describe('kept output of monitor', () => {
  it.each([
    ['is compared as it is', LANDED, REFUSED, 'became-denied', 3, 'Yes, something broke: identity 12530 (ingress)'],
    ['without a difference', LANDED, LANDED, 'new-denied,gone-allowed', 0, 'No, nothing changed.'],
    ['that lost something proves no absence', LANDED, LANDED + LOSS, 'new-denied', 4, 'Not known: '],
    ['that lost something before', LOSS + LANDED, REFUSED, 'became-denied', 3, 'Yes, something broke'],
    ['without a verdict', '', '', 'new-denied', 0, 'Not known: '],
  ])('%s', async (_what, before, after, failOn, exitCode, line) => {
    const path = await file('monitor.txt.gz', gzipSync(before));
    const { code, stdout, stderr } = await run(['compare', path, '-', '--fail-on', failOn], { stdin: after });
    expect({ code, stderr }).toEqual({ code: exitCode, stderr: '' });
    expect(stdout.split('\n')[0]).toContain(line);
  });

  it('that lost something is not complete under --strict', async () => {
    const path = await file('monitor.txt', LANDED);
    const { code, stderr } = await run(['compare', path, '-', '--strict'], { stdin: LANDED + LOSS });
    expect(code).toBe(4);
    expect(stderr).toContain('12 events lost');
  });
});

it('summaries of any size are read whole', async () => {
  const rows = Array.from({ length: 4_000 }, (_, at) => row({ policy: { ...row().policy, name: `rule-${at}` } }));
  const path = await file('large.json', renderJson(full({ policies: rows })));
  expect((await stat(path)).size).toBeGreaterThan(2 << 20);
  const { code, stdout, stderr } = await run(['compare', path, path, '--fail-on', 'gone-policy', '-o', 'json']);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const { policies } = v.parse(v.looseObject({ policies: v.array(v.unknown()) }), JSON.parse(stdout));
  expect(policies).toHaveLength(4_000);
});

describe('what cannot be compared', () => {
  it.each([
    [['a.json']],
    [['a.json', 'b.json', 'c.json']],
    [['--before', 'a.gz', 'b.gz']],
    [['a.json', '--after', 'b.gz']],
    [['--before', '-', '--after', '-']],
  ])('two sides are wanted: %j', async (args) => {
    const { code, stdout, stderr } = await run(['compare', ...args]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/Give two files, A and B, or|can be read only once/);
  });

  it('several files are read as one side', async () => {
    const [monday, tuesday] = [await file('monday.txt', LANDED), await file('tuesday.txt.gz', gzipSync(LANDED))];
    const { code, stdout } = await run(['compare', '--before', monday, tuesday, '--after', '-'], {
      stdin: LANDED + LANDED,
    });
    expect(code).toBe(0);
    expect(stdout).toContain('2 → 2');
  });

  it.each([
    ['{"apiVersion":"policystat/v1","kind":"CheckReport"}', 'holds a CheckReport, not a Summary'],
    ['{"apiVersion":"policystat/v1","kind":"Summary","window":3}', 'window: '],
    ['---\napiVersion: policystat/v1\nkind: Summary\nwindow: {', 'line'],
  ])('%s', async (text, detail) => {
    const path = await file('wrong.json', text);
    const { code, stdout, stderr } = await run(['compare', path, path]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain('wrong.json cannot be read: ');
    expect(stderr).toContain(detail);
  });

  it('a file that is not there', async () => {
    const { code, stderr } = await run(['compare', join(folder, 'nowhere.json'), '-'], { stdin: LANDED });
    expect(code).toBe(1);
    expect(stderr).toContain('nowhere.json');
  });
});
