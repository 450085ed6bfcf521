import { describe, expect, test } from 'vitest';
import { failure } from '../../src/model/problem.ts';
import { type AskOptions, ask, problemOf, told } from './ask.ts';
import { capturedCluster, endpointOf, pod, type TestCluster, type TestObject } from './cluster.ts';

const DEATHSTAR_1 = 'k8s-node1/cilium-5l2dg: default/deathstar-77dd4fb786-pjs8v=733';
const DEATHSTAR_2 = 'k8s-node2/cilium-hr95b: default/deathstar-77dd4fb786-8c4bw=425';
const TIEFIGHTER = 'k8s-node1/cilium-5l2dg: default/tiefighter=1995';
const XWING = 'k8s-node2/cilium-hr95b: default/xwing=776';
const RELAY = 'k8s-node2/cilium-hr95b: kube-system/hubble-relay-79d5f9c74c-bps8s=959';

function put(cluster: TestCluster, plural: string, ...objects: TestObject[]): TestCluster {
  cluster.objects.set(plural, [...(cluster.objects.get(plural) ?? []), ...objects]);
  return cluster;
}

function change(cluster: TestCluster, plural: string, name: string, how: (object: TestObject) => void): TestCluster {
  for (const object of cluster.objects.get(plural) ?? []) if (object.metadata.name.startsWith(name)) how(object);
  return cluster;
}

/** Workloads of every kind beside the captured pods. */
function withWorkloads(): TestCluster {
  const cluster = capturedCluster();
  const owner = (kind: string, name: string) => ({ kind, name, uid: `uid-${name}` });
  const selector = (app: string) => ({ spec: { selector: { matchLabels: { app } } } });
  const meta = (name: string, owners?: TestObject['metadata']['ownerReferences']) => ({
    name,
    namespace: 'shop',
    uid: `uid-${name}`,
    ...(owners === undefined ? {} : { ownerReferences: owners }),
  });
  put(
    cluster,
    'deployments',
    { metadata: meta('cart'), ...selector('cart') },
    { metadata: meta('idle'), ...selector('idle') },
  );
  put(cluster, 'statefulsets', { metadata: meta('db'), ...selector('db') });
  put(cluster, 'daemonsets', { metadata: meta('proxy'), ...selector('proxy') });
  put(cluster, 'replicasets', { metadata: meta('cart-5d8f'), ...selector('cart') });
  put(cluster, 'replicationcontrollers', { metadata: meta('old'), spec: { selector: { app: 'old' } } });
  put(
    cluster,
    'jobs',
    { metadata: meta('load') },
    { metadata: meta('nightly-29388000', [owner('CronJob', 'nightly')]) },
  );
  put(cluster, 'cronjobs', { metadata: meta('nightly') });
  const shop = (name: string, id: number, by: [string, string], labels: Record<string, string>) => {
    put(cluster, 'pods', pod(name, { namespace: 'shop', owner: owner(...by), labels }));
    put(cluster, 'ciliumendpoints', endpointOf(name, id, { namespace: 'shop' }));
  };
  shop('cart-5d8f-aaaaa', 1, ['ReplicaSet', 'cart-5d8f'], { app: 'cart', 'pod-template-hash': '5d8f' });
  shop('cart-5d8f-bbbbb', 2, ['ReplicaSet', 'cart-5d8f'], { app: 'cart', 'pod-template-hash': '5d8f' });
  shop('cart-db-77aa-ccccc', 3, ['ReplicaSet', 'cart-db-77aa'], { app: 'cart', 'pod-template-hash': '77aa' });
  shop('db-0', 4, ['StatefulSet', 'db'], { app: 'db' });
  shop('proxy-zzzzz', 5, ['DaemonSet', 'proxy'], { app: 'proxy' });
  shop('old-yyyyy', 6, ['ReplicationController', 'old'], { app: 'old' });
  shop('load-xxxxx', 7, ['Job', 'load'], { 'job-name': 'load' });
  shop('nightly-29388000-wwwww', 8, ['Job', 'nightly-29388000'], { 'job-name': 'nightly-29388000' });
  return cluster;
}

const shop = (...names: string[]) => names.map((name) => `k8s-node1/cilium-5l2dg: shop/${name}`);

