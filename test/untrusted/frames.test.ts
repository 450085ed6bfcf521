/** An exec whose other side keeps to no protocol: each frame is one channel's data, is left out, or ends the stream; never all of it kept. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import type { ExecEnd } from '../../src/exec/frames.ts';
import { openSession, runInAgent } from '../../src/exec/session.ts';
import { execOver } from '../exec/exec-over.ts';
import { problemOf } from '../problem-of.ts';

const AGENT = { node: 'node1', namespace: 'kube-system', pod: 'cilium-5l2dg', container: 'cilium-agent' };
const REQUEST = { ...AGENT, command: ['cilium', 'monitor'], stdin: true };
const { signal } = new AbortController();

/** What the other side sends, one frame after the other, when the exec is open. */
async function served(play: (socket: WebSocket) => void) {
  const sockets = new WebSocketServer({ noServer: true, handleProtocols: () => 'v5.channel.k8s.io' });
  const server = createServer();
  server.on('upgrade', (request, stream, head) => sockets.handleUpgrade(request, stream, head, play));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    for (const socket of sockets.clients) socket.terminate();
    await new Promise((resolve) => server.close(resolve));
  });
  const address: AddressInfo | string | null = server.address();
  const url = `http://127.0.0.1:${address instanceof Object ? address.port : 0}`;
  return execOver(url);
}

function frame(channel: number, data: string | Uint8Array): Buffer {
  return Buffer.concat([Buffer.of(channel), Buffer.from(data)]);
}

async function heard(play: (socket: WebSocket) => void): Promise<{ out: string; err: string; end: ExecEnd }> {
  let [out, err] = ['', ''];
  const output = {
    stdout: (data: Uint8Array) => {
      out += Buffer.from(data).toString();
    },
    stderr: (data: Uint8Array) => {
      err += Buffer.from(data).toString();
    },
  };
  const session = await openSession(await served(play), REQUEST, output, signal);
  return { end: await session.ended, out, err };
}

const SUCCESS = '{"status":"Success"}';

test.each<[string, (socket: WebSocket) => void, string, ExecEnd]>([
  [
    'unknown channels and empty frames',
    (socket) => {
      for (const channel of [0, 4, 7, 128, 254, 255]) socket.send(frame(channel, 'not for us'));
      socket.send(Buffer.alloc(0));
      for (const channel of [1, 2, 3]) socket.send(frame(channel, ''));
      socket.send(frame(1, 'a line\n'));
      socket.send(frame(3, SUCCESS));
      socket.close(1000);
    },
    'a line\n',
    { kind: 'exited', exitCode: 0 },
  ],
  [
    'text where bytes should be',
    (socket) => {
      socket.send('\u0001a line\n');
      socket.send(`\u0003${SUCCESS}`);
      socket.close(1000);
    },
    'a line\n',
    { kind: 'exited', exitCode: 0 },
  ],
  [
    'a status that is no JSON',
    (socket) => {
      socket.send(frame(3, '<html>\u001b[2J'));
      socket.close(1000);
    },
    '',
    { kind: 'error', message: '<html>\u001b[2J' },
  ],
  [
    'a status of other types',
    (socket) => {
      socket.send(frame(3, '{"status":{"a":[1]},"message":5}'));
      socket.close(1000);
    },
    '',
    { kind: 'error', message: '{"status":{"a":[1]},"message":5}' },
  ],
  [
    'an exit code that is none',
    (socket) => {
      const details = { causes: [{ reason: 'ExitCode', message: '1e99' }] };
      socket.send(frame(3, JSON.stringify({ status: 'Failure', reason: 'NonZeroExitCode', message: 'm', details })));
      socket.close(1000);
    },
    '',
    { kind: 'error', message: 'm' },
  ],
  [
    'a status in pieces, and data after it',
    (socket) => {
      socket.send(frame(3, SUCCESS.slice(0, 5)));
      socket.send(frame(1, 'late\n'));
      socket.send(frame(3, SUCCESS.slice(5)));
      socket.close(1000);
    },
    'late\n',
    { kind: 'exited', exitCode: 0 },
  ],
  ['no status', (socket) => socket.close(1000, 'bye'), '', { kind: 'lost', code: 1000, reason: 'bye' }],
])('%s', async (_, play, out, end) => {
  expect(await heard(play)).toEqual({ out, err: '', end });
});

test('a frame larger than any that Kubernetes sends ends the stream', async () => {
  const { out, end } = await heard((socket) => socket.send(frame(1, Buffer.alloc(64 * 1024 * 1024, 'x'))));
  expect(out).toBe('');
  expect(end).toMatchObject({ kind: 'lost' });
});

test('a status without an end is not kept', async () => {
  const piece = 'x'.repeat(1024 * 1024);
  const { end } = await heard((socket) => {
    for (let sent = 0; sent < 20; sent += 1) socket.send(frame(3, piece));
    socket.close(1000);
  });
  expect(end).toEqual({ kind: 'error', message: 'x'.repeat(200) });
});

test('output without an end of a command that should end is given up', async () => {
  const piece = frame(1, 'x'.repeat(1024 * 1024));
  let sent = 0;
  const exec = await served((socket) => {
    const more = () => {
      if (socket.readyState !== socket.OPEN) return;
      sent += piece.length;
      socket.send(piece, more);
    };
    more();
  });
  const problem = await problemOf(runInAgent(exec, AGENT, ['cilium', 'identity', 'list'], signal));
  expect(problem).toMatchObject({ code: 'AGENT_COMMAND_FAILED', detail: 'more than 67108864 bytes' });
  expect(sent).toBeLessThan(256 * 1024 * 1024);
});
