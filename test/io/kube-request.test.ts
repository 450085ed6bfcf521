/** Limits of one request: a server that takes connections and says nothing, with and without TLS, through a proxy. */
import type { Agent } from 'node:http';
import { Agent as SecureAgent } from 'node:https';
import { createServer } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import type { KubeConnection } from '../../src/io/kube-connection.ts';
import { proxyAgent } from '../../src/io/kube-proxy.ts';
import { createSender } from '../../src/io/kube-request.ts';
import { startConnectProxy, startServer } from './api-server.ts';

/** Vitest's own matcher is of type any. */
const within: unknown = expect.stringContaining('within 0.2 s');

const { signal } = new AbortController();

/** Takes connections and never says a word. */
async function silentPort(): Promise<number> {
  const server = createServer((socket) => void socket.on('error', () => undefined).resume());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const address = server.address();
  return address instanceof Object ? address.port : 0;
}

function connectionTo(server: string, agent: Agent, ca?: string): KubeConnection {
  const trusted = ca === undefined ? {} : { ca: Buffer.from(ca) };
  return {
    context: 'lab',
    server,
    headers: () => Promise.resolve({}),
    tls: { rejectUnauthorized: true, ...trusted },
    agent,
    renewCredentials: () => false,
  };
}

test('a handshake that nobody answers is given up', async () => {
  const server = `https://127.0.0.1:${await silentPort()}`;
  const asking = createSender(connectionTo(server, new SecureAgent({ keepAlive: true })), null, 200)(
    'GET',
    '/',
    null,
    signal,
  );
  const detail = 'it takes connections, but answers no TLS handshake within 0.2 s';
  await expect(asking).rejects.toMatchObject({ problem: { code: 'API_UNREACHABLE', context: 'lab', server, detail } });
});

test('so is one behind a proxy', async () => {
  const proxy = await startConnectProxy();
  const agent = await proxyAgent(new URL(`http://127.0.0.1:${proxy.port}`));
  const connection = connectionTo(`https://127.0.0.1:${await silentPort()}`, agent);
  const asking = createSender(connection, null, 200)('GET', '/', null, signal);
  await expect(asking).rejects.toMatchObject({
    problem: { code: 'API_UNREACHABLE', detail: within },
  });
});

test('a request timeout of the user replaces that limit', async () => {
  const connection = connectionTo(`https://127.0.0.1:${await silentPort()}`, new SecureAgent({ keepAlive: true }));
  const asking = createSender(connection, 400, 100)('GET', '/', null, signal);
  await expect(asking).rejects.toMatchObject({ problem: { detail: 'no answer within 0.4 s' } });
});

test.each([
  ['of our own', null],
  ['that was switched off', 0],
])('a slow answer after a quick handshake keeps within the limit %s', async (_, requestTimeoutMs) => {
  const server = await startServer(() => {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 400);
    return { body: 'late' };
  });
  const connection = connectionTo(`https://127.0.0.1:${server.port}`, new SecureAgent({ keepAlive: true }), server.ca);
  const send = createSender(connection, requestTimeoutMs, 300);
  expect(await send('GET', '/', null, signal)).toMatchObject({ status: 200, body: 'late' });
  // On the kept socket there is no handshake any more.
  expect(await send('GET', '/', null, signal)).toMatchObject({ status: 200, body: 'late' });
});
