import { afterAll, beforeAll, expect, test } from 'vitest';
import { ANY_TEXT, type CapturedCluster, parseJson, startCapturedCluster } from './captured-cluster.ts';

let cluster: CapturedCluster;
beforeAll(async () => {
  cluster = await startCapturedCluster();
});
afterAll(() => cluster.close());

const POLICIES = '/apis/cilium.io/v2/namespaces/default/ciliumnetworkpolicies';

function policy(ingress: readonly unknown[]): string {
  const metadata = { name: 'rule2' };
  return JSON.stringify({ apiVersion: 'cilium.io/v2', kind: 'CiliumNetworkPolicy', metadata, spec: { ingress } });
}

test('a policy is created, patched, replaced and deleted', async () => {
  const created = await cluster.ask(POLICIES, { method: 'POST', body: policy([{}]) });
  expect(created.status).toBe(201);
  expect(parseJson(created.text)).toMatchObject({
    metadata: { namespace: 'default', generation: 1, uid: ANY_TEXT },
    status: { conditions: [{ type: 'Valid', status: 'True' }] },
  });
  expect((await cluster.ask(POLICIES, { method: 'POST', body: policy([{}]) })).status).toBe(409);

  const patched = await cluster.json(`${POLICIES}/rule2`, {
    method: 'PATCH',
    headers: { 'Content-Type': 'application/merge-patch+json' },
    body: '{"spec":{"ingress":null,"egress":[{}]}}',
  });
  expect(patched).toMatchObject({ metadata: { generation: 2 }, spec: { egress: [{}] } });
  expect(patched).not.toHaveProperty('spec.ingress');

  const stale = policy([]).replace('"name"', '"resourceVersion":"1","name"');
  expect((await cluster.ask(`${POLICIES}/rule2`, { method: 'PUT', body: stale })).status).toBe(409);
  expect((await cluster.ask(`${POLICIES}/rule2`, { method: 'PUT', body: policy([]) })).status).toBe(200);

  expect(await cluster.json(`${POLICIES}/rule2`, { method: 'DELETE' })).toMatchObject({ status: 'Success' });
  expect((await cluster.ask(`${POLICIES}/rule2`)).status).toBe(404);
});

test('what is only tried is not kept', async () => {
  const reply = await cluster.ask(`${POLICIES}?dryRun=All`, { method: 'POST', body: policy([{}]) });
  expect(reply.status).toBe(201);
  expect((await cluster.ask(`${POLICIES}/rule2`)).status).toBe(404);
});

test('a body that is no object and a patch of unknown kind are refused', async () => {
  expect((await cluster.ask(POLICIES, { method: 'POST', body: '[]' })).status).toBe(400);
  const headers = { 'Content-Type': 'application/json-patch+json' };
  expect((await cluster.ask(`${POLICIES}/rule1`, { method: 'PATCH', headers, body: '[]' })).status).toBe(415);
});
