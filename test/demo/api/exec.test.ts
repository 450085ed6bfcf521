import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import type { WebSocket } from 'ws';
import { type CapturedCluster, capturedLines, capturedText, startCapturedCluster } from './captured-cluster.ts';

let cluster: CapturedCluster;
beforeAll(async () => {
  cluster = await startCapturedCluster();
});
afterEach(() => {
  cluster.api.faults.allowAll();
  for (const pid of cluster.api.processes()) process.kill(pid, 'SIGKILL');
});
afterAll(() => cluster.close());

interface Seen {
  event: string;
  channel?: number;
  text?: string;
  protocol?: string;
  code?: number;
}

interface Exec {
  readonly socket: WebSocket;
  readonly seen: Seen[];
  readonly closed: Promise<void>;
  /** Everything that came on one channel. */
  text(channel: number): string;
}

function execPath(pod: string, command: readonly string[], flags: readonly string[], container = ''): string {
  const query = new URLSearchParams(command.map((word): [string, string] => ['command', word]));
  for (const flag of flags) query.set(flag, 'true');
  if (container !== '') query.set('container', container);
  return `/api/v1/namespaces/default/pods/${pod}/exec?${query.toString()}`;
}

function exec(command: readonly string[], flags: readonly string[], protocol = 'v5.channel.k8s.io'): Exec {
  const socket = cluster.websocket(execPath('xwing', command, ['stdout', ...flags]), [protocol]);
  const seen: Seen[] = [];
  socket.on('open', () => seen.push({ event: 'open', protocol: socket.protocol }));
  socket.on('message', (message) => {
    const data = Buffer.isBuffer(message) ? message : Buffer.alloc(0);
    seen.push({ event: 'frame', channel: data[0] ?? -1, text: data.subarray(1).toString('utf8') });
  });
  const closed = new Promise<void>((resolve, reject) => {
    socket.on('error', reject);
    socket.on('close', (code) => {
      seen.push({ event: 'close', code });
      resolve();
    });
  });
  const text = (channel: number) =>
    seen.flatMap((frame) => (frame.channel === channel ? [frame.text ?? ''] : [])).join('');
  return { socket, seen, closed, text };
}

const Frame = v.looseObject({
  event: v.string(),
  channel: v.optional(v.number()),
  text: v.optional(v.string()),
  protocol: v.optional(v.string()),
  code: v.optional(v.number()),
});

/** The order between stdout and stderr is chance, and the id in containerd's words is random. */
function comparable(frames: readonly unknown[]): unknown[] {
  const plain = frames.map((frame) => v.parse(Frame, frame));
  return plain
    .filter(({ event }) => event !== 'sent')
    .map(({ event, channel, text, protocol, code }) => ({
      event,
      ...(channel === undefined ? {} : { channel, text: text?.replace(/[0-9a-f]{64}/g, 'ID') }),
      ...(protocol === undefined ? {} : { protocol }),
      ...(code === undefined ? {} : { code }),
    }))
    .toSorted((a, b) => (a.text === 'out\n' && b.text === 'err\n' ? -1 : 0));
}

const ok = `sleep 0.05; echo 'Client: 1.19.0-dev e8aa78a5e4 2025-10-30T18:12:28+00:00 go version go1.27.3 linux/amd64'; sleep 0.05; echo 'Daemon: 1.19.0-dev e8aa78a5e4 2025-10-30T18:12:28+00:00 go version go1.27.3 linux/amd64'`;

describe('frames are the captured ones', () => {
  test.each([
    ['v5-ok', ['sh', '-c', ok], 'v5.channel.k8s.io'],
    ['v4-ok', ['sh', '-c', ok], 'v4.channel.k8s.io'],
    ['v5-exit-3', ['sh', '-c', 'echo out; echo err >&2; exit 3'], 'v5.channel.k8s.io'],
    ['v4-exit-3', ['sh', '-c', 'echo out; echo err >&2; exit 3'], 'v4.channel.k8s.io'],
    ['v5-no-such-program', ['/nosuch'], 'v5.channel.k8s.io'],
    ['v4-no-such-program', ['/nosuch'], 'v4.channel.k8s.io'],
  ])('%s', async (file, command, protocol) => {
    const run = exec(command, ['stderr'], protocol);
    await run.closed;
    expect(comparable(run.seen)).toEqual(comparable(capturedLines(`api/exec-frames/${file}.jsonl`)));
  });

  test('v5-stdin: what is sent comes back, and closing stdin ends the program', async () => {
    const run = exec(['cat'], ['stdin', 'stderr']);
    await vi.waitFor(() => expect(run.seen).toHaveLength(2));
    run.socket.send(Buffer.from('\0hello\n'));
    await vi.waitFor(() => expect(run.text(1)).toBe('hello\n'));
    run.socket.send(Buffer.of(255, 0));
    await run.closed;
    expect(comparable(run.seen)).toEqual(comparable(capturedLines('api/exec-frames/v5-stdin.jsonl')));
  });
});

