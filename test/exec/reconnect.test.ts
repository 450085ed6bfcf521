import { expect, test } from 'vitest';
import type { Decision, Outcome, Situation } from '../../src/exec/decision.ts';
import { readFacts } from '../../src/exec/facts.ts';
import { listeningCommand } from '../../src/exec/lifeline.ts';
import { backoffMs, decide } from '../../src/exec/reconnect.ts';
import { createStartup } from '../../src/exec/startup.ts';
import { failure, type Problem } from '../../src/model/problem.ts';

const SITUATION: Situation = {
  agent: { node: 'node1', namespace: 'kube-system', pod: 'cilium-a', container: 'cilium-agent' },
  launch: 'wrapped',
  program: 'monitor',
  numeric: true,
  everListened: true,
  failures: 0,
};
const FIRST: Partial<Situation> = { everListened: false };

function refused(problem: Problem): Outcome {
  return { kind: 'refused', error: failure(problem) };
}

function exited(exitCode: number, ...output: string[]): Outcome {
  return { kind: 'ended', end: { kind: 'exited', exitCode }, output, listened: output.length === 0 };
}

const HUBBLE_OFF =
  'failed to connect to \'unix:///var/run/cilium/hubble.sock\': connection error: desc = "transport: error while dialing: dial unix /var/run/cilium/hubble.sock: connect: no such file or directory"';
const HUBBLE_SLOW = 'failed getting status: rpc error: code = DeadlineExceeded desc = context deadline exceeded';
const where = { context: null, namespace: 'kube-system', pod: 'cilium-a' };
const unreachable = refused({ code: 'API_UNREACHABLE', context: null, server: 's', detail: 'ECONNREFUSED' });
const forbidden = refused({ code: 'EXEC_FORBIDDEN', ...where, verbs: ['create'], detail: '' });
const gone = refused({ code: 'EXEC_NOT_FOUND', ...where, container: 'cilium-agent', detail: '' });
const answered = (status: number) => refused({ code: 'API_ERROR', context: null, request: '', status, detail: '' });
const noShell: Outcome = {
  kind: 'ended',
  end: { kind: 'error', message: 'exec: "sh": executable file not found in $PATH: unknown' },
  output: [],
  listened: false,
};
const closed: Outcome = { kind: 'ended', end: { kind: 'lost', code: 1006, reason: '' }, output: [], listened: true };

const TABLE: readonly [string, Outcome, Partial<Situation>, object][] = [
  ['aborted', { kind: 'aborted' }, {}, { kind: 'stop' }],
  ['closed', closed, {}, { kind: 'retry', relocate: false, problem: { code: 'STREAM_LOST' } }],
  ['closed for the third time', closed, { failures: 2 }, { kind: 'retry', relocate: true }],
  ['closed for the hundredth time', closed, { failures: 99 }, { kind: 'retry' }],
  [
    'lost before it had begun',
    { ...closed, listened: false },
    FIRST,
    { kind: 'retry', problem: { code: 'STREAM_LOST', hadBegun: false } },
  ],
  [
    'lost twice before it had begun',
    { ...closed, listened: false },
    { ...FIRST, failures: 1 },
    { kind: 'fail', error: { problem: { code: 'STREAM_LOST', hadBegun: false } } },
  ],
  ['agent restarted', exited(137), {}, { kind: 'retry', problem: { detail: 'exit code 137' } }],
  ['agent gone', exited(0), {}, { kind: 'retry', problem: { detail: 'exit code 0' } }],
  ['monitor failed', exited(1), {}, { kind: 'retry' }],
  ['server away', unreachable, {}, { kind: 'retry' }],
  ['server away at first', unreachable, FIRST, { kind: 'retry' }],
  ['server away for long', unreachable, { ...FIRST, failures: 3 }, { kind: 'fail' }],
  ['forbidden', forbidden, {}, { kind: 'fail' }],
  ['forbidden at first', forbidden, FIRST, { kind: 'fail' }],
  ['pod gone', gone, {}, { kind: 'retry', relocate: true }],
  ['pod not there at first', gone, FIRST, { kind: 'fail' }],
  ['busy at first', answered(429), FIRST, { kind: 'retry' }],
  ['bad request at first', answered(400), FIRST, { kind: 'fail' }],
  ['container not yet there', answered(400), {}, { kind: 'retry' }],
  ['no shell', noShell, FIRST, { kind: 'restart', launch: 'cilium-dbg', numeric: true }],
  ['no cilium-dbg', noShell, { ...FIRST, launch: 'cilium-dbg' }, { kind: 'restart', launch: 'cilium' }],
  ['no cilium', noShell, { ...FIRST, launch: 'cilium' }, { kind: 'fail' }],
  ['no program in the shell', exited(127, 'sh: 1: cilium: not found'), FIRST, { kind: 'fail' }],
  [
    'no -n',
    exited(1, "Error: unknown shorthand flag: 'n' in -n"),
    FIRST,
    { kind: 'restart', launch: 'wrapped', numeric: false },
  ],
  [
    'no -n, though not asked for',
    exited(1, "Error: unknown shorthand flag: 'n' in -n"),
    { ...FIRST, numeric: false },
    { kind: 'fail' },
  ],
  ['Hubble is off', exited(1, HUBBLE_OFF), { ...FIRST, program: 'hubble' }, { kind: 'fail' }],
  ['no hubble in the image', exited(127, 'hubble: not found'), { ...FIRST, program: 'hubble' }, { kind: 'fail' }],
  ['Hubble is slow at first', exited(1, HUBBLE_SLOW), { ...FIRST, program: 'hubble' }, { kind: 'retry' }],
  ['Hubble is slow for long', exited(1, HUBBLE_SLOW), { ...FIRST, program: 'hubble', failures: 3 }, { kind: 'fail' }],
  ['Hubble is not back yet', exited(1, HUBBLE_OFF), { program: 'hubble' }, { kind: 'retry' }],
  ['the agent of Hubble restarts', exited(1), { program: 'hubble' }, { kind: 'retry' }],
  ['no shell for Hubble', noShell, { ...FIRST, program: 'hubble' }, { kind: 'fail' }],
];

