import { spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { monitorStream } from '../../src/exec/monitor.ts';
import { runInAgent } from '../../src/exec/session.ts';
import type { Clock } from '../../src/model/clock.ts';
import type { AgentFacts, AgentRef, AgentState } from '../../src/model/cluster.ts';
import type { Problem } from '../../src/model/problem.ts';
import { problemOf } from '../problem-of.ts';
import { execOver } from './exec-over.ts';
import { type ExecServer, startExecServer } from './exec-server.ts';
import { marked, named } from './processes.ts';

const AGENT: AgentRef = { node: 'node1', namespace: 'kube-system', pod: 'cilium-5l2dg', container: 'cilium-agent' };
const OPTIONS = { types: ['policy-verdict'], numeric: true, relatedTo: [], verbose: false };
const FORBIDDEN = readFileSync(new URL('../../fixtures/captures/api/exec-forbidden.http', import.meta.url), 'utf8');
const FORBIDDEN_WORDS =
  'pods "cilium-5l2dg" is forbidden: User "system:serviceaccount:default:viewer" cannot get resource "pods/exec" in API group "" in the namespace "kube-system"';
const NO_POD = readFileSync(new URL('../../fixtures/captures/api/exec-no-pod.http', import.meta.url), 'utf8');
const NO_CONTAINER = readFileSync(
  new URL('../../fixtures/captures/api/exec-no-container.http', import.meta.url),
  'utf8',
);
const BAD_PROTOCOL = readFileSync(
  new URL('../../fixtures/captures/api/exec-bad-protocol.http', import.meta.url),
  'utf8',
);
const VERSION_1_19 = readFileSync(
  new URL('../../fixtures/captures/static/node1--cilium-dbg_version_-o_json.json', import.meta.url),
  'utf8',
);

const LISTENS = `echo 'Listening for events on 2 CPUs with 64x4096 of shared memory' >&2; echo 'Press Ctrl-C to quit' >&2`;
const FOREVER = `while :; do echo verdict; sleep 0.05; done`;

let folder: string;
let server: ExecServer | null = null;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'policystat-exec-'));
});

afterEach(async () => {
  await server?.close();
  server = null;
  await vi.waitFor(() => expect(marked(folder)).toEqual([]), { timeout: 5_000 });
  rmSync(folder, { recursive: true });
});

/** A program in the agent's image: `version` prints, `monitor` runs the script. */
function install(name: string, monitor: string): void {
  const path = join(folder, name);
  const version = `if [ "$1" = version ]; then cat <<'END'\n${VERSION_1_19}\nEND\nexit 0; fi`;
  writeFileSync(path, `#!/bin/sh\n${version}\n${monitor}\n`);
  chmodSync(path, 0o755);
}

async function start(protocol = 'v5.channel.k8s.io', shell = 'sh'): Promise<ExecServer> {
  server = await startExecServer(`${folder}:/usr/bin:/bin`, protocol, shell);
  return server;
}

function record() {
  const seen = {
    text: '',
    notices: new Array<string>(),
    states: new Array<[AgentState, Problem | null]>(),
    facts: new Array<AgentFacts>(),
    gaps: new Array<[number, number, string]>(),
  };
  const handlers = {
    bytes: (data: Uint8Array) => void (seen.text += Buffer.from(data).toString()),
    notice: (line: string) => void seen.notices.push(line),
    state: (state: AgentState, problem: Problem | null) => void seen.states.push([state, problem]),
    facts: (facts: AgentFacts) => void seen.facts.push(facts),
    gap: (fromMs: number, toMs: number, reason: string) => void seen.gaps.push([fromMs, toMs, reason]),
  };
  return { seen, handlers };
}

function bodyOf(capture: string): { status: number; body: string } {
  return { status: Number(capture.split(' ')[1]), body: capture.slice(capture.indexOf('\r\n\r\n') + 4) };
}

function settled(capture: string): { status: number; body: string } {
  return capture.includes('\r\n\r\n')
    ? bodyOf(capture)
    : { status: Number(capture.split(' ')[1]), body: capture.slice(capture.indexOf('\n\n') + 2) };
}

