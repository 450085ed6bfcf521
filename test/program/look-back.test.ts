/** `summary --since`: what the agents' Hubbles still have of a window, how far back that is, and the same of a file. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as v from 'valibot';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { DemoCluster, DemoOptions } from '../../src/demo/demo-cluster.ts';
import { eventually } from '../eventually.ts';
import { accountedFor, parseSummary, quietCluster, type SummaryJson } from './cluster.ts';
import { type Outcome, run, start, untilListening } from './run.ts';

let cluster: DemoCluster | null = null;

afterEach(async () => {
  const ending = cluster;
  cluster = null;
  await ending?.stop();
});

const MINUTE_MS = 60_000;

/** Four minutes and more ago one landed and one was refused; since then one landed. */
async function aged(options: Partial<DemoOptions> = {}): Promise<DemoCluster> {
  const demo = await quietCluster(options);
  cluster = demo;
  expect(await demo.connect('tiefighter', 'deathstar')).toBe('landed');
  expect(await demo.connect('xwing', 'deathstar', { timeoutMs: 300 })).toBe('timeout');
  demo.ageHubble(4 * MINUTE_MS);
  expect(await demo.connect('tiefighter', 'deathstar')).toBe('landed');
  return demo;
}

async function lookBack(demo: DemoCluster, ...args: string[]): Promise<Outcome> {
  return run(['summary', '--pod', 'deathstar', ...args], { kubeconfig: demo.kubeconfigPath });
}

async function summaryOf(demo: DemoCluster, ...args: string[]): Promise<SummaryJson> {
  const { code, stdout, stderr } = await lookBack(demo, ...args, '-o', 'json');
  expect(code, stderr).toBe(0);
  const summary = parseSummary(stdout);
  expect(accountedFor(summary)).toBe(true);
  return summary;
}

/** `name grade allowed denied ← isolating policies`. */
function rowsOf({ policies }: SummaryJson): string[] {
  return policies.map(({ policy, attribution, allowed, denied, isolatedBy = [] }) =>
    [policy.name, attribution, allowed, denied, '←', ...isolatedBy.map(({ name }) => name)].join(' '),
  );
}

const Buffers = v.object({
  source: v.object({
    agents: v.array(v.object({ buffer: v.object({ from: v.string(), flows: v.number(), capacity: v.number() }) })),
  }),
});

const Seen = v.object({
  policies: v.array(v.object({ policy: v.object({ name: v.string() }), firstSeen: v.string() })),
});

