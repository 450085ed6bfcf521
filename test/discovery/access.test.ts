import { expect, test } from 'vitest';
import { missingPermissions } from '../../src/discovery/access.ts';
import { capturedCluster } from './cluster.ts';

const agents = [{ namespace: 'kube-system' }, { namespace: 'kube-system' }, { namespace: 'cilium' }];

test('asks both verbs once for each namespace, and gives those that are denied', async () => {
  const { kube, denied, asked } = capturedCluster();
  denied.add('create pods/exec in kube-system');
  expect(await missingPermissions(kube, agents, new AbortController().signal)).toEqual([
    { verb: 'create', group: '', resource: 'pods', subresource: 'exec', namespace: 'kube-system' },
  ]);
  expect(asked.sort()).toEqual(
    ['create', 'get'].flatMap((verb) => ['cilium', 'kube-system'].map((where) => `${verb} pods/exec in ${where}`)),
  );
});

test('a server that does not answer denies nothing', async () => {
  const { kube, denied } = capturedCluster();
  denied.add('error');
  expect(await missingPermissions(kube, agents, new AbortController().signal)).toEqual([]);
});