describe.each(['v5.channel.k8s.io', 'v4.channel.k8s.io'])('%s', (protocol) => {
  test('streams, keeps stderr apart, tells facts, and leaves nothing behind after an abort', async () => {
    install('cilium-dbg', `${LISTENS}; ${FOREVER}`);
    const { url, requests } = await start(protocol);
    const { seen, handlers } = record();
    const ending = new AbortController();
    const run = monitorStream(execOver(url), AGENT, OPTIONS).run(handlers, ending.signal);
    await vi.waitFor(() => expect(seen.facts).toHaveLength(1), { timeout: 10_000 });
    await vi.waitFor(() => expect(seen.text).toContain('verdict\nverdict\n'), { timeout: 10_000 });
    expect(requests[0]?.command.slice(0, 2)).toEqual(['sh', '-c']);
    expect(requests[0]?.command.slice(3)).toEqual(['policystat', '-t', 'policy-verdict', '-n']);
    expect(seen.facts).toEqual([{ program: 'cilium-dbg', version: '1.19.0-dev', dialect: 'cilium' }]);
    expect(seen.notices).toEqual([
      'Listening for events on 2 CPUs with 64x4096 of shared memory',
      'Press Ctrl-C to quit',
    ]);
    expect(seen.text).not.toContain('Press');
    ending.abort();
    await run;
    expect(seen.states.map(([state]) => state)).toEqual(['connecting', 'streaming', 'ended']);
    expect(seen.gaps).toEqual([]);
  });

  test('gives the output of a command, and its exit code where it fails', async () => {
    const { url } = await start(protocol);
    const exec = execOver(url);
    const { signal } = new AbortController();
    expect(await runInAgent(exec, AGENT, ['echo', 'a b', '$HOME'], signal)).toBe('a b $HOME\n');
    expect(
      await problemOf(runInAgent(exec, AGENT, ['sh', '-c', 'echo out; echo err >&2; exit 3'], signal)),
    ).toMatchObject({
      code: 'AGENT_COMMAND_FAILED',
      exitCode: 3,
      detail: 'err',
    });
    expect(await problemOf(runInAgent(exec, AGENT, ['nosuch'], signal))).toMatchObject({
      code: 'AGENT_COMMAND_FAILED',
      exitCode: null,
    });
  });
});

test('a refused exec is said in full', async () => {
  const { url, refusals } = await start();
  const stream = monitorStream(execOver(url), AGENT, OPTIONS);
  const cases = [
    [FORBIDDEN, { code: 'EXEC_FORBIDDEN', verbs: ['get'], detail: FORBIDDEN_WORDS }],
    [NO_POD, { code: 'EXEC_NOT_FOUND', detail: 'pods "nosuch" not found' }],
    [NO_CONTAINER, { code: 'EXEC_NOT_FOUND', detail: 'container nosuch is not valid for pod cilium-5l2dg' }],
    [BAD_PROTOCOL, { code: 'API_ERROR', status: 403 }],
    ['HTTP/1.1 401 Unauthorized\r\n\r\n', { code: 'UNAUTHORIZED' }],
  ] as const;
  for (const [capture, problem] of cases) {
    refusals.push(settled(capture));
    const { handlers, seen } = record();
    expect(await problemOf(stream.run(handlers, new AbortController().signal))).toMatchObject(problem);
    expect(seen.states.at(-1)).toEqual(['failed', null]);
  }
});

test('a server that is not there is tried a few times', async () => {
  const { handlers, seen } = record();
  const run = monitorStream(execOver('http://127.0.0.1:9'), AGENT, OPTIONS).run(handlers, new AbortController().signal);
  expect(await problemOf(run)).toMatchObject({
    code: 'API_UNREACHABLE',
    detail: 'connect ECONNREFUSED 127.0.0.1:9',
  });
  expect(seen.states.filter(([state]) => state === 'reconnecting')).toHaveLength(3);
});

