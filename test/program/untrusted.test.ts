/** A cluster, a kubeconfig and a command line that mean harm: nothing of them acts on the terminal of whoever looks. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as v from 'valibot';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import type { DemoCluster } from '../../src/demo/demo-cluster.ts';
import { eventually } from '../eventually.ts';
import { HOSTILE_TEXTS } from '../untrusted/texts.ts';
import { quietCluster } from './cluster.ts';
import { type Outcome, run, start, untilListening } from './run.ts';

const UNSAFE = /[[\p{C}\p{Z}\p{Default_Ignorable_Code_Point}]--[ \n]]/v;
/** An argument ends at NUL, and half a character is none. */
const HOSTILE = Object.values(HOSTILE_TEXTS)
  .filter((text) => text.length < 100)
  .join('')
  .replaceAll('\0', '')
  .toWellFormed();
/** A line of monitor ends where it ends. */
const IN_A_LINE = HOSTILE.replaceAll(/[\n\r]/g, '');
/** A verdict with a control character in it is a damaged line; all else can be a name. */
const POLICY = '=HYPERLINK("x")|<script>\u202egnp.exe\u200b\u{e0041}\u3164\u2028\u00a0`::error::';
const DEATHSTAR = 'deathstar-77dd4fb786-8c4bw';

const KubeConfig = v.looseObject({ contexts: v.array(v.looseObject({ name: v.string() })) });

let demo: DemoCluster;
let folder: string;
let kubeconfig: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'policystat-untrusted-'));
  demo = await quietCluster({
    dialect: 'accuknox',
    replaceAgent: (_, cilium) => async (invocation) => {
      if (invocation.argv.includes('monitor')) {
        invocation.err(`level=warning msg="${IN_A_LINE}"\n${HOSTILE}\n`);
        invocation.out(`${IN_A_LINE}\n>> ${IN_A_LINE}: ${IN_A_LINE}\n>> Policy updated: {"labels":["${IN_A_LINE}"]}\n`);
      }
      return cilium(invocation);
    },
  });
  demo.apply({
    apiVersion: 'cilium.io/v2',
    kind: 'CiliumNetworkPolicy',
    metadata: { name: POLICY, namespace: 'default' },
    spec: {
      endpointSelector: { matchLabels: { class: 'deathstar' } },
      ingress: [{ fromEndpoints: [{ matchLabels: { class: 'xwing' } }], toPorts: [{ ports: [{ port: '81' }] }] }],
    },
  });
  const config = v.parse(KubeConfig, parse(readFileSync(demo.kubeconfigPath, 'utf8')));
  const contexts = config.contexts.map((context) => ({ ...context, name: HOSTILE }));
  kubeconfig = join(folder, 'config');
  writeFileSync(kubeconfig, stringify({ ...config, contexts, 'current-context': HOSTILE }));
});

afterAll(async () => {
  await demo.stop();
  rmSync(folder, { recursive: true, force: true });
});

function expectSafe({ stdout, stderr }: Outcome): void {
  expect(stdout).not.toMatch(UNSAFE);
  expect(stderr).not.toMatch(UNSAFE);
}

describe('a hostile cluster', () => {
  it.each([
    ['watch', '-o', 'jsonl', '--interval', '50ms', '-v'],
    ['watch', '-o', 'table', '--interval', '50ms', '-v'],
    ['events', '-t', 'policy-verdict,agent,l7,drop', '-v'],
    ['events', '-o', 'jsonl', '-v'],
  ])('%s %s %s %s', async (...args) => {
    const running = start([...args, '--pod', 'deathstar'], { kubeconfig });
    await untilListening(running);
    await demo.connect('xwing', DEATHSTAR, { port: 81, timeoutMs: 100 });
    await running.until((stdout) => stdout.includes('HYPERLINK'));
    running.process.kill('SIGINT');
    const outcome = await running.outcome;
    expect(outcome.code, outcome.stderr).toBe(0);
    expectSafe(outcome);
    expect(outcome.stdout).toContain('script');
    await eventually('no process of the agents is left', () => demo.processes().length === 0);
  });

  it.each([
    ['policies', '-n', 'default', '--duration', '1s'],
    ['policies', '-n', 'default', '--duration', '1s', '-o', 'json'],
    ['doctor', '--pod', 'deathstar'],
    ['check', '--pod', 'deathstar', '--expect', 'no denied', '--duration', '1s'],
  ])('%s %s %s', async (...args) => {
    const outcome = await run(args, { kubeconfig });
    expectSafe(outcome);
    expect(outcome.stdout).not.toBe('');
  });
});

describe('hostile arguments', () => {
  it.each<readonly string[]>([
    ['watch', '--pod', HOSTILE],
    ['watch', HOSTILE],
    ['watch', `deploy/${HOSTILE}`],
    ['watch', '-n', HOSTILE],
    ['watch', '-l', HOSTILE],
    ['watch', '--node', HOSTILE],
    ['watch', '--context', HOSTILE + HOSTILE],
    ['watch', '--kubeconfig', HOSTILE],
    ['watch', '--as', IN_A_LINE, '--pod', 'deathstar'],
    ['watch', '-o', HOSTILE],
    ['watch', `--${HOSTILE}`],
    ['watch', '--agent-container', HOSTILE, '--pod', 'deathstar'],
    ['events', '--pod', 'deathstar', '-t', HOSTILE],
    ['summary', '--input', HOSTILE],
    ['summary', '--since', HOSTILE],
    ['summary', '--input', '-', '-o', `jsonpath=${HOSTILE}`],
    ['check', '--input', '-', '--expect', HOSTILE],
    ['check', '--input', '-', '-f', HOSTILE],
    ['check', '--pod', 'deathstar', '--expect', 'no denied', '--', HOSTILE],
    ['compare', HOSTILE, HOSTILE],
    ['record', '--pod', 'deathstar', join('/nonexistent', 'x'), '-w', HOSTILE],
    ['completion', HOSTILE],
    [HOSTILE],
  ])('%#', async (...args) => {
    const outcome = await run(args, { kubeconfig });
    expect(outcome.code).not.toBe(0);
    expect(outcome.stderr).not.toBe('');
    expectSafe(outcome);
  });

  it('a file with a hostile name and hostile lines', async () => {
    const path = join(folder, IN_A_LINE.replaceAll('/', '').slice(0, 60));
    writeFileSync(path, `${HOSTILE}\n>> ${IN_A_LINE}\nxx drop (${IN_A_LINE}) flow 0x0 to endpoint 1\n`);
    for (const output of ['table', 'json', 'yaml', 'csv', 'markdown', 'prometheus']) {
      const outcome = await run(['summary', '--input', path, '-o', output]);
      expect(outcome.code).toBe(0);
      expectSafe({ ...outcome, stdout: outcome.stdout.replaceAll('\r\n', '\n') });
    }
    expectSafe(await run(['events', '--input', path, '-t', 'agent,drop']));
    expectSafe(await run(['compare', path, path]));
  });
});