describe('what the user typed, and the endpoints that are meant', () => {
  const rows: [string, AskOptions['query'], string[]][] = [
    ['an exact pod', { pods: ['tiefighter'] }, [TIEFIGHTER]],
    ['the name of a Deployment', { pods: ['deathstar'] }, [DEATHSTAR_2, DEATHSTAR_1]],
    ['the name of a ReplicaSet', { pods: ['deathstar-77dd4fb786'] }, [DEATHSTAR_2, DEATHSTAR_1]],
    ['a pod in another namespace', { pods: ['kube-system/hubble-relay'] }, [RELAY]],
    ['-n', { pods: ['hubble-relay'], namespace: 'kube-system' }, [RELAY]],
    ['-A', { pods: ['hubble-relay'], allNamespaces: true }, [RELAY]],
    ['-A with an exact name', { pods: ['xwing'], allNamespaces: true }, [XWING]],
    ['several, the same twice', { pods: ['xwing', 'tiefighter', 'xwing'] }, [XWING, TIEFIGHTER]],
    ['a selector', { selector: 'org=empire' }, [DEATHSTAR_2, DEATHSTAR_1, TIEFIGHTER]],
    ['a selector on one node', { selector: 'org=empire', nodes: ['k8s-node2'] }, [DEATHSTAR_2]],
    ['a node', { nodes: ['k8s-node2'] }, ['k8s-node2/cilium-hr95b: all']],
    [
      'a node and a pod of another',
      { nodes: ['k8s-node2'], pods: ['tiefighter'] },
      ['k8s-node2/cilium-hr95b: all', TIEFIGHTER],
    ],
    ['a namespace, without its host pods', { namespace: 'kube-system' }, [RELAY]],
    ['a namespace', { namespace: 'default' }, [DEATHSTAR_2, DEATHSTAR_1, TIEFIGHTER, XWING]],
    ['every namespace', { allNamespaces: true }, ['k8s-node1/cilium-5l2dg: all', 'k8s-node2/cilium-hr95b: all']],
    ['pod/NAME', { workloads: ['pod/xwing'] }, [XWING]],
    ['a Deployment', { workloads: ['deploy/cart'], namespace: 'shop' }, shop('cart-5d8f-aaaaa=1', 'cart-5d8f-bbbbb=2')],
    [
      'with its group',
      { workloads: ['deployments.apps/cart'], namespace: 'shop' },
      shop('cart-5d8f-aaaaa=1', 'cart-5d8f-bbbbb=2'),
    ],
    ['a StatefulSet', { workloads: ['sts/db'], namespace: 'shop' }, shop('db-0=4')],
    ['a DaemonSet', { workloads: ['ds/proxy'], namespace: 'shop' }, shop('proxy-zzzzz=5')],
    [
      'a ReplicaSet',
      { workloads: ['rs/cart-5d8f'], namespace: 'shop' },
      shop('cart-5d8f-aaaaa=1', 'cart-5d8f-bbbbb=2'),
    ],
    ['a ReplicationController', { workloads: ['rc/old'], namespace: 'shop' }, shop('old-yyyyy=6')],
    ['a Job', { workloads: ['job/load'], namespace: 'shop' }, shop('load-xxxxx=7')],
    ['a CronJob', { workloads: ['cronjob/nightly'], namespace: 'shop' }, shop('nightly-29388000-wwwww=8')],
    ['a workload in any namespace', { workloads: ['sts/db'], allNamespaces: true }, shop('db-0=4')],
    ['the name of a CronJob', { pods: ['shop/nightly'] }, shop('nightly-29388000-wwwww=8')],
    ['the name of a StatefulSet', { pods: ['shop/db'] }, shop('db-0=4')],
  ];
  test.each(rows)('%s', async (_, query, expected) => {
    const { plan, warnings, agentCommands } = await ask(withWorkloads(), { query: query ?? {} });
    expect(told(plan).sort()).toEqual([...expected].sort());
    expect(warnings).toEqual([]);
    expect(agentCommands).toEqual([]);
  });
});

