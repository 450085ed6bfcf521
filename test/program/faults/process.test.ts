/** What befalls policystat itself: it is stopped, asleep, its clock is set, its reader goes away, another one runs beside it. */
import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { spawn as spawnOnTerminal } from '@lydell/node-pty';
import { Terminal } from '@xterm/headless';
import { describe, expect, it } from 'vitest';
import { eventually } from '../../eventually.ts';
import { parseSummary, type SummaryJson } from '../cluster.ts';
import { BIN, run } from '../run.ts';
import { type Faulty, faultyCluster, NODE1, NODE2 } from './session.ts';

const cluster = faultyCluster();
const STOOD_STILL = 'policystat stood still, or the clock was set';
/** Longer than what policystat takes for a busy moment. */
const STANDSTILL_MS = 4_200;

const streams = ({ source }: SummaryJson) => source.agents.every(({ state }) => state === 'streaming');
const hasGap = ({ completeness }: SummaryJson) => completeness.gaps.length > 0;

/** More than all buffers on the way hold, slowly enough that the agent's programs can read it. */
async function flood(land: Faulty['land'], count: number): Promise<void> {
  for (let sent = 0; sent < count; sent += 200) {
    land(NODE1, 200);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** Together more than the buffers on the way hold, one at a time less than what the agent keeps for a reader. */
const BATCH = 1_500;
const BATCHES = 30;
/** Summaries: several times what a pipe and its two ends hold. */
const MANY = 400;
const CTRL_C = '\u0003';
const CTRL_Q = '\u0011';
const CTRL_S = '\u0013';

function onTerminal(args: readonly string[], kubeconfig: string) {
  const screen = new Terminal({ cols: 120, rows: 30, allowProposedApi: true });
  const { PATH = '', HOME = '' } = process.env;
  const env = { PATH, HOME, KUBECONFIG: kubeconfig, NO_COLOR: '1' };
  const pty = spawnOnTerminal(process.execPath, [BIN, ...args], { cols: 120, rows: 30, env });
  let exitCode: number | null = null;
  pty.onData((data) => screen.write(data));
  pty.onExit((exit) => {
    exitCode = exit.exitCode;
  });
  return {
    text: () => {
      const { active } = screen.buffer;
      return Array.from({ length: active.length }, (_, row) => active.getLine(row)?.translateToString(true)).join('\n');
    },
    write: (keys: string) => pty.write(keys),
    exitCode: () => exitCode,
    kill: () => pty.kill('SIGKILL'),
  };
}

async function passed(sinceMs: number, ms: number): Promise<void> {
  await eventually('time passes', () => performance.now() - sinceMs > ms);
}

describe('policystat', () => {
  it('stopped while agents talk on: what they could not keep is inside a gap', async () => {
    const { land, watching } = cluster();
    const { running, counted, until, end } = await watching({ args: ['--pod', NODE1.pod], streams: 1 });
    land(NODE1, 2);
    await counted(2);
    const stoppedMs = performance.now();
    running.process.kill('SIGSTOP');
    await flood(land, 60_000);
    await passed(stoppedMs, STANDSTILL_MS);
    running.process.kill('SIGCONT');
    await until('it is told', hasGap);
    const { summary } = await end({ missed: 'some' });
    expect(summary.completeness).toMatchObject({ lost: 0, reasons: ['gap'], gaps: [{ reason: STOOD_STILL }] });
  });

  it('asleep until the other side has given up: one gap, and it goes on', async () => {
    const { demo, land, watching } = cluster();
    const { running, counted, until, end } = await watching({ args: ['--pod', NODE1.pod], streams: 1 });
    land(NODE1, 2);
    await counted(2);
    const stoppedMs = performance.now();
    running.process.kill('SIGSTOP');
    demo.faults.breakStreams();
    await eventually('the monitor has gone', () => demo.processes().length === 0);
    land(NODE1, 3);
    await passed(stoppedMs, STANDSTILL_MS);
    running.process.kill('SIGCONT');
    await until('it is back', (summary) => hasGap(summary) && streams(summary));
    land(NODE1, 1);
    await counted(3);
    const { summary } = await end({ missed: 3 });
    expect(summary.completeness.gaps).toHaveLength(1);
    expect(summary.completeness.gaps[0]?.seconds).toBeGreaterThan(4);
  });

  it.each([
    ['back', -3_600_000, []],
    ['ahead', 3_600_000, [STOOD_STILL]],
  ])('with a clock that is set an hour %s counts on, and nothing is negative', async (_name, ms, reasons) => {
    const { land, watching } = cluster();
    const jump = `const real = Date.now; process.once('SIGUSR2', () => { Date.now = () => real() + (${ms}); });`;
    const env = { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(jump)}` };
    const { running, counted, until, end } = await watching({ args: ['--pod', NODE1.pod], streams: 1, env });
    land(NODE1, 2);
    await counted(2);
    running.process.kill('SIGUSR2');
    await until(
      'it has noticed',
      ({ window, completeness }) => window.seconds > 1 && completeness.gaps.length === reasons.length,
    );
    land(NODE1, 1);
    await counted(3);
    const { summary } = await end({ missed: 0 });
    expect(summary.completeness.gaps.map(({ reason }) => reason)).toEqual(reasons);
    expect(Date.parse(summary.window.end)).toBeGreaterThan(Date.parse(summary.window.start));
    expect(Math.min(...summary.completeness.gaps.map(({ seconds }) => seconds), 0)).toBe(0);
  });

  it('on a terminal that stands still (Ctrl-S) goes on counting', async () => {
    const { demo, land, watching } = cluster();
    const args = ['--pod', NODE1.pod];
    const terminal = onTerminal(['watch', ...args], demo.kubeconfigPath);
    try {
      await eventually('it streams', () => terminal.text().includes(' streaming'));
      // Another one, which is read, tells when a batch has been told.
      const reading = await watching({ args, streams: 1 });
      terminal.write(CTRL_S);
      for (let batch = 1; batch <= BATCHES; batch += 1) {
        land(NODE1, BATCH);
        await reading.counted(batch * BATCH);
      }
      terminal.write(CTRL_Q);
      await eventually('all is shown', () => terminal.text().includes(String(BATCHES * BATCH)));
      await reading.end({ missed: 0, beside: true });
      terminal.write(CTRL_C);
      await eventually('it has ended', () => terminal.exitCode() !== null);
      expect(terminal.exitCode()).toBe(0);
      expect(terminal.text()).toContain('complete: nothing is known to be missing');
    } finally {
      terminal.kill();
    }
  });

  it('whose reader stands still keeps no more for it than fits, and tells the newest at the end', async () => {
    const { demo, land, watching } = cluster();
    const args = ['--pod', NODE1.pod, '--interval', '20ms'];
    const { PATH, HOME } = process.env;
    const env = { PATH, HOME, KUBECONFIG: demo.kubeconfigPath };
    const stuck = spawn(process.execPath, [BIN, 'watch', '-v', ...args, '-o', 'jsonl'], { env });
    let heard = '';
    stuck.stderr.setEncoding('utf8').on('data', (piece: string) => {
      heard += piece;
    });
    await eventually('it listens', () => heard.includes(': listening'));
    const reading = await watching({ args, streams: 1 });
    land(NODE1, 3);
    await reading.counted(3);
    const summaries = () => reading.running.stdout().split('\n').length;
    const before = summaries();
    await eventually('many summaries are told', () => summaries() > before + MANY);
    await reading.end({ missed: 0, beside: true });
    const told = text(stuck.stdout);
    stuck.kill('SIGINT');
    const lines = (await told).trimEnd().split('\n');
    expect(lines.length).toBeLessThan(MANY / 2);
    expect(parseSummary(lines.at(-1) ?? '').totals.ingress.allowed).toBe(3);
  });

  it('whose reader has seen enough (| head -1) ends with 0', async () => {
    const { demo } = cluster();
    const script = '{ "$@"; echo "exit code $?" >&2; } | head -1';
    const args = ['-c', script, 'sh', process.execPath, BIN, 'watch', '-A', '-o', 'jsonl', '--interval', '50ms'];
    const { PATH, HOME } = process.env;
    const piped = spawn('sh', args, { env: { PATH, HOME, KUBECONFIG: demo.kubeconfigPath } });
    const [stdout, stderr] = await Promise.all([text(piped.stdout), text(piped.stderr)]);
    expect(stdout.trimEnd().split('\n')).toHaveLength(1);
    expect(stderr).toBe('exit code 0\n');
  });

  it('twice at once: each counts everything, and neither ends the other', async () => {
    const { land, watching, demo } = cluster();
    const first = await watching();
    const second = await watching();
    land(NODE1, 2);
    land(NODE2, 3);
    await Promise.all([first.counted(5), second.counted(5)]);
    await first.end({ missed: 0, beside: true });
    land(NODE2, 4);
    await second.counted(9);
    await second.end({ missed: 0 });
    expect(demo.processes()).toEqual([]);
  });
});

describe('nothing stays behind', () => {
  it('after a network cut, while policystat still tries', async () => {
    const { demo, land, watching } = cluster();
    const { counted, until, end } = await watching();
    land(NODE1, 1);
    await counted(1);
    demo.faults.refuseConnections(60_000);
    demo.faults.breakStreams();
    await until('nobody is heard', ({ source }) => source.agents.every(({ state }) => state === 'reconnecting'));
    await eventually('no process of the agents is left', () => demo.processes().length === 0);
    const { summary } = await end({ missed: 0 });
    demo.faults.refuseConnections(0);
    expect(summary.completeness.reasons).toEqual(['gap', 'not-streaming']);
  });

  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('after %s during an outage', async (signal) => {
    const { demo, watching } = cluster();
    const { running, until } = await watching();
    demo.faults.refuseExecs(503, 40);
    demo.faults.breakStreams();
    await until('nobody is heard', ({ source }) => source.agents.every(({ state }) => state === 'reconnecting'));
    running.process.kill(signal);
    expect((await running.outcome).code).toBe(0);
    demo.faults.clearRefusals();
    await eventually('no process of the agents is left', () => demo.processes().length === 0);
  });

  it('after a start that failed', async () => {
    const { demo } = cluster();
    demo.faults.refuseExecs(500, 40);
    const { code, stderr } = await run(['watch', '--pod', 'deathstar'], { kubeconfig: demo.kubeconfigPath });
    demo.faults.clearRefusals();
    expect(code).toBe(1);
    expect(stderr).toContain('answered 500');
    await eventually('no process of the agents is left', () => demo.processes().length === 0);
  });
});
