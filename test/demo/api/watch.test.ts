import { createInterface } from 'node:readline';
import * as v from 'valibot';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { StoreChange } from '../../../src/demo/api/store.ts';
import {
  type CapturedCluster,
  capturedLines,
  ENDPOINTS,
  PODS,
  parseJson,
  startCapturedCluster,
  toKubeObject,
  withoutVersions,
} from './captured-cluster.ts';

let cluster: CapturedCluster;
beforeEach(async () => {
  cluster = await startCapturedCluster();
});
afterEach(() => cluster.close());

const Event = v.looseObject({
  type: v.string(),
  object: v.looseObject({ metadata: v.optional(v.looseObject({ name: v.optional(v.string()) })) }),
});
type Event = v.InferOutput<typeof Event>;

/** Opens a watch and hands out its events one by one. */
async function watch(
  path: string,
): Promise<{ next(): Promise<Event>; take(count: number): Promise<Event[]>; end(): void }> {
  const response = await cluster.open(path);
  const lines = createInterface({ input: response })[Symbol.asyncIterator]();
  const next = async () => {
    const line = await lines.next();
    return v.parse(Event, line.done === true ? null : parseJson(line.value));
  };
  return {
    next,
    async take(count) {
      const events: Event[] = [];
      while (events.length < count) events.push(await next());
      return events;
    },
    end: () => response.destroy(),
  };
}

const summary = ({ type, object }: Event) => [type, object.metadata?.name];

describe('a watch of Cilium endpoints', () => {
  test('is the captured one: initial events, their end, a pod that is replaced, bookmark', async () => {
    const captured = capturedLines('api/watch-ciliumendpoints-initial-events.jsonl').map((line) =>
      v.parse(Event, line),
    );
    for (const object of cluster.store.list(ENDPOINTS)) {
      cluster.store.remove(ENDPOINTS, object.metadata.namespace ?? null, object.metadata.name);
    }
    for (const { object } of captured.slice(0, 4)) cluster.store.put(ENDPOINTS, toKubeObject(object));
    const stream = await watch(
      '/apis/cilium.io/v2/namespaces/default/ciliumendpoints?watch=true&sendInitialEvents=true&allowWatchBookmarks=true&resourceVersionMatch=NotOlderThan&timeoutSeconds=1',
    );
    const begun = await stream.take(5);
    cluster.store.remove(ENDPOINTS, 'default', 'deathstar-77dd4fb786-pjs8v');
    cluster.store.put(ENDPOINTS, toKubeObject(captured[6]?.object));
    const events = [...begun, ...(await stream.take(3))];
    const comparable = (list: Event[]) => list.map((event) => parseJson(withoutVersions(JSON.stringify(event))));
    expect(comparable(events)).toEqual(comparable(captured.slice(0, 8)));
  });
});

describe('a watch of pods', () => {
  test('from a version on brings what came after it, with new versions', async () => {
    const before = cluster.store.revision();
    cluster.store.remove(PODS, 'default', 'xwing');
    const stream = await watch(`/api/v1/namespaces/default/pods?watch=true&resourceVersion=${before}`);
    const event = await stream.next();
    expect(summary(event)).toEqual(['DELETED', 'xwing']);
    expect(event.object.metadata?.resourceVersion).toBe(String(before + 1));
    stream.end();
  });

  test('with a selector sees objects come and go', async () => {
    const query = new URLSearchParams({
      watch: 'true',
      labelSelector: 'class=xwing',
      resourceVersion: String(cluster.store.revision()),
    });
    const stream = await watch(`/api/v1/pods?${query.toString()}`);
    const pod = toKubeObject(cluster.store.get(PODS, 'default', 'xwing'));
    const labelled = (ship: string) => ({
      ...pod,
      metadata: { ...pod.metadata, labels: { ...pod.metadata.labels, class: ship } },
    });
    cluster.store.put(PODS, labelled('tie'));
    cluster.store.put(PODS, labelled('xwing'));
    cluster.store.put(PODS, { ...labelled('xwing'), status: { phase: 'Failed' } });
    expect((await stream.take(3)).map(summary)).toEqual([
      ['DELETED', 'xwing'],
      ['ADDED', 'xwing'],
      ['MODIFIED', 'xwing'],
    ]);
    stream.end();
  });

  test('from too old a version is told 410 in the stream', async () => {
    const stream = await watch('/api/v1/pods?watch=true&resourceVersion=1');
    const revision = cluster.store.revision();
    expect(await stream.next()).toEqual({
      type: 'ERROR',
      object: {
        kind: 'Status',
        apiVersion: 'v1',
        metadata: {},
        status: 'Failure',
        message: `too old resource version: 1 (${revision})`,
        reason: 'Expired',
        code: 410,
      },
    });
  });

  test('ends with a bookmark when its time is up', async () => {
    const query = `resourceVersion=${cluster.store.revision()}&timeoutSeconds=1&allowWatchBookmarks=true`;
    const reply = await cluster.ask(`/api/v1/pods?watch=1&${query}`);
    expect(withoutVersions(reply.text)).toBe(
      '{"type":"BOOKMARK","object":{"kind":"Pod","apiVersion":"v1","metadata":{"resourceVersion":"N"},"spec":{"containers":null},"status":{}}}\n',
    );
  });

  test('cannot ask for initial events without saying how new they must be', async () => {
    expect((await cluster.ask('/api/v1/pods?watch=1&sendInitialEvents=true')).status).toBe(422);
  });
});

describe('the history of the store', () => {
  test('reaches back a thousand changes', () => {
    const config = toKubeObject({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'c', namespace: 'default' } });
    const resource = { ...PODS, plural: 'configmaps' };
    const start = cluster.store.revision();
    for (let index = 0; index < 1000; index += 1) cluster.store.put(resource, { ...config, data: { index } });
    expect(cluster.store.changesSince(resource, start)).toHaveLength(1000);
    cluster.store.put(resource, { ...config, data: {} });
    expect(cluster.store.changesSince(resource, start)).toBeNull();
  });

  test('has no entry for a write that changes nothing', () => {
    const changes: StoreChange[] = [];
    const stop = cluster.store.watch(PODS, (change) => changes.push(change));
    cluster.store.put(PODS, toKubeObject(cluster.store.get(PODS, 'default', 'xwing')));
    stop();
    expect(changes).toEqual([]);
  });
});