describe('nothing to listen to: each reason is its own problem', () => {
  const rows: [string, AskOptions, object][] = [
    [
      'no such pod',
      { query: { pods: ['deathsta'] } },
      { code: 'POD_NOT_FOUND', namespace: 'default', name: 'deathsta', near: ['deathstar'] },
    ],
    ['a beginning is no name', { query: { pods: ['death'] } }, { code: 'POD_NOT_FOUND', near: ['deathstar'] }],
    ['a typing error', { query: { pods: ['tiefigther'] } }, { code: 'POD_NOT_FOUND', near: ['tiefighter'] }],
    [
      'in another namespace',
      { query: { pods: ['hubble-relay'] } },
      { code: 'POD_NOT_FOUND', near: ['kube-system/hubble-relay'] },
    ],
    [
      'nowhere',
      { query: { pods: ['falcon'], allNamespaces: true } },
      { code: 'POD_NOT_FOUND', namespace: '*', near: [] },
    ],
    [
      'no such workload',
      { query: { workloads: ['deploy/carts'], namespace: 'shop' } },
      { code: 'WORKLOAD_NOT_FOUND', kind: 'Deployment', near: ['cart'] },
    ],
    [
      'a workload without pods',
      { query: { workloads: ['deploy/idle'], namespace: 'shop' } },
      { code: 'WORKLOAD_EMPTY', kind: 'Deployment', name: 'idle' },
    ],
    ['no such kind', { query: { workloads: ['ingress/cart'] } }, { code: 'USAGE' }],
    [
      'no such label',
      { query: { selector: 'app=none' } },
      { code: 'NO_POD_MATCHES', namespace: 'default', selector: 'app=none' },
    ],
    [
      'an empty namespace',
      { query: { namespace: 'empty' } },
      { code: 'NO_POD_MATCHES', namespace: 'empty', selector: '' },
    ],
    ['no such node', { query: { nodes: ['k8s-node3'] } }, { code: 'NODE_NOT_FOUND', near: ['k8s-node1', 'k8s-node2'] }],
    [
      'a host-network pod',
      { query: { pods: ['kube-system/cilium-operator'] } },
      { code: 'POD_HOST_NETWORK', node: 'k8s-node1' },
    ],
    [
      'no agent',
      { query: { pods: ['xwing'] }, location: { selector: 'app=none' } },
      { code: 'AGENT_NOT_FOUND', node: 'k8s-node2', selector: 'app=none' },
    ],
    [
      'no agent anywhere',
      { query: { allNamespaces: true }, location: { namespace: 'cilium' } },
      { code: 'AGENT_NOT_FOUND', namespace: 'cilium' },
    ],
  ];
  test.each(rows)('%s', async (_, options, expected) => {
    expect(await problemOf(withWorkloads(), options)).toMatchObject(expected);
  });

  test('a finished, an unscheduled pod', async () => {
    const cluster = put(
      capturedCluster(),
      'pods',
      pod('done', { status: { phase: 'Succeeded' } }),
      pod('waiting', { node: '', status: { phase: 'Pending' } }),
    );
    expect(await problemOf(cluster, { query: { pods: ['done'] } })).toEqual({
      code: 'POD_FINISHED',
      namespace: 'default',
      pod: 'done',
      phase: 'Succeeded',
    });
    expect(await problemOf(cluster, { query: { pods: ['waiting'] } })).toMatchObject({
      code: 'POD_NOT_SCHEDULED',
      phase: 'Pending',
    });
  });

  test('a pod that its agent does not know yet', async () => {
    const cluster = put(capturedCluster(), 'pods', pod('new'));
    expect(await problemOf(cluster, { query: { pods: ['new'] } })).toEqual({
      code: 'ENDPOINT_NOT_FOUND',
      namespace: 'default',
      pod: 'new',
      node: 'k8s-node1',
    });
  });

  test('what may not be read', async () => {
    const cluster = capturedCluster();
    cluster.forbidden.add('list pods').add('get pods');
    expect(await problemOf(cluster, { query: { pods: ['xwing'] } })).toMatchObject({
      code: 'FORBIDDEN',
      resource: 'pods',
      namespace: 'default',
    });
  });
});

