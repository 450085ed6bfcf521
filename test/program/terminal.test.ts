/** What a person sees of `watch` on a terminal: a real pty, read through a terminal emulator. */
import { spawn } from '@lydell/node-pty';
import { Terminal } from '@xterm/headless';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DemoCluster } from '../../src/demo/demo-cluster.ts';
import { eventually } from '../eventually.ts';
import { quietCluster } from './cluster.ts';
import { BIN } from './run.ts';

const ROWS = 30;
let demo: DemoCluster;

beforeAll(async () => {
  demo = await quietCluster({ dialect: 'accuknox' });
});

afterAll(async () => {
  await demo.stop();
});

function watchOnTerminal(columns: number, env: Record<string, string> = {}) {
  return onTerminal(['watch', '--pod', 'deathstar'], columns, env);
}

/** `prepare`: what a shell does to the terminal beforehand. */
function onTerminal(args: readonly string[], columns: number, env: Record<string, string> = {}, prepare = ':') {
  const screen = new Terminal({ cols: columns, rows: ROWS, allowProposedApi: true });
  const { PATH = '', HOME = '' } = process.env;
  const pty = spawn('sh', ['-c', `${prepare}; exec "$0" "$@"`, process.execPath, BIN, ...args], {
    cols: columns,
    rows: ROWS,
    name: 'xterm-256color',
    env: { PATH, HOME, KUBECONFIG: demo.kubeconfigPath, ...env },
  });
  let raw = '';
  let exitCode: number | null = null;
  pty.onData((data) => {
    raw += data;
    screen.write(data);
  });
  pty.onExit((exit) => {
    exitCode = exit.exitCode;
  });
  const lines = () => {
    const { active } = screen.buffer;
    return Array.from({ length: ROWS }, (_, row) => active.getLine(active.baseY + row)?.translateToString(true) ?? '');
  };
  return { pty, screen, lines, text: () => lines().join('\n'), raw: () => raw, exitCode: () => exitCode };
}

describe.each([80, 140])('watch on a terminal of %i columns', (columns) => {
  it('shows the table live, within its edges, and leaves the final summary behind', async () => {
    const watched = watchOnTerminal(columns);
    await eventually('both agents stream', () => (watched.text().match(/ streaming/g) ?? []).length === 2);
    expect(await demo.connect('tiefighter', 'deathstar')).toBe('landed');
    expect(await demo.connect('xwing', 'deathstar', { timeoutMs: 500 })).toBe('timeout');
    await eventually(
      'both rows are there',
      () => /rule1 \(CNP\) +ingress +[1-9]/.test(watched.text()) && watched.text().includes('default/xwing'),
    );
    const shown = watched.text();
    expect(shown).toMatch(/^POLICY +DIR +ALLOWED .*DENIED +ATTEMPTS +RATE\/S +LAST/m);
    expect(shown).toMatch(/^implicit-default-deny ← rule1 +ingress/m);
    expect(shown).toContain('complete: nothing is known to be missing');
    expect(Math.max(...watched.lines().map((line) => line.length))).toBeLessThanOrEqual(columns);
    expect(watched.raw()).toContain('\u001b[?25l');

    watched.pty.write('\u0003');
    await eventually('it has ended', () => watched.exitCode() !== null);
    expect(watched.exitCode()).toBe(0);
    await eventually('the final summary is on the screen', () => /^total +ingress/m.test(watched.text()));
    expect(watched.screen.buffer.active.type).toBe('normal');
    expect(watched.raw().lastIndexOf('\u001b[?25h')).toBeGreaterThan(watched.raw().lastIndexOf('\u001b[?25l'));
    await eventually('no process of the agents is left', () => demo.processes().length === 0);
  });
});

it('a terminal that does not say how large it is gets a summary, and no spinner', async () => {
  const args = ['summary', '--pod', 'deathstar', '--duration', '500ms'];
  const watched = onTerminal(args, 140, {}, 'stty cols 0 rows 0');
  await eventually('it has ended', () => watched.exitCode() !== null);
  expect(watched.exitCode()).toBe(0);
  await eventually('the summary is on the screen', () => watched.text().includes('No verdicts in'));
  expect(watched.raw()).not.toContain('\u001b[1A');
});

it('follows the terminal when its size changes', async () => {
  const watched = watchOnTerminal(140);
  await eventually('both agents stream', () => (watched.text().match(/ streaming/g) ?? []).length === 2);
  expect(await demo.connect('tiefighter', 'deathstar')).toBe('landed');
  await eventually('the peers have a column', () => /LAST +PEERS/.test(watched.text()));
  watched.screen.resize(80, ROWS);
  watched.pty.resize(80, ROWS);
  await eventually('the peers have a line of their own', () => /^ {2}from default\/tiefighter/m.test(watched.text()));
  watched.pty.write('\u0003');
  await eventually('it has ended', () => watched.exitCode() !== null);
});

it('says the same without colour', async () => {
  const watched = watchOnTerminal(80, { NO_COLOR: '1' });
  await eventually('both agents stream', () => (watched.text().match(/ streaming/g) ?? []).length === 2);
  watched.pty.write('\u0003');
  await eventually('it has ended', () => watched.exitCode() !== null);
  expect(watched.raw()).not.toMatch(/\u001b\[(?:3\d|9\d)/);
});

describe('a summary that is being collected', () => {
  it('says how far it is, and ends at Ctrl-C with what there is', async () => {
    const collecting = onTerminal(['summary', '--pod', 'deathstar', '--duration', '1h'], 100);
    await eventually('it listens', () => /Listening: \d+ s of 1 h 0 min, 0 records counted/.test(collecting.text()));
    expect(collecting.text()).toContain('Ctrl-C ends it early.');
    expect(await demo.connect('tiefighter', 'deathstar')).toBe('landed');
    await eventually('it counts', () => collecting.text().includes('1 record counted'));
    collecting.pty.write('\u0003');
    await eventually('it has ended', () => collecting.exitCode() !== null);
    expect(collecting.exitCode()).toBe(0);
    await eventually('the summary is on the screen', () =>
      /^default\/rule1 \(CNP\) +ingress +1 /m.test(collecting.text()),
    );
    expect(collecting.text()).not.toContain('Listening:');
    await eventually('no process of the agents is left', () => demo.processes().length === 0);
  });

  it.each([['-q'], ['-o', 'json', '-q']])('says nothing of it with %j', async (...args) => {
    const collecting = onTerminal(['summary', '--pod', 'deathstar', '--duration', '2s', ...args], 100);
    await eventually('it has ended', () => collecting.exitCode() !== null);
    expect(collecting.exitCode()).toBe(0);
    expect(collecting.raw()).not.toContain('Listening:');
  });
});
