import { Agent } from 'node:http';
import { createServer } from 'node:net';
import { expect, test } from 'vitest';
import { openExec } from '../../src/io/kube-exec.ts';

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
  const request = {
    namespace: 'kube-system',
    pod: 'cilium',
    container: 'cilium-agent',
    command: ['true'],
    stdin: false,
  };
  const none = () => expect.unreachable('nothing was opened');
  const ending = new AbortController();
  const opening = openExec(connection, request, { frame: none, pong: none, closed: none }, ending.signal);
  await Promise.race([opened.promise, opening]);
  ending.abort(new Error('stop'));
  await expect(opening).rejects.toThrow('stop');
  await gone.promise;
  await new Promise((resolve) => server.close(resolve));
});