describe('where some can be listened to, the others are warnings', () => {
  test('one name is wrong', async () => {
    const { plan, warnings } = await ask(capturedCluster(), { query: { pods: ['xwing', 'ywing'] } });
    expect(told(plan)).toEqual([XWING]);
    expect(warnings).toMatchObject([{ code: 'POD_NOT_FOUND', name: 'ywing', near: ['xwing'] }]);
  });

  test('one pod is not there yet, an old one is of no interest', async () => {
    const owner = { kind: 'StatefulSet', name: 'db' };
    const cluster = put(
      capturedCluster(),
      'pods',
      pod('db-0', { owner }),
      pod('db-1', { owner, node: '', status: { phase: 'Pending' } }),
      pod('db-2', { owner, status: { phase: 'Failed' } }),
    );
    put(cluster, 'ciliumendpoints', endpointOf('db-0', 7));
    const { plan, warnings } = await ask(cluster, { query: { pods: ['db'] } });
    expect(told(plan)).toEqual(['k8s-node1/cilium-5l2dg: default/db-0=7']);
    expect(warnings).toMatchObject([{ code: 'POD_NOT_SCHEDULED', pod: 'db-1' }]);
  });

  test('one node has no agent', async () => {
    const cluster = capturedCluster();
    cluster.objects.set(
      'pods',
      (cluster.objects.get('pods') ?? []).filter(({ metadata }) => metadata.name !== 'cilium-hr95b'),
    );
    const { plan, warnings } = await ask(cluster, { query: { pods: ['deathstar'] } });
    expect(told(plan)).toEqual([DEATHSTAR_1]);
    expect(plan.missingNodes).toEqual([{ node: 'k8s-node2', reason: 'no-agent' }]);
    expect(warnings).toMatchObject([{ code: 'AGENT_NOT_FOUND', node: 'k8s-node2' }]);
    expect((await ask(cluster, { query: { allNamespaces: true } })).plan.missingNodes).toEqual([
      { node: 'k8s-node2', reason: 'no-agent' },
    ]);
  });

  test('one agent is not ready', async () => {
    const cluster = change(capturedCluster(), 'pods', 'cilium-hr95b', (agent) => {
      agent.status = {
        phase: 'Running',
        containerStatuses: [{ name: 'cilium-agent', ready: false, state: { waiting: { reason: 'CrashLoopBackOff' } } }],
      };
    });
    const { plan, warnings } = await ask(cluster, { query: { pods: ['deathstar'] } });
    expect(told(plan)).toEqual([DEATHSTAR_1]);
    expect(plan.missingNodes).toEqual([{ node: 'k8s-node2', reason: 'agent-not-ready' }]);
    expect(warnings).toEqual([
      {
        code: 'AGENT_NOT_READY',
        node: 'k8s-node2',
        namespace: 'kube-system',
        pod: 'cilium-hr95b',
        detail: 'CrashLoopBackOff',
      },
    ]);
    expect(await problemOf(cluster, { query: { pods: ['xwing'] } })).toMatchObject({
      code: 'AGENT_NOT_READY',
      detail: 'CrashLoopBackOff',
    });
  });
});

