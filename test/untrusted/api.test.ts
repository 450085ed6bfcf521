/** An API server that means harm, or is none: each answer is read, refused in one clear problem, or left out; never all of it kept. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { expect, onTestFinished, test } from 'vitest';
import { connectKube } from '../../src/io/kube.ts';
import { ANSWER_MAX_BYTES } from '../../src/io/kube-request.ts';
import type { KubeApi, Resource } from '../../src/model/kubernetes.ts';
import { kubeconfig, type Script, startPlainServer } from '../io/api-server.ts';
import { problemOf } from '../problem-of.ts';

const PODS: Resource = { group: '', version: 'v1', plural: 'pods' };
const { signal } = new AbortController();

async function answering(script: Script): Promise<{ kube: KubeApi; asked: readonly unknown[] }> {
  const { port, asked } = await startPlainServer(script);
  return { kube: await connected(port), asked };
}

async function connected(port: number): Promise<KubeApi> {
  return connectKube({ env: {}, kubeconfig: kubeconfig({ server: `http://127.0.0.1:${port}` }) });
}

const NESTED = 200_000;

test.each<[string, unknown]>([
  ['a page for people', '<html>log in</html>'],
  ['nothing', ''],
  ['a list of the wrong type', { items: { a: 1 } }],
  ['a number', 7],
  ['a token that is no text', { items: [], metadata: { continue: 5 } }],
  ['nesting without an end', '['.repeat(NESTED)],
  ['nesting', '['.repeat(NESTED) + ']'.repeat(NESTED)],
])('%s is no list', async (_, body) => {
  const { kube } = await answering(() => ({ body }));
  expect(await problemOf(kube.list(PODS, {}, signal))).toMatchObject({ code: 'API_ERROR', status: 200 });
});

test('objects that are none are handed on as they are, for whoever knows what they should be', async () => {
  const nested: unknown = JSON.parse('['.repeat(500) + ']'.repeat(500));
  const items = [null, 3, 'x', [], { metadata: null }, { a: nested }];
  const { kube } = await answering(() => ({ body: { items } }));
  expect(await kube.list(PODS, {}, signal)).toEqual(items);
});

test('a list that goes on and on is given up', async () => {
  const same = await answering(() => ({ body: { items: [{}], metadata: { continue: 'more' } } }));
  expect(await problemOf(same.kube.list(PODS, {}, signal))).toMatchObject({
    code: 'API_ERROR',
    detail: 'the list does not end',
  });
  expect(same.asked).toHaveLength(2);
  let page = 0;
  const other = await answering(() => {
    page += 1;
    return { body: { items: [{}], metadata: { continue: `page ${page}` } } };
  });
  expect(await problemOf(other.kube.list(PODS, {}, signal))).toMatchObject({ detail: 'the list does not end' });
}, 60_000);

test('an answer without an end is given up before it fills the memory', async () => {
  const piece = Buffer.alloc(1024 * 1024, 'x');
  let sent = 0;
  const closed = Promise.withResolvers<undefined>();
  const server = createServer((_, response) => {
    const more = () => {
      while (!response.destroyed) {
        sent += piece.length;
        if (!response.write(piece)) return;
      }
    };
    response.on('drain', more);
    response.on('close', () => closed.resolve(undefined));
    response.writeHead(200);
    more();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => new Promise((resolve) => server.close(() => resolve())));
  const address: AddressInfo | string | null = server.address();
  const kube = await connected(address instanceof Object ? address.port : 0);
  expect(await problemOf(kube.list(PODS, {}, signal))).toMatchObject({
    code: 'API_ERROR',
    status: 200,
    detail: 'its answer has more than 64 MiB',
  });
  await closed.promise;
  expect(sent).toBeLessThan(ANSWER_MAX_BYTES * 1.5);
});

test('an answer that unpacks to far more than it is', async () => {
  const body = gzipSync(Buffer.alloc(ANSWER_MAX_BYTES + 1, '['));
  expect(body.length).toBeLessThan(ANSWER_MAX_BYTES / 100);
  const { kube } = await answering(() => ({ headers: { 'content-encoding': 'gzip' }, body }));
  expect(await problemOf(kube.get(PODS, 'x', 'default', signal))).toMatchObject({
    code: 'API_ERROR',
    detail: 'its answer has more than 64 MiB',
  });
});

test('an answer that says it is packed and is not', async () => {
  const { kube } = await answering(() => ({ headers: { 'content-encoding': 'gzip' }, body: '{"items":[]}' }));
  expect(await problemOf(kube.list(PODS, {}, signal))).toMatchObject({ code: 'API_UNREACHABLE' });
});
