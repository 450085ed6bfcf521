import { execFile, spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { spawn as spawnTerminal } from '@lydell/node-pty';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { type KubectlMinor, kubectl } from '../../../tools/kubectl.ts';
import { type CapturedCluster, PODS, startCapturedCluster } from './captured-cluster.ts';

let cluster: CapturedCluster;
let kubeconfig: string;
beforeAll(async () => {
  cluster = await startCapturedCluster();
  kubeconfig = join(cluster.folder, 'kubeconfig');
  writeFileSync(kubeconfig, cluster.api.kubeconfig, { mode: 0o600 });
});
afterEach(() => cluster.api.faults.allowAll());
afterAll(() => cluster.close());

interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Both show the same. */
const OTHER_KINDS = 'kubectl-get-other-kinds.txt';

describe.each<KubectlMinor>(['35', '31'])('kubectl 1.%s', (minor) => {
  let program: string;
  let env: Record<string, string>;
  beforeAll(async () => {
    program = await kubectl(minor);
    env = { KUBECONFIG: kubeconfig, HOME: cluster.folder, PATH: process.env.PATH ?? '' };
  });

  const run = (args: readonly string[], stdin?: string) =>
    new Promise<Outcome>((resolve) => {
      const child = execFile(program, [...args], { env, maxBuffer: 2 ** 24 }, (_error, stdout, stderr) =>
        resolve({ code: child.exitCode, stdout, stderr }),
      );
      child.stdin?.end(stdin);
    });

  test('get pods -o wide shows node and address', async () => {
    const { stdout } = await run(['get', 'pods', '-l', 'class in (deathstar,xwing)', '-o', 'wide']);
    const rows = stdout.split('\n').map((line) => line.split(/\s{2,}/));
    expect(rows[0]).toEqual([
      'NAME',
      'READY',
      'STATUS',
      'RESTARTS',
      'AGE',
      'IP',
      'NODE',
      'NOMINATED NODE',
      'READINESS GATES',
    ]);
    expect(rows[2]).toEqual([
      'deathstar-77dd4fb786-pjs8v',
      '1/1',
      'Running',
      '2 (26m ago)',
      '64m',
      '10.244.0.225',
      'k8s-node1',
      '<none>',
      '<none>',
    ]);
    expect(rows).toHaveLength(5);
  });

  test('get of the other kinds looks as on the captured cluster', async () => {
    const { stdout, stderr, code } = await run([
      'get',
      'cep,ciliumid,cnp,cn,nodes,ds,cm,svc,deploy,rs',
      '-A',
      '-o',
      'wide',
    ]);
    await expect(stdout.replaceAll(/ +$/gm, '')).toMatchFileSnapshot(OTHER_KINDS);
    expect([stderr, code]).toEqual(['', 0]);
  });

  test('get -w goes on with what changes', async () => {
    const child = spawn(
      program,
      ['get', 'pods', '-w', '--no-headers', '-o', 'custom-columns=N:.metadata.name,P:.status.phase'],
      { env },
    );
    let stdout = '';
    child.stdout.on('data', (data: Buffer) => (stdout += data.toString()));
    await vi.waitFor(() => expect(stdout).toContain('xwing'), { timeout: 10_000 });
    const pod = cluster.store.get(PODS, 'default', 'xwing');
    expect(pod).not.toBeNull();
    if (pod === null) return;
    cluster.store.put(PODS, { ...pod, status: { phase: 'Failed' } });
    await vi.waitFor(() => expect(stdout).toMatch(/xwing +Failed/), { timeout: 10_000 });
    cluster.store.put(PODS, pod);
    child.kill();
    await new Promise((resolve) => child.once('close', resolve));
  });

  test('get -w as a table too', async () => {
    const child = spawn(program, ['get', 'pod', 'tiefighter', '-w'], { env });
    let stdout = '';
    child.stdout.on('data', (data: Buffer) => (stdout += data.toString()));
    await vi.waitFor(() => expect(stdout).toContain('Running'), { timeout: 10_000 });
    const pod = cluster.store.get(PODS, 'default', 'tiefighter');
    if (pod !== null) {
      cluster.store.put(PODS, { ...pod, metadata: { ...pod.metadata, deletionTimestamp: '2026-11-22T19:58:59Z' } });
      await vi.waitFor(() => expect(stdout).toContain('Terminating'), { timeout: 10_000 });
      cluster.store.put(PODS, pod);
    }
    child.kill();
    await new Promise((resolve) => child.once('close', resolve));
  });

  test('describe pod', async () => {
    const { stdout, code } = await run(['describe', 'pod', 'xwing']);
    expect(stdout).toMatch(/^Name: +xwing\nNamespace: +default/);
    expect(stdout).toMatch(/Node: +k8s-node2\/10\.90\.0\.12/);
    expect(code).toBe(0);
  });

  test('what is not there, and who may not', async () => {
    expect((await run(['get', 'pod', 'nosuch'])).stderr).toBe(
      'Error from server (NotFound): pods "nosuch" not found\n',
    );
    cluster.api.faults.forbid({ verb: 'create', resource: 'pods/exec' });
    const { stderr, code } = await run(['exec', 'xwing', '--', 'sh']);
    expect(stderr).toContain('pods "xwing" is forbidden: User "policystat-demo" cannot create resource "pods/exec"');
    expect(code).toBe(1);
  });

  test('auth can-i', async () => {
    const question = ['auth', 'can-i', 'create', 'pods', '--subresource=exec', '-n', 'kube-system'];
    expect((await run(question)).stdout).toBe('yes\n');
    cluster.api.faults.forbid({ verb: 'create', resource: 'pods/exec', namespace: 'kube-system' });
    expect(await run(question)).toMatchObject({ stdout: 'no\n', code: 1 });
    expect((await run(question.with(6, 'default'))).stdout).toBe('yes\n');
  });

  test('exec: streams apart, exit codes handed on', async () => {
    expect(await run(['exec', 'xwing', '--', 'sh', '-c', 'echo out; echo err >&2; exit 3'])).toEqual({
      code: 3,
      stdout: 'out\n',
      stderr: 'err\ncommand terminated with exit code 3\n',
    });
    expect((await run(['exec', 'xwing', '--', 'sh', '-c', 'kill -9 $$'])).code).toBe(137);
    const missing = await run(['exec', 'xwing', '--', '/nosuch']);
    expect(missing.stderr).toContain('exec: "/nosuch": stat /nosuch: no such file or directory: unknown');
    expect(missing.code).toBe(1);
  });

  test('exec -i: stdin to its end, of any size', async () => {
    const big = 'x'.repeat(3_000_000);
    const { stdout, code } = await run(['exec', '-i', 'xwing', '--', 'cat'], big);
    expect(stdout.length).toBe(big.length);
    expect(code).toBe(0);
  });

  test('exec -it: a terminal, and Ctrl-C', async () => {
    const terminal = spawnTerminal(program, ['exec', '-it', 'xwing', '--', 'cat'], { env, cols: 80, rows: 24 });
    let screen = '';
    terminal.onData((data) => (screen += data));
    const exited = new Promise<number>((resolve) => terminal.onExit(({ exitCode }) => resolve(exitCode)));
    await vi.waitFor(() => expect(cluster.api.processes()).toHaveLength(1), { timeout: 10_000 });
    terminal.write('hello\r');
    await vi.waitFor(() => expect(screen).toContain('hello\r\nhello\r\n'), { timeout: 10_000 });
    terminal.write('\x03');
    expect(await exited).toBe(130);
    expect(cluster.api.processes()).toEqual([]);
  });

  test('apply, change and delete a policy', async () => {
    const policy = { apiVersion: 'cilium.io/v2', kind: 'CiliumNetworkPolicy', metadata: { name: 'rule2' } };
    const file = join(cluster.folder, `rule2-${minor}.json`);
    writeFileSync(file, JSON.stringify({ ...policy, spec: { endpointSelector: {}, ingress: [{}] } }));
    expect((await run(['apply', '-f', file])).stdout).toBe('ciliumnetworkpolicy.cilium.io/rule2 created\n');
    writeFileSync(file, JSON.stringify({ ...policy, spec: { endpointSelector: {}, egress: [{}] } }));
    expect((await run(['apply', '-f', file])).stdout).toBe('ciliumnetworkpolicy.cilium.io/rule2 configured\n');
    const stored = cluster.store.get(
      { group: 'cilium.io', version: 'v2', plural: 'ciliumnetworkpolicies' },
      'default',
      'rule2',
    );
    expect(stored?.spec).toEqual({ endpointSelector: {}, egress: [{}] });
    expect((await run(['delete', 'cnp', 'rule2'])).stdout).toContain('"rule2" deleted');
    expect((await run(['get', 'cnp', 'rule2'])).code).toBe(1);
  });
});
