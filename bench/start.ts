/** Measures how long policystat takes to say something: its version beside Node.js alone, and its first exec request beside kubectl's. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startDemoCluster } from '../src/demo/demo-cluster.ts';
import { atMost, median, say, takingTurns } from './comparison.ts';

/** A start is short, and so is whatever disturbs it. */
const RUNS = 21;
const bin = fileURLToPath(new URL('../bin/policystat.js', import.meta.url));
const programsFolder = fileURLToPath(new URL('../dist/demo/', import.meta.url));

/** A second run finds what the first has compiled, or nothing. */
const folder = mkdtempSync(join(tmpdir(), 'policystat-bench-'));
const KEPT = { XDG_CACHE_HOME: join(folder, 'kept') };
const NONE = { NODE_DISABLE_COMPILE_CACHE: '1' };

export async function benchStarts(kubectlPath: string): Promise<void> {
  try {
    for (const args of [['--version'], ['--help']]) await benchFirstWord(args);
    await benchFirstRequest(kubectlPath);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function benchFirstWord(args: readonly string[]): Promise<void> {
  const run = (words: readonly string[], env: Readonly<Record<string, string>> = {}) => {
    const startMs = performance.now();
    const { status } = spawnSync(process.execPath, words, { stdio: 'ignore', env: { ...process.env, ...env } });
    if (status !== 0) throw new Error(`node ${words.join(' ')} ended with ${String(status)}`);
    return Promise.resolve(performance.now() - startMs);
  };
  const ours = [bin, ...args];
  await run(ours, KEPT);
  const measured = await takingTurns([() => run(ours, KEPT), () => run(ours, NONE), () => run(['-e', '0'])], RUNS);
  const [kept = Number.NaN, none = Number.NaN, node = Number.NaN] = measured.map(median);
  const what = `policystat ${args.join(' ')}: ${kept.toFixed(0)} ms, node -e 0 ${node.toFixed(0)} ms`;
  atMost(`${what}, times`, kept / node, 1.5);
  say(`  without compiled code: ${none.toFixed(0)} ms, ${(none / node).toFixed(2)} times`);
}

async function benchFirstRequest(kubectlPath: string): Promise<void> {
  let requested = Promise.withResolvers<number>();
  const execRequested = () => requested.resolve(performance.now());
  const demo = await startDemoCluster({ dialect: 'cilium', rate: 0, seed: 1, programsFolder, execRequested });
  const run = async (program: string, args: readonly string[], env: Readonly<Record<string, string>> = {}) => {
    requested = Promise.withResolvers();
    const startMs = performance.now();
    const child = spawn(program, args, {
      env: { ...process.env, KUBECONFIG: demo.kubeconfigPath, ...env },
      stdio: 'ignore',
    });
    const ms = (await requested.promise) - startMs;
    const processorMs = processorMsOf(child.pid);
    child.kill('SIGTERM');
    await once(child, 'exit');
    return { ms, processorMs };
  };
  const watch = async (env: Readonly<Record<string, string>>) =>
    run(process.execPath, [bin, 'watch', '--pod', 'deathstar'], env);
  const { namespace, pod } = demo.agentOf('k8s-node1');
  const exec = ['exec', '-n', namespace, pod, '--', 'cilium-dbg', 'monitor', '-t', 'policy-verdict'];
  try {
    await watch(KEPT);
    const measured = await takingTurns([() => watch(KEPT), () => watch(NONE), () => run(kubectlPath, exec)], RUNS);
    const mediansOf = (what: 'ms' | 'processorMs') => measured.map((runs) => median(runs.map((each) => each[what])));
    const [kept = Number.NaN, none = Number.NaN, theirs = Number.NaN] = mediansOf('ms');
    const what = `watch, start to first exec request: ${kept.toFixed(0)} ms, kubectl exec ${theirs.toFixed(0)} ms`;
    atMost(`${what}, times`, kept / theirs, 2);
    say(`  without compiled code: ${none.toFixed(0)} ms, ${(none / theirs).toFixed(2)} times`);
    const [keptMs, noneMs, theirMs] = mediansOf('processorMs').map((ms) => `${ms.toFixed(0)} ms`);
    say(`  processor time until then: ${keptMs}, without compiled code ${noneMs}, kubectl exec ${theirMs}`);
  } finally {
    await demo.stop();
  }
}

/** Of all threads (schedstat, in Linux' sched-stats: nanoseconds on a processor come first). */
function processorMsOf(pid: number | undefined): number {
  const tasks = `/proc/${String(pid)}/task`;
  const ns = readdirSync(tasks).map((task) => Number(readFileSync(`${tasks}/${task}/schedstat`, 'utf8').split(' ')[0]));
  return ns.reduce((sum, each) => sum + each, 0) / 1e6;
}
