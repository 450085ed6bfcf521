import { Agent } from 'node:http';
import { Agent as SecureAgent } from 'node:https';
import { createServer } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { openExec } from '../../src/io/kube-exec.ts';

const request = { namespace: 'kube-system', pod: 'cilium', container: 'cilium-agent', command: ['true'], stdin: false };
/** Vitest's own matcher is of type any. */
const within: unknown = expect.stringContaining('within 0.2 s');
const none = () => expect.unreachable('nothing was opened');

test.each(['http', 'https'])('%s that takes the connection and says nothing is given up', async (scheme) => {
  const server = createServer((socket) => void socket.on('error', () => undefined).resume());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const address = server.address();
  const url = `${scheme}://127.0.0.1:${address instanceof Object ? address.port : 0}`;
  const connection = {
    context: 'lab',
    server: url,
    headers: () => Promise.resolve({}),
    tls: { rejectUnauthorized: true },
    agent: scheme === 'https' ? new SecureAgent() : new Agent(),
  };
  const opening = openExec(
    connection,
    request,
    { frame: none, pong: none, closed: none },
    new AbortController().signal,
    200,
  );
  await expect(opening).rejects.toMatchObject({
    problem: { code: 'API_UNREACHABLE', context: 'lab', server: url, detail: within },
  });
});

test('an abort ends a handshake that nobody answers, and its connection', async () => {
  const opened = Promise.withResolvers<undefined>();
  const gone = Promise.withResolvers<undefined>();
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.resume();
    socket.once('close', () => gone.resolve(undefined));
    opened.resolve(undefined);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = address instanceof Object ? address.port : 0;
  const headers = () => Promise.resolve({});
  const connection = {
    context: null,
    server: `http://127.0.0.1:${port}`,
    headers,
    tls: { rejectUnauthorized: true },
    agent: new Agent(),
  };
  const ending = new AbortController();
  const opening = openExec(connection, request, { frame: none, pong: none, closed: none }, ending.signal);
  await Promise.race([opened.promise, opening]);
  ending.abort(new Error('stop'));
  await expect(opening).rejects.toThrow('stop');
  await gone.promise;
  await new Promise((resolve) => server.close(resolve));
});