describe('--since', () => {
  it('counts what was, with the times of the flows, and says since when each Hubble is there', async () => {
    const demo = await aged();
    const startMs = Date.now();
    const all = await summaryOf(demo, '--since', '10m');
    expect(rowsOf(all)).toEqual(['implicit-default-deny default-deny 0 1 ← rule1', 'rule1 correlated 2 0 ←']);
    expect(all.window.seconds).toBe(600);
    expect(all.source.kind).toBe('hubble');
    // The agents began four minutes ago: before that there is nothing to be had.
    expect(all.completeness.status).toBe('partial');
    expect(all.completeness.reasons).toEqual(['gap']);
    expect(all.completeness.gaps.map(({ node }) => node).sort()).toEqual(['k8s-node1', 'k8s-node2']);
    for (const { reason, seconds } of all.completeness.gaps) {
      expect(reason).toBe("Hubble's buffer does not reach back so far");
      expect(seconds).toBeGreaterThan(5 * 60);
      expect(seconds).toBeLessThan(6 * 60);
    }

    const recent = await summaryOf(demo, '--since', '3m');
    expect(rowsOf(recent)).toEqual(['rule1 correlated 1 0 ←']);
    expect(recent.completeness).toMatchObject({ status: 'full', reasons: [], gaps: [] });

    const since = new Date(startMs - 4 * MINUTE_MS - 30_000).toISOString();
    const until = new Date(startMs - 3 * MINUTE_MS).toISOString();
    const before = await summaryOf(demo, '--since', since, '--until', until);
    expect(rowsOf(before)).toEqual(['implicit-default-deny default-deny 0 1 ← rule1', 'rule1 correlated 1 0 ←']);
    expect(before.window).toEqual({ start: since, end: until, seconds: 90 });

    const { stdout } = await lookBack(demo, '--since', '10m');
    expect(stdout).toMatch(/k8s-node1 .*Hubble back to \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC, \d+ of 4095 flows/);
    expect(stdout).toMatch(/≥ lower bounds: Hubble on k8s-node\d has nothing before/);
    expect((await lookBack(demo, '--since', '10m', '--strict')).code).toBe(4);
  });

  it('tells of a ring that is full how far its oldest flow goes back', async () => {
    const demo = await aged({ hubbleFlows: 12 });
    for (let landing = 0; landing < 20; landing += 1) await demo.connect('tiefighter', 'deathstar');
    const { code, stdout } = await lookBack(demo, '--since', '3m', '-o', 'json');
    expect(code).toBe(0);
    const { agents } = v.parse(Buffers, JSON.parse(stdout)).source;
    const full = agents.filter(({ buffer }) => buffer.flows === buffer.capacity);
    expect(full.length).toBeGreaterThan(0);
    for (const { buffer } of full) expect(Date.now() - Date.parse(buffer.from)).toBeLessThan(2 * MINUTE_MS);
    const summary = parseSummary(stdout);
    expect(summary.completeness.status).toBe('partial');
    expect(summary.completeness.gaps.length).toBe(full.length);
    expect(summary.totals.ingress.allowed).toBeLessThan(21);
  });

  it('explains no default deny by a policy that came later', async () => {
    const demo = await aged();
    demo.apply({
      apiVersion: 'cilium.io/v2',
      kind: 'CiliumNetworkPolicy',
      metadata: { name: 'later', namespace: 'default' },
      spec: { endpointSelector: { matchLabels: { class: 'deathstar' } }, ingress: [{ fromEndpoints: [{}] }] },
    });
    const summary = await summaryOf(demo, '--since', '10m');
    expect(rowsOf(summary)).toEqual(['implicit-default-deny default-deny 0 1 ←', 'rule1 correlated 2 0 ←']);
  });

  it('reads the Hubbles that are on, and says what to do where none is', async () => {
    const demo = await aged({ hubbleOff: ['k8s-node2'] });
    const { code, stdout, stderr } = await lookBack(demo, '--since', '3m', '-o', 'json');
    expect(code).toBe(0);
    expect(stderr).toMatch(/Hubble of the agent kube-system\/cilium-\S+ on node k8s-node2 cannot be reached: /);
    const summary = parseSummary(stdout);
    expect(summary.completeness.status).toBe('partial');
    expect(summary.completeness.reasons).toContain('not-streaming');
    await demo.stop();
    const none = await quietCluster({ hubbleOff: ['k8s-node1', 'k8s-node2'] });
    cluster = none;
    const refused = await lookBack(none, '--since', '3m');
    expect([refused.code, refused.stdout]).toEqual([1, '']);
    expect(refused.stderr).toMatch(/cannot be reached: .*no such file/);
  });
});

