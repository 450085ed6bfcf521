/** The guide, walked by a real kubectl: find the agent, listen, land, be refused. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { type DemoCluster, startDemoCluster } from '../../src/demo/demo-cluster.ts';
import { kubectl } from '../../tools/kubectl.ts';
import { eventually } from '../eventually.ts';

const SHIP = ['curl', '-m', '2', '-s', '-XPOST', 'deathstar.default.svc.cluster.local/v1/request-landing'];
const NODES = ['k8s-node1', 'k8s-node2'];

let cluster: DemoCluster | null = null;
const clients: ChildProcess[] = [];

afterEach(async () => {
  for (const client of clients.splice(0)) client.kill('SIGKILL');
  const demo = cluster;
  cluster = null;
  if (demo === null) return;
  await demo.stop();
  expect(demo.processes()).toEqual([]);
  expect(existsSync(demo.kubeconfigPath)).toBe(false);
});

interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

function kubectlRun(binary: string, demo: DemoCluster, args: readonly string[]): Promise<Outcome> {
  const env = { ...process.env, KUBECONFIG: demo.kubeconfigPath };
  return new Promise((resolve) => {
    const child = execFile(binary, args, { env }, (_, stdout, stderr) =>
      resolve({ code: child.exitCode ?? -1, stdout, stderr }),
    );
  });
}

/** A monitor of every agent, and all that both print on stdout. */
async function listen(binary: string, demo: DemoCluster, program: string): Promise<() => string[]> {
  let stdout = '';
  let all = '';
  for (const node of NODES) {
    const { namespace, pod } = demo.agentOf(node);
    const args = ['-n', namespace, 'exec', '-i', pod, '--', program, 'monitor', '-t', 'policy-verdict'];
    const child = spawn(binary, args, { env: { ...process.env, KUBECONFIG: demo.kubeconfigPath } });
    clients.push(child);
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
      all += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => (all += text));
  }
  await eventually('both monitors listen', () => (all.match(/Press Ctrl-C to quit/g) ?? []).length === NODES.length);
  return () => stdout.split('\n').filter((line) => line.startsWith('Policy verdict log'));
}

describe.each([
  {
    minor: '35',
    dialect: 'accuknox',
    version: '1.10.90',
    program: 'cilium',
    allow: /PolicyName rule1, .*action ALLOW auditMode:false/,
    deny: /PolicyName implicit-default-deny, .*action DENY auditMode:false/,
  },
  {
    minor: '31',
    dialect: 'cilium',
    version: '1.19',
    program: 'cilium-dbg',
    allow: /action allow, auth: disabled, match L3-L4/,
    deny: /action deny, auth: disabled, match none/,
  },
  {
    minor: '35',
    dialect: 'cilium',
    version: '1.8',
    program: 'cilium',
    allow: /action allow, match L3-L4/,
    deny: /action deny, match none/,
  },
] as const)('kubectl 1.$minor on $dialect $version', ({ minor, dialect, version, program, allow, deny }) => {
  it('shows one ALLOW for a landing and one DENY for every SYN of a refusal', async () => {
    const demo = await startDemoCluster({
      dialect,
      version,
      rate: 0,
      seed: 7,
      programsFolder: fileURLToPath(new URL('../../src/demo/programs', import.meta.url)),
    });
    cluster = demo;
    const binary = await kubectl(minor);
    const targets = await kubectlRun(binary, demo, ['get', 'pods', '-l', 'class=deathstar', '-o', 'wide']);
    expect(targets.stdout).toMatch(/deathstar-77dd4fb786-8c4bw +1\/1 +Running +0 +\S+ +10\.244\.1\.85 +k8s-node2/);
    expect(targets.stdout).toMatch(/deathstar-77dd4fb786-pjs8v +1\/1 +Running +0 +\S+ +10\.244\.0\.94 +k8s-node1/);
    const agents = await kubectlRun(binary, demo, [
      '-n',
      'kube-system',
      'get',
      'pods',
      '-l',
      'k8s-app=cilium',
      '-o',
      'wide',
    ]);
    for (const node of NODES) expect(agents.stdout).toMatch(new RegExp(`${demo.agentOf(node).pod} .*${node}`));

    const verdicts = await listen(binary, demo, program);
    expect(await kubectlRun(binary, demo, ['exec', 'tiefighter', '--', ...SHIP])).toMatchObject({
      code: 0,
      stdout: 'Ship landed\n',
    });
    await eventually('the landing is seen', () => verdicts().length > 0);
    expect(await kubectlRun(binary, demo, ['exec', 'xwing', '--', ...SHIP])).toMatchObject({ code: 28, stdout: '' });
    await eventually('every SYN is seen', () => verdicts().length === 3);
    const [landing, ...refusals] = verdicts();
    expect(landing).toMatch(allow);
    for (const refusal of refusals) expect(refusal).toMatch(deny);
    expect(demo.processes().length).toBe(NODES.length);
  });
});

it('lets through in audit mode what would be refused, at the endpoints where it is on', async () => {
  const demo = await startDemoCluster({
    dialect: 'cilium',
    version: '1.19',
    rate: 0,
    seed: 7,
    programsFolder: fileURLToPath(new URL('../../src/demo/programs', import.meta.url)),
  });
  cluster = demo;
  const binary = await kubectl('35');
  const verdicts = await listen(binary, demo, 'cilium-dbg');
  const ask = async (node: string, ...args: readonly string[]) => {
    const { namespace, pod } = demo.agentOf(node);
    return kubectlRun(binary, demo, ['-n', namespace, 'exec', pod, '--', 'cilium-dbg', 'endpoint', ...args]);
  };
  for (const [node, id] of [['k8s-node1', '733'] as const, ['k8s-node2', '425'] as const]) {
    expect(await ask(node, 'config', id, 'PolicyAuditMode=Enabled')).toMatchObject({
      code: 0,
      stdout: `Endpoint ${id} configuration updated successfully\n`,
    });
    expect((await ask(node, 'get', id, '-o', 'json')).stdout).toContain('"policy-enabled": "audit-ingress"');
  }
  expect((await ask('k8s-node1', 'config', '1', 'PolicyAuditMode=Enabled')).code).toBe(1);
  expect((await ask('k8s-node1', 'config', '733', 'Colour=Enabled')).code).toBe(1);
  expect((await kubectlRun(binary, demo, ['exec', 'xwing', '--', ...SHIP])).stdout).toBe('Ship landed\n');
  await eventually('it is seen', () => verdicts().length > 0);
  expect(verdicts()).toEqual([expect.stringMatching(/action audit, auth: disabled, match none/)]);
  await ask('k8s-node1', 'config', '733', 'PolicyAuditMode=Disabled');
  await ask('k8s-node2', 'config', '425', 'PolicyAuditMode=Disabled');
  expect((await kubectlRun(binary, demo, ['exec', 'xwing', '--', ...SHIP])).code).toBe(28);
});