test.each(TABLE)('%s', (_name, outcome, situation, decision) => {
  const decided: Decision = decide(outcome, { ...SITUATION, ...situation });
  expect(decided).toMatchObject(decision);
});

test('the first try is at once, later ones anywhere below a bound that grows to 10 s', () => {
  const bounds = [0, 1, 2, 3, 10, 1000].map((failures) => backoffMs(failures, () => 1));
  expect(bounds).toEqual([0, 500, 1000, 2000, 10_000, 10_000]);
  expect(backoffMs(10, () => 0.25)).toBe(2500);
});

test.each([
  {
    program: { kind: 'monitor', types: ['$(reboot)'], relatedTo: [262], verbose: false },
    expected: ['policystat', '-t', '$(reboot)', '-n', '--related-to', '262'],
  },
  {
    program: { kind: 'hubble', types: ['$(reboot)'] },
    expected: ['policystat', '', '-t', '$(reboot)', '-o', 'jsonpb'],
  },
  {
    program: { kind: 'hubble', types: [], resumeFrom: '2026-11-22T19:20:05.391Z' },
    expected: ['policystat', '2026-11-22T19:20:05.391Z', '-o', 'jsonpb'],
  },
] as const)(
  'what a user gives $program.kind comes in as parameters, never into the script',
  ({ program, expected }) => {
    const [sh, c, script, ...words] = listeningCommand('wrapped', program, true);
    expect([sh, c]).toEqual(['sh', '-c']);
    expect(script).toBe(listeningCommand('wrapped', { ...program, types: [] }, false)[2]);
    expect(words).toEqual(expected);
  },
);

test.each([
  ['cilium-dbg\n{"Client":{"Version":"1.19.0-dev"},"Daemon":null}', 'cilium-dbg', '1.19.0-dev', 'cilium'],
  ['cilium\nClient: 1.10.90 e8aa78a5e4 2021\nDaemon: 1.10.90', 'cilium', '1.10.90', 'accuknox'],
  ['cilium\nnothing that is known', 'cilium', null, null],
])('facts of %j', (output, program, version, dialect) => {
  expect(readFacts(output)).toEqual({ program, version, dialect });
});

const STDOUT_STARTS: readonly [string, boolean][] = [
  ['Listening for events on 2 CPUs with 64x4096 of shared memory\nPress Ctrl-C to quit\n', true],
  ['Policy verdict log: flow 0x0\n', true],
  ['Policy verd', false],
  ['time=2026-11-22T19:22:46.758Z level=info msg="Initializing dissection cache..."\n', false],
  ['time=2026-11-22T19:22:46.758Z level=info msg="x"\nPolicy verdict log: flow 0x0\n', true],
  ['Error: arguments not recognized\nUsage:\n  cilium monitor [flags]\n', false],
];

test.each(STDOUT_STARTS)('stdout %j: ready %s, and nothing of it is lost', (text, isReady) => {
  let seen = '';
  const nothing = () => undefined;
  const stdout = (data: Uint8Array) => void (seen += Buffer.from(data).toString());
  const startup = createStartup('monitor', { ready: nothing, stdout, stderrLine: nothing });
  for (const byte of Buffer.from(text)) startup.stdout(Uint8Array.of(byte));
  expect(startup.ready).toBe(isReady);
  expect(seen + Buffer.from(startup.heldBack().stdout).toString()).toBe(text);
});

test('Hubble is ready with our own word, which nobody is told, and what was said before it is', () => {
  const told: string[] = [];
  let ready = 0;
  const stdout = () => undefined;
  let began: object = {};
  const startup = createStartup('hubble', {
    ready: (beginning) => {
      ready += 1;
      began = beginning;
    },
    stdout,
    stderrLine: (line) => told.push(line),
  });
  startup.stderrLine('Healthcheck (via unix:///var/run/cilium/hubble.sock): Ok');
  expect([startup.ready, ready]).toEqual([false, 0]);
  startup.stderrLine('policystat: oldest {"flow":{"time":"2026-11-22T19:00:00.391584633Z"}}');
  startup.stderrLine('policystat: observing 2026-11-22T19:20:05.391584633Z');
  expect([startup.ready, ready]).toEqual([true, 1]);
  expect(began).toEqual({
    nodeMs: Date.parse('2026-11-22T19:20:05.391Z'),
    oldestMs: Date.parse('2026-11-22T19:00:00.391Z'),
  });
  expect(told).toEqual(['Healthcheck (via unix:///var/run/cilium/hubble.sock): Ok']);
});