describe('--since with --input', () => {
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'policystat-window-'));
  });
  afterAll(async () => {
    await rm(folder, { recursive: true });
  });

  const flow = (time: string) =>
    JSON.stringify({
      flow: {
        time,
        verdict: 'FORWARDED',
        IP: { source: '10.0.0.1', destination: '10.0.0.2', ipVersion: 'IPv4' },
        l4: { TCP: { source_port: 40_000, destination_port: 80, flags: { SYN: true } } },
        source: { identity: 12_530 },
        destination: { ID: 733, identity: 18_031 },
        event_type: { type: 5 },
        traffic_direction: 'INGRESS',
        policy_match_type: 2,
        ingress_allowed_by: [{ name: 'rule1', namespace: 'default', kind: 'CiliumNetworkPolicy' }],
      },
      time,
    });
  const times = [
    '2026-11-22T10:00:00.5Z',
    '2026-11-22T10:05:00Z',
    '2026-11-22T10:06:00.123456789Z',
    '2026-11-22T11:00:00Z',
  ];
  const window = ['--since', '2026-11-22T10:05:00Z', '--until', '2026-11-22T10:15:00Z'];

  it('counts the records of the window by their own times', async () => {
    const path = join(folder, 'flows.jsonl');
    await writeFile(path, times.map((time) => `${flow(time)}\n`).join(''));
    const { code, stdout } = await run(['summary', '--input', path, ...window, '-o', 'json']);
    expect(code).toBe(0);
    const summary = parseSummary(stdout);
    expect(summary.window).toEqual({
      start: '2026-11-22T10:05:00.000Z',
      end: '2026-11-22T10:15:00.000Z',
      seconds: 600,
    });
    expect(summary.records).toMatchObject({ received: 4, counted: 2, ignored: { 'outside-window': 2 } });
    const missed = await run([
      'summary',
      '--input',
      path,
      '--since',
      '2026-11-22T09:00:00Z',
      '--until',
      times[0] ?? '',
    ]);
    expect(missed).toMatchObject({ code: 0, stderr: '' });
    const later = await run(['summary', '--input', path, '--since', '2026-11-22T11:00:01Z']);
    expect(later.stderr).toContain('it covers 2026-11-22T10:00:00.500Z to 2026-11-22T11:00:00.000Z.');
    expect(JSON.parse(stdout)).toMatchObject({
      policies: [{ allowed: 2, firstSeen: '2026-11-22T10:05:00.000Z', lastSeen: '2026-11-22T10:06:00.123Z' }],
    });
  });

  it('cuts a window out of a recording, and says what was not recorded of it', async () => {
    const demo = await quietCluster();
    cluster = demo;
    const path = join(folder, 'run.policystat.gz');
    const recorder = start(['record', '--pod', 'deathstar', '-w', path, '-v', '-o', 'json'], {
      kubeconfig: demo.kubeconfigPath,
    });
    await untilListening(recorder);
    await demo.connect('tiefighter', 'deathstar');
    // Lines of monitor have the time of their arrival: these two are not to arrive together.
    const landedMs = Date.now();
    await eventually('a second is over', () => Date.now() - landedMs > 1_000);
    await demo.connect('xwing', 'deathstar', { timeoutMs: 300 });
    recorder.process.kill('SIGINT');
    const { stdout } = await recorder.outcome;
    const whole = parseSummary(stdout);
    const denied = v.parse(Seen, JSON.parse(stdout)).policies.find(({ policy }) => policy.name !== 'rule1');
    const sinceMs = Date.parse(denied?.firstSeen ?? '');
    const input = ['summary', '--input', path, '-o', 'json'];
    const cut = await run([...input, '--since', new Date(sinceMs).toISOString(), '--until', whole.window.end]);
    const part = parseSummary(cut.stdout);
    expect(rowsOf(part)).toEqual(['implicit-default-deny default-deny 0 1 ← rule1']);
    expect(part.records.ignored['outside-window']).toBe(1);
    expect(part.completeness).toMatchObject({ status: 'full', gaps: [] });

    const earlier = new Date(Date.parse(whole.window.start) - MINUTE_MS).toISOString();
    const wide = parseSummary((await run([...input, '--since', earlier, '--until', whole.window.end])).stdout);
    expect(rowsOf(wide)).toEqual(rowsOf(whole));
    expect(wide.completeness.status).toBe('partial');
    expect(new Set(wide.completeness.gaps.map(({ reason }) => reason))).toEqual(new Set(['not recorded']));

    const before = new Date(Date.parse(whole.window.start) - 300).toISOString();
    const beside = await run([...input, '--since', before, '--until', whole.window.start]);
    expect(parseSummary(beside.stdout).completeness).toMatchObject({ status: 'partial', gaps: [{}, {}] });
    const missed = await run([...input, '--since', '1d', '--until', '12h']);
    expect(parseSummary(missed.stdout).completeness.status).toBe('partial');
    expect(missed.stderr).toContain(`it covers ${whole.window.start} to ${whole.window.end}.`);
  });

  it('leaves out what does not tell its time, and says so', async () => {
    const line =
      'Policy verdict log: flow 0x0 local EP ID 733, remote ID 12530, proto 6, ingress, action allow, auth: disabled, match L3-L4, 10.0.0.1:4:80 -> 10.0.0.2:80 tcp SYN';
    const { code, stdout } = await run(['summary', '--input', '-', ...window, '-o', 'json'], {
      stdin: `${line.replace(':4:80', ':40000')}\n${flow('2026-11-22T10:06:00Z')}\n`,
    });
    expect(code).toBe(0);
    const summary = parseSummary(stdout);
    expect(summary.records).toMatchObject({ counted: 1, ignored: { 'no-time': 1 } });
    expect(summary.completeness).toMatchObject({ status: 'partial', reasons: ['untimed-records', 'offline-input'] });
  });
});
