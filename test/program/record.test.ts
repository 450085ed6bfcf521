/** A recording of a run gives the same answers as the run did: whole, in parts, cut off, redacted, or with no room left. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import * as v from 'valibot';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DemoCluster } from '../../src/demo/demo-cluster.ts';
import { eventually } from '../eventually.ts';
import { accountedFor, parseSummary, quietCluster } from './cluster.ts';
import { type Outcome, type Running, run, start, untilListening } from './run.ts';

const Side = v.looseObject({ input: v.string(), totals: v.unknown(), records: v.unknown() });
const Sides = v.object({ before: Side, after: Side });

const folder = mkdtempSync(join(tmpdir(), 'policystat-record-'));
let cluster: DemoCluster;

beforeAll(async () => {
  cluster = await quietCluster({ version: '1.19' });
});

afterAll(async () => {
  await cluster.stop();
  rmSync(folder, { recursive: true, force: true });
});

function begin(name: string, args: readonly string[]): Running {
  return start(['record', '--pod', 'deathstar', '-w', join(folder, name), '-v', ...args], {
    kubeconfig: cluster.kubeconfigPath,
  });
}

async function traffic(): Promise<void> {
  expect(await cluster.connect('tiefighter', 'deathstar')).toBe('landed');
  expect(await cluster.connect('xwing', 'deathstar')).toBe('timeout');
}

async function recorded(name: string, args: readonly string[] = []): Promise<Outcome> {
  const running = begin(name, args);
  await untilListening(running);
  await traffic();
  running.process.kill('SIGINT');
  return running.outcome;
}

async function replayed(args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await run(args);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return stdout;
}

describe('a recording', () => {
  const path = join(folder, 'whole.jsonl.gz');
  let live: Outcome;

  beforeAll(async () => {
    live = await recorded('whole.jsonl.gz', ['-t', 'drop,l7', '--audit', '-o', 'json']);
  });

  it('gives byte for byte the summary of the run', async () => {
    expect(live.code).toBe(0);
    const summary = parseSummary(live.stdout);
    expect(summary.totals.ingress).toMatchObject({ allowed: 1, denied: 3, attempts: 1 });
    expect(await replayed(['summary', '--input', path, '--audit', '-o', 'json'])).toBe(live.stdout);
  });

  it('is for its owner, and for nobody to write over', async () => {
    expect(statSync(path).mode & 0o777).toBe(0o600);
    const before = readFileSync(path);
    const { code, stderr } = await run(['record', '--pod', 'deathstar', '-w', path], {
      kubeconfig: cluster.kubeconfigPath,
    });
    expect(code).toBe(1);
    expect(stderr).toContain('there is a file of that name already');
    expect(readFileSync(path)).toEqual(before);
  });

  it('is read up to where it was cut', async () => {
    const whole = readFileSync(path);
    const received: number[] = [];
    for (const part of [0.1, 0.35, 0.6, 0.85, 0.999]) {
      const cut = join(folder, `cut-${part}.gz`);
      writeFileSync(cut, whole.subarray(0, Math.floor(whole.length * part)));
      const summary = parseSummary(await replayed(['summary', '--input', cut, '-o', 'json']));
      expect(accountedFor(summary)).toBe(true);
      received.push(summary.records.received);
      if (summary.records.received < parseSummary(live.stdout).records.received)
        expect(summary.completeness).toMatchObject({ status: 'partial', reasons: ['truncated-input'] });
    }
    expect(received).toEqual(received.toSorted((a, b) => a - b));
    expect(received.at(-1)).toBe(parseSummary(live.stdout).records.received);
  });

  it('that has no whole header is refused', async () => {
    const cut = join(folder, 'headless.gz');
    writeFileSync(cut, readFileSync(path).subarray(0, 60));
    const { code, stdout, stderr } = await run(['summary', '--input', cut]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(/^policystat: .*headless\.gz/);
  });

  it('is taken by every command', async () => {
    const [events, policies, compared] = await Promise.all([
      run(['events', '--input', path, '--peer', 'class=xwing', '-t', 'policy', '-o', 'jsonl']),
      run(['policies', '--input', path, '-o', 'jsonpath={.policies[*].policy.name} {.policies[*].seen.allowed}']),
      run(['compare', path, '-', '-o', 'json', '--fail-on', 'new-denied,gone-allowed'], { stdin: live.stdout }),
    ]);
    expect(events.code).toBe(0);
    const lines = events.stdout
      .trim()
      .split('\n')
      .map((line): unknown => JSON.parse(line));
    expect(lines).toHaveLength(3);
    for (const line of lines)
      expect(line).toMatchObject({ type: 'policy-verdict', action: 'deny', attribution: 'default-deny' });
    expect(events.stderr).toContain('complete: nothing is known to be missing');
    expect(policies.stdout).toMatch(/^rule1/);
    expect(compared).toMatchObject({ code: 0, stderr: '' });
  });

  it.each([
    ['rule1:ingress:allowed>=1', 0],
    ['default/rule1:denied==0', 0],
    ['implicit-default-deny:denied==3 from class=xwing port 80/TCP', 0],
    ['no denied', 3],
    ['denied>=1 within 1ms', 3],
  ])('is held against %s', async (expectation, code) => {
    const outcome = await run(['check', '--input', path, '--expect', expectation]);
    expect(outcome).toMatchObject({ code, stderr: '' });
  });

  it('that was cut proves no absence', async () => {
    const cut = join(folder, 'cut-0.35.gz');
    const whole = readFileSync(path);
    writeFileSync(cut, whole.subarray(0, Math.floor(whole.length * 0.35)));
    expect((await run(['check', '--input', cut, '--expect', 'no denied from class=nobody'])).code).toBe(4);
  });

  it('does not count twice', async () => {
    const { code, stderr } = await run(['summary', '--input', path, '--input', path]);
    expect(code).toBe(2);
    expect(stderr).toContain('are the same recording');
  });

  it('is not mixed with text', async () => {
    const { code, stderr } = await run(['summary', '--input', path, '--input', '-'], { stdin: 'Policy verdict log\n' });
    expect(code).toBe(2);
    expect(stderr).toContain('- is not a recording');
  });
});

describe('a recording of agents that come and go', () => {
  it('tells of the gaps and the new agent as the run did', async () => {
    const running = begin('gone.jsonl.gz', ['-o', 'json']);
    await untilListening(running);
    expect(await cluster.connect('tiefighter', 'deathstar')).toBe('landed');
    await cluster.faults.replaceAgent('k8s-node1');
    await untilListening(running, 3);
    expect(await cluster.connect('tiefighter', 'deathstar')).toBe('landed');
    running.process.kill('SIGINT');
    const live = await running.outcome;
    expect(parseSummary(live.stdout).completeness.gaps.length).toBeGreaterThan(0);
    expect(await replayed(['summary', '--input', join(folder, 'gone.jsonl.gz'), '-o', 'json'])).toBe(live.stdout);
  });
});

describe('without values', () => {
  it('counts the same, and holds none of them', async () => {
    const live = await recorded('redacted.jsonl.gz', ['--redact', 'ips,names,urls', '-t', 'drop', '-o', 'json']);
    const path = join(folder, 'redacted.jsonl.gz');
    const text = gunzipSync(readFileSync(path)).toString();
    expect(text).not.toMatch(/\b10\.\d+\.\d+|deathstar|xwing|tiefighter|k8s-node/);
    const [before, after] = [
      parseSummary(live.stdout),
      parseSummary(await replayed(['summary', '--input', path, '-o', 'json'])),
    ];
    expect(after.totals).toEqual(before.totals);
    expect(after.records).toEqual(before.records);
    const shape = ({ policies }: typeof before) =>
      policies.map(({ policy, denied, allowed, attempts, peers }) => [
        policy.name,
        denied,
        allowed,
        attempts,
        peers.length,
      ]);
    expect(shape(after)).toEqual(shape(before));
  });
});

describe('in parts', () => {
  it('is read together, in any order, and tells what is missing', async () => {
    const running = begin('parts.jsonl.gz', ['--max-duration', '1s', '--keep', '100', '--traffic', '-o', 'json']);
    await untilListening(running);
    const parts = () =>
      readdirSync(folder)
        .filter((name) => name.startsWith('parts.'))
        .toSorted();
    await traffic();
    await eventually('four parts', () => parts().length >= 4);
    expect(await cluster.connect('tiefighter', 'deathstar')).toBe('landed');
    running.process.kill('SIGINT');
    const live = await running.outcome;
    const paths = parts().map((name) => join(folder, name));
    const inputs = (chosen: readonly string[]) => chosen.flatMap((each) => ['--input', each]);
    const all = await replayed(['summary', ...inputs(paths.toReversed()), '-o', 'json']);
    expect(all).toBe(live.stdout);
    const some = parseSummary(await replayed(['summary', ...inputs(paths.toSpliced(1, 1)), '-o', 'json']));
    expect(some.completeness.status).toBe('partial');
    expect(some.completeness.gaps.map(({ reason }) => reason)).toContain('not recorded');

    const summary = join(folder, 'parts.json');
    writeFileSync(summary, live.stdout);
    const compared = await run([
      'compare',
      ...['--before', ...paths, '--after', summary, '--fail-on', 'new-denied,gone-allowed', '-o', 'json'],
    ]);
    expect(compared).toMatchObject({ code: 0, stderr: '' });
    const { before, after } = v.parse(Sides, JSON.parse(compared.stdout));
    expect(before).toEqual({ ...after, input: paths.join(' + ') });
    for (const twice of [
      [...paths, paths[0] ?? ''],
      [summary, ...paths],
    ])
      expect(await run(['compare', '--before', ...twice, '--after', summary])).toMatchObject({ code: 2, stdout: '' });
  });

  it('is not begun where parts of another one are', async () => {
    writeFileSync(join(folder, 'early.0007.jsonl.gz'), '');
    const { code, stderr } = await begin('early.jsonl.gz', ['--keep', '3']).outcome;
    expect(code).toBe(1);
    expect(stderr).toContain('early.0007.jsonl.gz is there already');
    expect(existsSync(join(folder, 'early.0001.jsonl.gz'))).toBe(false);
  });

  it('keeps the last ones, or ends', async () => {
    const running = begin('last.jsonl.gz', ['--max-duration', '1s', '--keep', '1', '-o', 'json']);
    await eventually('the third part', () => existsSync(join(folder, 'last.0003.jsonl.gz')));
    running.process.kill('SIGINT');
    expect((await running.outcome).code).toBe(0);
    const kept = readdirSync(folder).filter((name) => name.startsWith('last.'));
    expect(kept).toHaveLength(1);
    await replayed(['summary', '--input', join(folder, kept[0] ?? '')]);

    const { code, stderr } = await begin('short.jsonl.gz', ['--max-duration', '1s']).outcome;
    expect(code).toBe(0);
    expect(stderr).toContain('reached its limit and ended there');
    await replayed(['summary', '--input', join(folder, 'short.jsonl.gz'), '--strict']);
  });
});

describe('what goes wrong', () => {
  it('a killed run leaves what it wrote', async () => {
    const path = join(folder, 'killed.jsonl.gz');
    const running = begin('killed.jsonl.gz', []);
    await untilListening(running);
    await traffic();
    const text = () => gunzipSync(readFileSync(path), { finishFlush: 2 }).toString();
    await eventually('the verdicts are in the file', () => text().split('"action":"deny"').length > 3);
    running.process.kill('SIGKILL');
    await running.outcome;
    const summary = parseSummary(await replayed(['summary', '--input', path, '-o', 'json']));
    expect(summary.totals.ingress).toMatchObject({ allowed: 1, denied: 3 });
    expect(summary.completeness.reasons).toEqual(['truncated-input']);
  });

  it.skipIf(!existsSync('/dev/full'))('a full disk is told, with the summary of what was heard', async () => {
    const { code, stdout, stderr } = await run(['record', '--pod', 'deathstar', '-w', '/dev/full', '-o', 'json'], {
      kubeconfig: cluster.kubeconfigPath,
    });
    expect(code).toBe(1);
    expect(stderr).toContain('/dev/full cannot be written: ENOSPC');
    expect(accountedFor(parseSummary(stdout))).toBe(true);
  });

  it('nothing is left where nothing was heard', async () => {
    const path = join(folder, 'nothing.jsonl.gz');
    const { code } = await run(['record', '--pod', 'nosuch', '-w', path], { kubeconfig: cluster.kubeconfigPath });
    expect(code).toBe(6);
    expect(existsSync(path)).toBe(false);
  });

  it.each([
    [['--max-size', '10'], '64Ki or more'],
    [['--max-size', 'much'], '500M or 1Gi'],
    [['--redact', 'ips,colours'], 'ips, names, urls'],
    [['-w', '-'], 'its summary goes to standard output'],
  ])('%j mean nothing', async (args, sentence) => {
    const { code, stderr } = await run(['record', '--pod', 'a', '-w', join(folder, 'x.gz'), ...args]);
    expect(code).toBe(2);
    expect(stderr).toContain(sentence);
  });
});
