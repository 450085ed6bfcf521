import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import {
  ANY_TEXT,
  type CapturedCluster,
  capturedJson,
  capturedText,
  parseJson,
  startCapturedCluster,
} from './captured-cluster.ts';

let cluster: CapturedCluster;
beforeAll(async () => {
  cluster = await startCapturedCluster();
});
afterEach(() => cluster.api.faults.allowAll());
afterAll(() => cluster.close());

/** The user of the captures; impersonation changes the name in messages and nothing else. */
const viewer = { 'Impersonate-User': 'system:serviceaccount:default:viewer' };

describe('who may not is told so in the captured words', () => {
  test('without a token', async () => {
    const reply = await cluster.ask('/api/v1/pods', { token: null });
    expect([reply.status, reply.text]).toEqual([403, capturedText('api/anonymous.json')]);
  });

  test('discovery without a token', async () => {
    expect(await cluster.json('/apis', { token: null })).toMatchObject({
      code: 403,
      message: 'forbidden: User "system:anonymous" cannot get path "/apis"',
    });
  });

  test('with a token that is not known', async () => {
    const reply = await cluster.ask('/api/v1/pods', { token: 'nonsense' });
    expect([reply.status, reply.text]).toEqual([401, capturedText('api/bad-token.json')]);
  });

  test('in one namespace', async () => {
    cluster.api.faults.forbid({ verb: 'list', resource: 'pods', namespace: 'kube-system' });
    const reply = await cluster.ask('/api/v1/namespaces/kube-system/pods', { headers: viewer });
    expect([reply.status, reply.text]).toEqual([403, capturedText('api/forbidden-list.json')]);
    expect((await cluster.ask('/api/v1/namespaces/default/pods')).status).toBe(200);
    expect((await cluster.ask('/api/v1/pods')).status).toBe(403);
  });

  test('at the cluster scope', async () => {
    cluster.api.faults.forbid({ verb: 'list', resource: 'ciliumidentities' });
    const reply = await cluster.ask('/apis/cilium.io/v2/ciliumidentities', { headers: viewer });
    expect([reply.status, reply.text]).toEqual([403, capturedText('api/forbidden-ciliumidentities.json')]);
  });

  test('a watch is a verb of its own', async () => {
    cluster.api.faults.forbid({ verb: 'watch', resource: 'pods' });
    expect((await cluster.ask('/api/v1/pods?watch=true')).status).toBe(403);
    expect((await cluster.ask('/api/v1/pods')).status).toBe(200);
  });

  test('an exec without an upgrade', async () => {
    const reply = await cluster.ask('/api/v1/namespaces/default/pods/xwing/exec?command=sh&stdout=true');
    expect([reply.status, reply.text]).toEqual([400, capturedText('api/exec-no-upgrade.json')]);
  });
});

describe('reviews of one’s own access', () => {
  test.each([
    ['create', 'pods', 'exec', 'kube-system', 'ssar-create-pods-exec'],
    ['get', 'pods', 'exec', 'kube-system', 'ssar-get-pods-exec'],
    ['list', 'ciliumendpoints', undefined, 'default', 'ssar-list-ciliumendpoints'],
  ])('%s %s %s: no', async (verb, resource, subresource, namespace, file) => {
    const captured = capturedJson(`api/${file}.json`);
    const rule = subresource === undefined ? resource : `${resource}/${subresource}`;
    cluster.api.faults.forbid({ verb, resource: rule, namespace });
    const reply = await cluster.ask('/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(captured),
    });
    expect(reply.status).toBe(201);
    expect(Object.assign({}, parseJson(reply.text), { metadata: {} })).toEqual(
      Object.assign({}, captured, { metadata: {} }),
    );
  });

  test('yes, with the reason', async () => {
    const reply = await cluster.json('/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', {
      method: 'POST',
      body: JSON.stringify({ spec: { resourceAttributes: { verb: 'list', resource: 'pods' } } }),
    });
    expect(reply).toMatchObject({ status: { allowed: true, reason: ANY_TEXT } });
  });
});