test('an older agent that does not know -n is asked without', async () => {
  const refuse = `for word in "$@"; do [ "$word" = -n ] && { echo "Error: unknown shorthand flag: 'n' in -n" >&2; echo 'Usage:'; exit 1; }; done`;
  install('cilium', `${refuse}; echo 'Press Ctrl-C to quit'; ${FOREVER}`);
  const { url, requests } = await start();
  const { seen, handlers } = record();
  const ending = new AbortController();
  const run = monitorStream(execOver(url), AGENT, OPTIONS).run(handlers, ending.signal);
  await vi.waitFor(() => expect(seen.facts).toHaveLength(1), { timeout: 10_000 });
  ending.abort();
  await run;
  expect(seen.facts[0]?.program).toBe('cilium');
  expect(requests[1]?.command.slice(3)).toEqual(['policystat', '-t', 'policy-verdict']);
  expect(seen.text).not.toContain('Usage');
  expect(seen.notices).toEqual([]);
});

test('an event type that the agent does not know is named with those that it knows', async () => {
  install(
    'cilium-dbg',
    `echo 'Error: invalid argument "nat" for "-t, --type" flag: unknown type (nat). Please specify one of the following ones [agent drop policy-verdict]' >&2; exit 1`,
  );
  const { url } = await start();
  const run = monitorStream(execOver(url), AGENT, { ...OPTIONS, types: ['nat'] }).run(
    record().handlers,
    new AbortController().signal,
  );
  expect(await problemOf(run)).toMatchObject({
    code: 'EVENT_TYPE_UNKNOWN',
    type: 'nat',
    detail: 'it knows agent, drop, policy-verdict',
  });
});

test('a cut connection is reconnected, and its gap is told before the next bytes', async () => {
  install('cilium-dbg', `${LISTENS}; ${FOREVER}`);
  const running = await start();
  const { seen, handlers } = record();
  const ending = new AbortController();
  const run = monitorStream(execOver(running.url), AGENT, OPTIONS).run(handlers, ending.signal);
  await vi.waitFor(() => expect(seen.text).not.toBe(''), { timeout: 10_000 });
  running.cut();
  await vi.waitFor(() => expect(seen.gaps).toHaveLength(1), { timeout: 10_000 });
  ending.abort();
  await run;
  const [fromMs, toMs] = seen.gaps[0] ?? [0, 0];
  expect(toMs).toBeGreaterThanOrEqual(fromMs);
  expect(seen.states.map(([state]) => state)).toEqual([
    'connecting',
    'streaming',
    'reconnecting',
    'streaming',
    'ended',
  ]);
  expect(seen.states[2]?.[1]).toMatchObject({ code: 'STREAM_LOST', detail: 'connection closed (1006)' });
});

test.each(['exit 0', 'kill -9 $$'])('a monitor that goes by itself (%s) is a loss too', async (how) => {
  install('cilium-dbg', `${LISTENS}; if [ ! -e ${folder}/again ]; then touch ${folder}/again; ${how}; fi; ${FOREVER}`);
  const { url } = await start();
  const { seen, handlers } = record();
  const ending = new AbortController();
  const run = monitorStream(execOver(url), AGENT, OPTIONS).run(handlers, ending.signal);
  await vi.waitFor(() => expect(seen.text).not.toBe(''), { timeout: 10_000 });
  ending.abort();
  await run;
  expect(seen.gaps.map(([, , reason]) => reason)).toEqual([how === 'exit 0' ? 'exit code 0' : 'exit code 137']);
});

test('a replaced agent is looked for; a 403 in the middle ends the stream', async () => {
  install('cilium-dbg', `${LISTENS}; ${FOREVER}`);
  const running = await start();
  const { seen, handlers } = record();
  const locate = () => Promise.resolve({ ...AGENT, pod: 'cilium-new' });
  const run = monitorStream(execOver(running.url), AGENT, { ...OPTIONS, locate }).run(
    handlers,
    new AbortController().signal,
  );
  await vi.waitFor(() => expect(seen.facts).toHaveLength(1), { timeout: 10_000 });
  running.refusals.push(settled(NO_POD));
  running.cut();
  await vi.waitFor(() => expect(seen.facts).toHaveLength(2), { timeout: 10_000 });
  expect(running.requests.at(-1)?.pod).toBe('cilium-new');
  running.refusals.push(settled(FORBIDDEN));
  running.cut();
  await run;
  expect(seen.states.at(-1)?.[0]).toBe('failed');
  expect(seen.states.at(-1)?.[1]).toMatchObject({ code: 'EXEC_FORBIDDEN' });
  expect(seen.gaps).toHaveLength(2);
});

