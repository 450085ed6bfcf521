import * as v from 'valibot';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  ANY_TEXT,
  type CapturedCluster,
  capturedJson,
  capturedText,
  ENDPOINTS,
  parseJson,
  startCapturedCluster,
  toKubeObject,
  withoutVersions,
} from './captured-cluster.ts';

let cluster: CapturedCluster;
beforeAll(async () => {
  cluster = await startCapturedCluster();
});
afterAll(() => cluster.close());

const TABLE = 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json';
const Names = v.object({ items: v.array(v.object({ metadata: v.object({ name: v.string() }) })) });

async function names(query: string): Promise<string[]> {
  return v.parse(Names, await cluster.json(query)).items.map((item) => item.metadata.name);
}

describe('lists', () => {
  test('by node, byte for byte', async () => {
    const reply = await cluster.ask(
      '/api/v1/namespaces/kube-system/pods?labelSelector=k8s-app%3Dcilium&fieldSelector=spec.nodeName%3Dk8s-node1',
    );
    expect(withoutVersions(reply.text)).toBe(withoutVersions(capturedText('api/pods-by-node.json')));
  });

  test('in pages, byte for byte', async () => {
    const Page = v.object({ metadata: v.object({ continue: v.optional(v.string(), '') }) });
    const first = await cluster.ask('/api/v1/pods?limit=2');
    expect(withoutVersions(first.text)).toBe(withoutVersions(capturedText('api/pods-page1.json')));
    const token = v.parse(Page, parseJson(first.text)).metadata.continue;
    const second = await cluster.ask(`/api/v1/pods?limit=2&continue=${token}`);
    expect(withoutVersions(second.text)).toBe(withoutVersions(capturedText('api/pods-page2.json')));
    const next = v.parse(Page, parseJson(second.text)).metadata.continue;
    const last = v.parse(Page, await cluster.json(`/api/v1/pods?limit=4&continue=${next}`));
    expect(last.metadata.continue).toBe('');
  });

  test('a selection in pages does not say how much is left', async () => {
    const page = await cluster.json('/api/v1/pods?limit=1&labelSelector=org');
    expect(page).toMatchObject({ metadata: { continue: ANY_TEXT } });
    expect(page).not.toHaveProperty('metadata.remainingItemCount');
  });

  test.each([
    ['class=deathstar', 2],
    ['class==deathstar,org!=alliance', 2],
    ['class in (tiefighter, xwing)', 2],
    ['class notin (tiefighter,xwing),org', 2],
    ['!org', 4],
    ['org', 4],
    ['nosuch=', 0],
  ])('labelSelector %s', async (selector, count) => {
    expect(await names(`/api/v1/pods?labelSelector=${encodeURIComponent(selector)}`)).toHaveLength(count);
  });

  test.each([
    ['metadata.name=xwing', 1],
    ['metadata.namespace!=default', 4],
    ['spec.nodeName=k8s-node2,status.phase=Running', 4],
    ['status.phase!=Running', 0],
  ])('fieldSelector %s', async (selector, count) => {
    expect(await names(`/api/v1/pods?fieldSelector=${encodeURIComponent(selector)}`)).toHaveLength(count);
  });

  test('a resource that is known and empty is an empty list', async () => {
    expect(await cluster.json('/apis/networking.k8s.io/v1/networkpolicies')).toMatchObject({
      kind: 'NetworkPolicyList',
      apiVersion: 'networking.k8s.io/v1',
      items: [],
    });
  });
});

describe('errors are the captured ones', () => {
  test.each([
    ['/api/v1/namespaces/default/pods/nosuch', 404, 'pod-not-found'],
    ['/api/v1/pods?limit=2&continue=xyz', 400, 'bad-continue'],
    ['/api/v1/pods?labelSelector=%3Dbad', 400, 'bad-selector'],
  ])('%s', async (path, status, file) => {
    const reply = await cluster.ask(path);
    expect(reply.status).toBe(status);
    expect(reply.text).toBe(capturedText(`api/${file}.json`));
  });

  test('a field that cannot be selected by', async () => {
    const reply = await cluster.json('/api/v1/pods?fieldSelector=spec.foo%3D1');
    expect(reply).toMatchObject({ code: 400, message: 'field label not supported: spec.foo' });
  });

  test('a page token from before the history is too old', async () => {
    const { metadata } = v.parse(
      v.object({ metadata: v.object({ continue: v.string() }) }),
      await cluster.json('/api/v1/pods?limit=2'),
    );
    cluster.store.compact();
    expect(await cluster.json(`/api/v1/pods?continue=${metadata.continue}`)).toMatchObject({ code: 410 });
  });
});

const Table = v.object({
  kind: v.literal('Table'),
  columnDefinitions: v.array(v.looseObject({ name: v.string(), type: v.string(), priority: v.number() })),
  rows: v.array(v.object({ cells: v.array(v.unknown()), object: v.optional(v.unknown()) })),
});

/** Without the descriptions of the columns. */
function tableOf(body: unknown): unknown {
  const { columnDefinitions, rows } = v.parse(Table, body);
  const columns = columnDefinitions.map(({ name, type, format, priority }) => ({ name, type, format, priority }));
  return { columns, rows: parseJson(withoutVersions(JSON.stringify(rows))) };
}

describe('server-side tables', () => {
  test('of pods', async () => {
    const path = '/api/v1/namespaces/default/pods?labelSelector=class%3Ddeathstar';
    const reply = await cluster.json(path, { headers: { Accept: TABLE } });
    expect(tableOf(reply)).toEqual(tableOf(capturedJson('api/pods-table.json')));
  });

  test('of Cilium endpoints', async () => {
    const captured = capturedJson('api/ciliumendpoints-table.json');
    const fresh = await startCapturedCluster();
    try {
      // The endpoints of `static/` had other addresses, so those of the watch's beginning are put in their place.
      for (const line of capturedText('api/watch-ciliumendpoints-initial-events.jsonl').split('\n').slice(0, 4)) {
        fresh.store.put(ENDPOINTS, toKubeObject(v.parse(v.object({ object: v.unknown() }), parseJson(line)).object));
      }
      const path = '/apis/cilium.io/v2/namespaces/default/ciliumendpoints';
      const reply = await fresh.json(path, { headers: { Accept: TABLE } });
      expect(tableOf(reply)).toEqual(tableOf(captured));
    } finally {
      await fresh.close();
    }
  });

  test('without objects where none are wanted', async () => {
    const reply = await cluster.json('/api/v1/nodes?includeObject=None', { headers: { Accept: TABLE } });
    expect(v.parse(Table, reply).rows.map((row) => row.object)).toEqual([undefined, undefined]);
  });
});
