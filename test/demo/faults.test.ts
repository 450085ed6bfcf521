/** What happens to the demo cluster while somebody listens: restarts, moves, policies that change, readers that sleep. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, it } from 'vitest';
import { type DemoCluster, type DemoOptions, startDemoCluster } from '../../src/demo/demo-cluster.ts';
import { kubectl } from '../../tools/kubectl.ts';
import { eventually } from '../eventually.ts';

let cluster: DemoCluster | null = null;
const clients: ChildProcess[] = [];

afterEach(async () => {
  for (const client of clients.splice(0)) client.kill('SIGKILL');
  const demo = cluster;
  cluster = null;
  await demo?.stop();
  expect(demo?.processes() ?? []).toEqual([]);
});

async function boot(options: Partial<DemoOptions> = {}): Promise<DemoCluster> {
  cluster = await startDemoCluster({
    dialect: 'cilium',
    rate: 0,
    seed: 3,
    programsFolder: fileURLToPath(new URL('../../src/demo/programs', import.meta.url)),
    ...options,
  });
  return cluster;
}

async function run(demo: DemoCluster, ...args: readonly string[]): Promise<string> {
  const binary = await kubectl('35');
  return new Promise((resolve, reject) => {
    execFile(binary, args, { env: { ...process.env, KUBECONFIG: demo.kubeconfigPath } }, (error, stdout) => {
      if (error === null) resolve(stdout);
      else reject(new Error(`kubectl ${args.join(' ')}`, { cause: error }));
    });
  });
}

interface Monitor {
  readonly client: ChildProcess;
  readonly stdout: () => string;
  readonly stderr: () => string;
  readonly code: () => number | null;
}

async function monitor(demo: DemoCluster, node: string, ...args: readonly string[]): Promise<Monitor> {
  const { namespace, pod } = demo.agentOf(node);
  const env = { ...process.env, KUBECONFIG: demo.kubeconfigPath };
  const command = ['-n', namespace, 'exec', '-i', pod, '--', 'cilium-dbg', 'monitor', ...args];
  const client = spawn(await kubectl('35'), command, { env });
  clients.push(client);
  let stdout = '';
  let stderr = '';
  client.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  client.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  await eventually('the monitor listens', () => stderr.includes('Press Ctrl-C to quit'));
  return { client, stdout: () => stdout, stderr: () => stderr, code: () => client.exitCode };
}

it('an agent that restarts ends its monitors with 137, is not ready for a moment, and listens again', async () => {
  const demo = await boot();
  const first = await monitor(demo, 'k8s-node1', '-t', 'policy-verdict');
  const other = await monitor(demo, 'k8s-node2', '-t', 'policy-verdict');
  const restarted = demo.faults.restartAgent('k8s-node1');
  await eventually('the stream ends', () => first.code() !== null);
  expect(first.code()).toBe(137);
  expect(first.stdout()).toMatch(/level=warn msg="connection closed" subsys=cilium-dbg error=EOF\n$/);
  expect(await run(demo, '-n', 'kube-system', 'get', 'pod', 'cilium-5l2dg')).toMatch(/cilium-5l2dg +0\/1 +Running +1 /);
  await restarted;
  expect(await run(demo, '-n', 'kube-system', 'get', 'pod', 'cilium-5l2dg')).toMatch(/cilium-5l2dg +1\/1 +Running +1 /);
  expect(other.code()).toBe(null);
  const second = await monitor(demo, 'k8s-node1', '-t', 'policy-verdict');
  await demo.connect('tiefighter', 'deathstar-77dd4fb786-pjs8v');
  await eventually('the endpoint is the same', () => second.stdout().includes('local EP ID 733, remote ID 12530'));
});

it('a pod that moves gets another address and endpoint, and the agents say so', async () => {
  const demo = await boot();
  const left = await monitor(demo, 'k8s-node2', '-t', 'agent');
  const reached = await monitor(demo, 'k8s-node1', '-t', 'agent', '-t', 'policy-verdict');
  await demo.faults.movePod('deathstar-77dd4fb786-8c4bw', 'k8s-node1');
  await eventually('the old endpoint goes', () => />> Endpoint deleted: .*"id":425/.test(left.stdout()));
  await eventually('the new endpoint comes', () =>
    />> Endpoint created: .*"pod-name":"deathstar-77dd4fb786-8c4bw"/.test(reached.stdout()),
  );
  const [, id = ''] = />> Endpoint created: \{"id":(\d+)/.exec(reached.stdout()) ?? [];
  const row = await run(demo, 'get', 'pod', 'deathstar-77dd4fb786-8c4bw', '-o', 'wide');
  expect(row).toMatch(/10\.244\.0\.\d+ +k8s-node1/);
  expect(await demo.connect('xwing', 'deathstar-77dd4fb786-8c4bw', { timeoutMs: 10 })).toBe('timeout');
  await eventually('it is refused there', () => reached.stdout().includes(`local EP ID ${id}, remote ID 2371`));
});

it('policies that are deleted and applied change what is decided', async () => {
  const demo = await boot();
  const listening = await monitor(demo, 'k8s-node1', '-t', 'agent', '-t', 'policy-verdict', '-t', 'l7');
  const target = 'deathstar-77dd4fb786-pjs8v';
  await run(demo, 'delete', 'cnp', 'rule1');
  await eventually('the deletion is told', () => />> Policy deleted: .*name=rule1"/.test(listening.stdout()));
  expect(await demo.connect('xwing', target)).toBe('landed');
  expect(listening.stdout()).not.toContain('Policy verdict log');
  demo.apply({
    apiVersion: 'cilium.io/v2',
    kind: 'CiliumNetworkPolicy',
    metadata: { name: 'only-landing', namespace: 'default' },
    spec: {
      endpointSelector: { matchLabels: { class: 'deathstar' } },
      ingress: [
        {
          fromEndpoints: [{ matchLabels: { org: 'empire' } }],
          toPorts: [
            {
              ports: [{ port: '80', protocol: 'TCP' }],
              rules: { http: [{ method: 'POST', path: '/v1/request-landing' }] },
            },
          ],
        },
      ],
    },
  });
  expect(await demo.connect('tiefighter', target)).toBe('landed');
  expect(await demo.connect('tiefighter', target, { method: 'PUT', path: '/v1/exhaust-port' })).toBe('forbidden');
  expect(await demo.connect('xwing', target, { timeoutMs: 10 })).toBe('timeout');
  await eventually('the refusal is told', () => listening.stdout().includes('action deny'));
  expect(listening.stdout()).toContain('action redirect, auth: disabled, match L3-L4');
  expect(listening.stdout()).toMatch(/<- Request http .* verdict Denied PUT http:\/\/\S+\/v1\/exhaust-port => 0/);
});

it('an idle monitor of 1.18 and newer looks at SIGINT when the next event comes', async () => {
  const demo = await boot();
  const { client, stderr, code } = await monitor(demo, 'k8s-node1', '-t', 'policy-verdict');
  const [pid] = demo.processes();
  if (pid === undefined) throw new Error('nothing runs');
  process.kill(pid, 'SIGINT');
  await eventually('it ends', () => code() !== null);
  expect(client.exitCode).toBe(0);
  expect(stderr()).toContain('Received an interrupt, disconnecting from monitor...');
});

it('a reader that sleeps loses events without a word, and the memory stays', async () => {
  const demo = await boot();
  const { client, stdout } = await monitor(demo, 'k8s-node1', '-t', 'agent');
  client.kill('SIGSTOP');
  const events = 40_000;
  for (let sent = 0; sent < events; sent += 1) {
    demo.emit('k8s-node1', { type: 'agent', notice: 'Message', message: { sent, padding: 'x'.repeat(2000) } });
    if (sent % 100 === 99) await new Promise((resolve) => setImmediate(resolve));
  }
  client.kill('SIGCONT');
  await eventually('what was kept arrives', () => stdout().includes('"sent":0,'));
  demo.emit('k8s-node1', { type: 'agent', notice: 'Message', message: { last: true } });
  await eventually('the stream goes on', () => {
    demo.emit('k8s-node1', { type: 'agent', notice: 'Message', message: { last: true } });
    return stdout().includes('"last":true');
  });
  expect((stdout().match(/"sent"/g) ?? []).length).toBeLessThan(events);
  expect(stdout()).not.toContain('Lost');
});