describe('the agent', () => {
  const anetd = (over: Parameters<typeof pod>[1] = {}) =>
    pod('anetd-1', {
      namespace: 'kube-system',
      labels: { 'k8s-app': 'cilium' },
      spec: { containers: [{ name: 'install' }, { name: 'cilium-agent' }], hostNetwork: true },
      status: {
        containerStatuses: [
          { name: 'install', ready: false },
          { name: 'cilium-agent', ready: true },
        ],
      },
      ...over,
    });
  const onlyAgents = (...agents: TestObject[]) => {
    const cluster = capturedCluster();
    const others = (cluster.objects.get('pods') ?? []).filter(
      ({ metadata }) => metadata.labels?.['k8s-app'] !== 'cilium',
    );
    cluster.objects.set('pods', [...others, ...agents]);
    return cluster;
  };

  test("GKE's DaemonSet with side-cars, one of which is not ready", async () => {
    const { plan } = await ask(onlyAgents(anetd()), { query: { pods: ['tiefighter'] } });
    expect(plan.agents[0]?.agent).toEqual({
      node: 'k8s-node1',
      namespace: 'kube-system',
      pod: 'anetd-1',
      container: 'cilium-agent',
    });
  });

  test('the new pod, not the one that is going away', async () => {
    const old = anetd({ deletionTimestamp: '2026-11-22T19:00:00Z' });
    old.metadata.name = 'anetd-0';
    const { plan } = await ask(onlyAgents(old, anetd()), { query: { pods: ['tiefighter'] } });
    expect(plan.agents[0]?.agent.pod).toBe('anetd-1');
    expect(await problemOf(onlyAgents(old), { query: { pods: ['tiefighter'] } })).toMatchObject({
      code: 'AGENT_NOT_READY',
      detail: 'Terminating',
    });
  });

  test('another container name', async () => {
    const odd = anetd({
      spec: { containers: [{ name: 'agent' }, { name: 'other' }] },
      status: { containerStatuses: [], conditions: [{ type: 'Ready', status: 'True' }] },
    });
    expect((await ask(onlyAgents(odd), { query: { pods: ['tiefighter'] } })).plan.agents[0]?.agent.container).toBe(
      'agent',
    );
    const given = await ask(onlyAgents(odd), { query: { pods: ['tiefighter'] }, location: { container: 'other' } });
    expect(given.plan.agents[0]?.agent.container).toBe('other');
  });

  test('where not every namespace may be searched', async () => {
    const cluster = capturedCluster();
    cluster.forbidden.add('list pods in *').add('list pods in cilium');
    expect(told((await ask(cluster, { query: { pods: ['tiefighter'] } })).plan)).toEqual([TIEFIGHTER]);
    cluster.forbidden.add('list pods in kube-system');
    expect(await problemOf(cluster, { query: { pods: ['tiefighter'] } })).toMatchObject({
      code: 'FORBIDDEN',
      namespace: null,
    });
  });
});

describe('endpoints', () => {
  test('from the agent, where there are no CiliumEndpoints', async () => {
    const cluster = capturedCluster();
    cluster.objects.delete('ciliumendpoints');
    const { plan, agentCommands } = await ask(cluster, { query: { pods: ['deathstar', 'xwing'] } });
    expect(told(plan).sort()).toEqual([DEATHSTAR_1, DEATHSTAR_2, XWING].sort());
    expect(
      plan.agents.flatMap(({ targets }) => (targets === 'all' ? [] : targets.map(({ identity }) => identity))).sort(),
    ).toEqual([18031, 18031, 2371]);
    expect(agentCommands.sort()).toEqual(['k8s-node1: endpoint list -o json', 'k8s-node2: endpoint list -o json']);
  });

  test('from the agent, where CiliumEndpoints may not be read', async () => {
    const cluster = capturedCluster();
    cluster.forbidden.add('get ciliumendpoints');
    expect(told((await ask(cluster, { query: { pods: ['xwing'] } })).plan)).toEqual([XWING]);
  });

  test.each([
    ['of the pod before, which had the same name', { uid: 'gone' }],
    ['of another node, where the pod was before', { node: '10.0.0.9' }],
  ])('a CiliumEndpoint %s does not count', async (_, over) => {
    const cluster = put(capturedCluster(), 'pods', pod('db-0', { status: { hostIP: '10.90.0.11' } }));
    put(cluster, 'ciliumendpoints', endpointOf('db-0', 1, over));
    const printed = [
      {
        id: 2,
        status: {
          'external-identifiers': { 'pod-name': 'default/db-0' },
          identity: { id: 300, labels: ['k8s:app=db'] },
        },
      },
    ];
    const { plan } = await ask(cluster, { query: { pods: ['db-0'] }, agent: () => JSON.stringify(printed) });
    expect(told(plan)).toEqual(['k8s-node1/cilium-5l2dg: default/db-0=2']);
  });

  test('many pods are one list', async () => {
    const cluster = capturedCluster();
    for (let index = 0; index < 40; index += 1) {
      put(cluster, 'pods', pod(`web-${index}`, { namespace: 'many' }));
      put(cluster, 'ciliumendpoints', endpointOf(`web-${index}`, index, { namespace: 'many' }));
    }
    const { plan } = await ask(cluster, { query: { namespace: 'many' } });
    expect(told(plan)).toHaveLength(40);
    expect(cluster.asked.filter((asked) => asked.endsWith('ciliumendpoints'))).toEqual(['list ciliumendpoints']);
  });
});