/** Status line, and the body where there is one; ids and times in the headers are the server's own. */
function httpParts(reply: string): [string | undefined, string] {
  const [head = '', ...body] = reply.split('\r\n\r\n');
  return [head.split('\r\n')[0], body.join('\r\n\r\n').replace(/[0-9a-f]{64}/g, 'ID')];
}

const CLOSE_1000 = Buffer.of(0x88, 2, 0x03, 0xe8);

async function rawHandshake(path: string, headers: readonly string[]): Promise<string> {
  const socket = cluster.raw();
  const lines = [
    `GET ${path} HTTP/1.1`,
    'Host: demo',
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    `Authorization: Bearer ${cluster.api.token}`,
    ...headers,
  ];
  socket.write(`${lines.join('\r\n')}\r\n\r\n`);
  const chunks: Buffer[] = [];
  for await (const chunk of socket) {
    if (Buffer.isBuffer(chunk)) chunks.push(chunk);
    // A bare client does not answer the close frame, for which the server would wait.
    if (Buffer.concat(chunks).subarray(-4).equals(CLOSE_1000)) break;
  }
  return Buffer.concat(chunks).toString('utf8');
}

describe('handshakes are the captured ones', () => {
  const v5 = ['Sec-WebSocket-Protocol: v5.channel.k8s.io'];
  const agent = (query: string) => `/api/v1/namespaces/kube-system/pods/cilium-5l2dg/exec?stdout=true&${query}`;

  test('accepted, byte for byte', async () => {
    const reply = await rawHandshake(execPath('xwing', ['sh', '-c', ':'], ['stdout']), v5);
    expect(reply).toBe(capturedText('api/exec-handshake-ok.http'));
  });

  test('no such pod', async () => {
    const reply = await rawHandshake('/api/v1/namespaces/kube-system/pods/nosuch/exec?command=sh&stdout=true', v5);
    expect(httpParts(reply)).toEqual(httpParts(capturedText('api/exec-no-pod.http')));
  });

  test('no such container', async () => {
    const reply = await rawHandshake(agent('command=sh&container=nosuch'), v5);
    expect(httpParts(reply)).toEqual(httpParts(capturedText('api/exec-no-container.http')));
  });

  test('no protocol that is known', async () => {
    const reply = await rawHandshake(agent('command=sh&container=cilium-agent'), ['Sec-WebSocket-Protocol: nonsense']);
    expect(reply).toBe(capturedText('api/exec-bad-protocol.http'));
  });

  test('forbidden: get, which the request itself needs', async () => {
    cluster.api.faults.forbid({ verb: '*', resource: 'pods/exec', namespace: 'kube-system' });
    const headers = [...v5, 'Impersonate-User: system:serviceaccount:default:viewer'];
    const reply = await rawHandshake(agent('command=sh&container=cilium-agent'), headers);
    expect(httpParts(reply)).toEqual(httpParts(capturedText('api/exec-forbidden.http')));
  });

  test('forbidden: create, which an exec needs', async () => {
    cluster.api.faults.forbid({ verb: 'create', resource: 'pods/exec' });
    const reply = await rawHandshake(agent('command=sh&container=cilium-agent'), v5);
    expect(reply).toContain('cannot create resource \\"pods/exec\\"');
  });

  test('no command', async () => {
    const reply = await rawHandshake(agent('container=cilium-agent'), v5);
    expect(httpParts(reply)).toEqual(httpParts(capturedText('api/exec-no-command.http')));
  });

  test('a token that is not known', async () => {
    const socket = cluster.websocket(execPath('xwing', ['sh'], ['stdout']), ['v5.channel.k8s.io'], {
      Authorization: 'Bearer nonsense',
    });
    const status = await new Promise((resolve) => {
      socket.on('error', () => undefined);
      socket.on('unexpected-response', (_request, response) => {
        resolve(response.statusCode);
        response.destroy();
      });
    });
    expect(status).toBe(401);
  });
});