test('a peer that says nothing more is noticed with the third ping', async () => {
  install('cilium-dbg', `${LISTENS}; while :; do sleep 0.1; done`);
  const running = await start();
  const due: { atMs: number; then: () => void }[] = [];
  let nowMs = 0;
  const clock: Clock = {
    nowMs: () => nowMs,
    after: (ms, then) => {
      const entry = { atMs: nowMs + ms, then };
      due.push(entry);
      return () => void due.splice(due.indexOf(entry) >>> 0, 1);
    },
  };
  const pass = (ms: number) => {
    nowMs += ms;
    for (const entry of due.filter(({ atMs }) => atMs <= nowMs)) {
      due.splice(due.indexOf(entry), 1);
      entry.then();
    }
  };
  const { seen, handlers } = record();
  const ending = new AbortController();
  const run = monitorStream(execOver(running.url, clock), AGENT, OPTIONS).run(handlers, ending.signal);
  await vi.waitFor(() => expect(seen.facts).toHaveLength(1), { timeout: 10_000 });
  running.freeze();
  for (let ping = 1; ping <= 3; ping += 1) pass(4_500);
  await vi.waitFor(() => expect(seen.states.map(([state]) => state)).toContain('reconnecting'), { timeout: 10_000 });
  expect(nowMs).toBeLessThanOrEqual(15_000);
  await vi.waitFor(() => expect(seen.gaps).toEqual([[0, nowMs, 'no answer to pings']]), { timeout: 10_000 });
  running.cut();
  ending.abort();
  await run;
});

test('an image without a shell gets the plain command, and it is said', async () => {
  install('cilium-dbg', `${LISTENS}; while :; do echo verdict && sleep 0.05 || exit; done`);
  server = await startExecServer(folder, 'v5.channel.k8s.io');
  const { seen, handlers } = record();
  const ending = new AbortController();
  const run = monitorStream(execOver(server.url), AGENT, OPTIONS).run(handlers, ending.signal);
  await vi.waitFor(() => expect(server?.requests.at(-1)?.command[0]).toBe('cilium-dbg'), { timeout: 10_000 });
  expect(seen.notices[0]).toContain('no sh');
  for (const child of server.children) child.kill('SIGKILL');
  ending.abort();
  await run;
});

test.each(['SIGKILL', 'SIGSTOP'] as const)('nothing is left in the agent after the client got %s', async (signal) => {
  // Names of their own, so that zombies can be told from those of others.
  const names = { shell: `pssh-${process.pid}`, monitor: `psmon-${process.pid}` };
  symlinkSync('/bin/sh', join(folder, names.shell));
  symlinkSync('/usr/bin/tail', join(folder, names.monitor));
  install('cilium-dbg', `echo verdict; exec ${join(folder, names.monitor)} -f /dev/null`);
  const running = await start('v5.channel.k8s.io', join(folder, names.shell));
  const source = (path: string) => JSON.stringify(new URL(`../../src/${path}`, import.meta.url).href);
  const script = `
    const { monitorStream } = await import(${source('exec/monitor.ts')});
    const { openExec } = await import(${source('io/kube-exec.ts')});
    const { systemClock } = await import(${source('io/clock.ts')});
    const connection = { context: null, server: ${JSON.stringify(running.url)}, headers: async () => ({}), tls: { rejectUnauthorized: true } };
    const exec = { openExec: (...all) => openExec(connection, ...all), clock: systemClock, random: Math.random };
    const none = () => {};
    const handlers = { bytes: (data) => process.stdout.write(data), notice: none, state: none, facts: none, gap: none };
    await monitorStream(exec, ${JSON.stringify(AGENT)}, ${JSON.stringify(OPTIONS)}).run(handlers, new AbortController().signal);`;
  const client = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await new Promise((resolve) => client.stdout.once('data', resolve));
  await vi.waitFor(() => expect(named(names.shell, names.monitor)).toHaveLength(3), { timeout: 5_000 });
  client.kill(signal);
  // A stopped client is still connected: it is the server that gives it up.
  if (signal === 'SIGSTOP') running.cut();
  await vi.waitFor(() => expect(named(names.shell, names.monitor)).toEqual([]), { timeout: 5_000 });
  client.kill('SIGKILL');
});