describe('with few permissions', () => {
  test('a workload that may not be read is known by its pods', async () => {
    const cluster = withWorkloads();
    cluster.forbidden.add('get deployments');
    const { plan } = await ask(cluster, { query: { workloads: ['deploy/cart'], namespace: 'shop' } });
    expect(told(plan)).toEqual(shop('cart-5d8f-aaaaa=1', 'cart-5d8f-bbbbb=2'));
    expect(await problemOf(cluster, { query: { workloads: ['deploy/idle'], namespace: 'shop' } })).toMatchObject({
      code: 'WORKLOAD_EMPTY',
    });
  });

  test('an exact pod without the right to list', async () => {
    const cluster = capturedCluster();
    cluster.forbidden.add('list pods in default');
    expect(told((await ask(cluster, { query: { pods: ['xwing'] } })).plan)).toEqual([XWING]);
  });

  test('a node that may not be read is known by its agent', async () => {
    const cluster = capturedCluster();
    cluster.forbidden.add('get nodes').add('list nodes');
    expect(told((await ask(cluster, { query: { nodes: ['k8s-node1'] } })).plan)).toEqual([
      'k8s-node1/cilium-5l2dg: all',
    ]);
    expect((await ask(cluster, { query: { allNamespaces: true } })).plan.agents).toHaveLength(2);
    expect(await problemOf(cluster, { query: { nodes: ['k8s-node9'] } })).toMatchObject({
      code: 'AGENT_NOT_FOUND',
      node: 'k8s-node9',
    });
  });
});

test('many nodes are one list of agents', async () => {
  const cluster = capturedCluster();
  for (let index = 0; index < 20; index += 1) {
    const node = `worker-${index}`;
    const labels = { 'k8s-app': 'cilium' };
    const status = { containerStatuses: [{ name: 'cilium-agent', ready: true }] };
    put(
      cluster,
      'pods',
      pod(`cilium-${index}`, {
        namespace: 'kube-system',
        node,
        labels,
        status,
        spec: { containers: [{ name: 'cilium-agent' }] },
      }),
    );
    put(cluster, 'pods', pod(`web-${index}`, { namespace: 'many', node }));
    put(cluster, 'ciliumendpoints', endpointOf(`web-${index}`, index, { namespace: 'many' }));
  }
  const { plan } = await ask(cluster, { query: { namespace: 'many' } });
  expect(told(plan)).toHaveLength(20);
  expect(cluster.asked.filter((asked) => asked === 'list pods')).toHaveLength(2);
});

test('an agent that does not answer keeps nobody from listening to the others', async () => {
  const cluster = put(capturedCluster(), 'pods', pod('new', { node: 'k8s-node1' }));
  const problem = {
    code: 'AGENT_COMMAND_FAILED' as const,
    node: 'k8s-node1',
    namespace: 'kube-system',
    pod: 'cilium-5l2dg',
    command: 'endpoint list',
    exitCode: 1,
    detail: '',
  };
  const agent = () => {
    throw failure(problem);
  };
  const { plan, warnings } = await ask(cluster, { query: { pods: ['new', 'xwing'] }, agent });
  expect(told(plan).sort()).toEqual(['k8s-node1/cilium-5l2dg: default/new=?', XWING]);
  expect(warnings).toEqual([problem]);
  expect(await problemOf(cluster, { query: { pods: ['new'] }, agent })).toEqual(problem);
});

test('says where it is, and can be asked again', async () => {
  const cluster = capturedCluster();
  const { steps, plan } = await ask(cluster, { query: { pods: ['xwing'] } });
  expect(steps).toEqual(['targets', 'agents', 'endpoints']);
  expect(plan.context).toBe('lab');
  change(cluster, 'pods', 'xwing', (object) => {
    object.spec = { ...object.spec, nodeName: 'k8s-node1' };
    object.status = { ...object.status, hostIP: '10.90.0.11' };
  });
  change(cluster, 'ciliumendpoints', 'xwing', (object) => {
    object.status = { ...object.status, id: 9, networking: { node: '10.90.0.11' } };
  });
  expect(told((await ask(cluster, { query: { pods: ['xwing'] } })).plan)).toEqual([
    'k8s-node1/cilium-5l2dg: default/xwing=9',
  ]);
});
