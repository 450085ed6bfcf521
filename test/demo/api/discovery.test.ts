import * as v from 'valibot';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type CapturedCluster, capturedJson, capturedText, startCapturedCluster } from './captured-cluster.ts';

let cluster: CapturedCluster;
beforeAll(async () => {
  cluster = await startCapturedCluster();
});
afterAll(() => cluster.close());

const AGGREGATED = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json';

describe('discovery answers as the captured server does', () => {
  test.each([
    ['/apis', 'apis'],
    ['/api/v1', 'api-v1'],
    ['/apis/apps/v1', 'apis-apps-v1'],
    ['/apis/networking.k8s.io/v1', 'apis-networking-v1'],
    ['/apis/authorization.k8s.io/v1', 'apis-authorization-v1'],
    ['/version', 'version'],
  ])('%s, byte for byte', async (path, file) => {
    const reply = await cluster.ask(path);
    expect(reply.status).toBe(200);
    expect(reply.text).toBe(capturedText(`api/${file}.json`));
  });

  test.each([
    ['/api', 'api-aggregated'],
    ['/apis', 'apis-aggregated'],
  ])('%s aggregated, byte for byte', async (path, file) => {
    const reply = await cluster.ask(path, { headers: { Accept: AGGREGATED } });
    expect(reply.text).toBe(capturedText(`api/${file}.json`));
    expect(reply.headers['content-type']).toBe('application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList');
  });

  test('/apis/cilium.io/v2 has the same resources, in an order of its own', async () => {
    const List = v.looseObject({ resources: v.array(v.looseObject({ name: v.string() })) });
    const sorted = (body: unknown) => {
      const list = v.parse(List, body);
      return { ...list, resources: list.resources.toSorted((a, b) => a.name.localeCompare(b.name)) };
    };
    const reply = await cluster.json('/apis/cilium.io/v2');
    expect(sorted(reply)).toEqual(sorted(capturedJson('api/apis-cilium.io-v2.json')));
  });

  test('/api names the address that was asked', async () => {
    const host = new URL(cluster.api.url).host;
    const captured = capturedText('api/api.json').replace('10.90.0.1:6443', host);
    expect((await cluster.ask('/api')).text).toBe(captured);
  });

  test('a group that is not there is a plain 404', async () => {
    const reply = await cluster.ask('/apis/nosuch.example/v1/things');
    expect(reply.status).toBe(404);
    expect(reply.text).toBe(capturedText('api/no-such-group.json'));
    expect(reply.headers['content-type']).toBe('text/plain; charset=utf-8');
  });

  test.each(['/healthz', '/readyz', '/livez'])('%s is ok, without a token too', async (path) => {
    expect((await cluster.ask(path, { token: null })).text).toBe('ok');
  });

  test('programs get compact JSON that ends its line', async () => {
    const reply = await cluster.ask('/version', { headers: { 'User-Agent': 'kubectl/v1.35.2' } });
    expect(reply.text).toBe(`${JSON.stringify(capturedJson('api/version.json'))}\n`);
  });
});