describe('what a program sees', () => {
  test('only the programs of its container, and its environment', async () => {
    const run = exec(['sh', '-c', 'echo "$DEMO $PATH"; ls'], ['stderr']);
    await run.closed;
    expect(run.text(1)).toBe(`1 ${cluster.folder}\n`);
    expect(run.text(3)).toContain('exit code 127');
  });

  test('nothing to read where stdin is not asked for', async () => {
    const run = exec(['cat'], []);
    await run.closed;
    expect(run.text(3)).toBe('{"metadata":{},"status":"Success"}');
  });

  test('a program that a signal ended counts as a shell counts', async () => {
    const run = exec(['sh', '-c', 'kill -9 $$'], []);
    await run.closed;
    expect(run.text(3)).toContain('exit code 137');
  });

  test('a name that is not on the PATH is said as runc says it', async () => {
    const run = exec(['nosuch'], []);
    await run.closed;
    expect(run.text(3)).toContain('exec: \\"nosuch\\": executable file not found in $PATH: unknown');
  });
});

describe('a terminal', () => {
  test('echoes, ends lines with CR LF, merges stderr into stdout, and turns Ctrl-C into a signal', async () => {
    const run = exec(['sh', '-c', 'echo oops >&2; cat'], ['stdin', 'stderr', 'tty']);
    await vi.waitFor(() => expect(run.text(1)).toBe('oops\r\n'));
    run.socket.send(Buffer.from('\0hex\x7fy\r'));
    await vi.waitFor(() => expect(run.text(1)).toBe('oops\r\nhex\b \by\r\nhey\r\n'));
    run.socket.send(Buffer.from('\x04{"Width":80,"Height":24}'));
    run.socket.send(Buffer.from('\0\x03'));
    await run.closed;
    expect(run.text(2)).toBe('');
    expect(run.text(3)).toContain('exit code 130');
  });

  test('Ctrl-D ends the input', async () => {
    const run = exec(['cat'], ['stdin', 'tty']);
    await vi.waitFor(() => expect(run.seen).toHaveLength(2));
    run.socket.send(Buffer.from('\0\x04'));
    await run.closed;
    expect(run.text(3)).toContain('Success');
  });
});

/** The life-line of formats.md, section 10. */
const LIFELINE = `exec 3<&0; "$@" </dev/null 3<&- & M=$!
{ while read -r x <&3; do :; done; kill $M; } >/dev/null 2>&1 & W=$!
wait $M; R=$?; kill $W 2>/dev/null; wait $W 2>/dev/null; exit $R`;

describe('when the client goes away', () => {
  test('a program that does not look at stdin stays', async () => {
    const run = exec(['sh', '-c', 'echo ready; sleep 60; :'], ['stdin']);
    await vi.waitFor(() => expect(run.text(1)).toBe('ready\n'));
    run.socket.terminate();
    await run.closed;
    // The shell's end of the line is closed by now: a second exec has come and gone behind it.
    await exec(['sh', '-c', ':'], []).closed;
    expect(cluster.api.processes()).toHaveLength(2);
  });

  test('one that writes is held up and stays', async () => {
    const run = exec(['yes'], []);
    await vi.waitFor(() => expect(run.text(1).length).toBeGreaterThan(1000));
    run.socket.terminate();
    await run.closed;
    await exec(['sh', '-c', ':'], []).closed;
    expect(cluster.api.processes()).toHaveLength(1);
  });

  test.each(['terminate', 'close'] as const)('one behind a life-line is gone: %s', async (how) => {
    const run = exec(['sh', '-c', LIFELINE, 'policystat', 'sh', '-c', 'echo ready; exec sleep 60'], ['stdin']);
    await vi.waitFor(() => expect(run.text(1)).toBe('ready\n'));
    expect(cluster.api.processes().length).toBeGreaterThan(2);
    run.socket[how]();
    await run.closed;
    await vi.waitFor(() => expect(cluster.api.processes()).toEqual([]));
  });
});

describe('a client that does not read', () => {
  test('holds the program up and loses nothing', async () => {
    const progress = join(cluster.folder, 'progress');
    const script = `i=0; while [ $i -lt 400 ]; do printf '%65536s'; i=$((i+1)); echo $i > ${progress}; done`;
    const run = exec(['sh', '-c', script], []);
    run.socket.on('message', () => run.socket.pause());
    const written = () => readFileSync(progress, 'utf8').trim();
    // Held up is what does not move from one look to the next.
    let last = '';
    await vi.waitFor(
      () => {
        const before = last;
        last = written();
        expect(last).toBe(before);
        expect(last).not.toBe('');
      },
      { interval: 300, timeout: 20_000 },
    );
    expect(Number(last)).toBeLessThan(400);
    run.socket.removeAllListeners('message');
    let received = 0;
    run.socket.on('message', (data) => (received += Buffer.isBuffer(data) && data[0] === 1 ? data.length - 1 : 0));
    const before = run.text(1).length;
    run.socket.resume();
    await run.closed;
    expect(before + received).toBe(400 * 65536);
  });
});
