/** Prints how policystat compares with something else in the same run: medians of five, every ratio beside its bound. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { startDemoCluster } from '../src/demo/demo-cluster.ts';
import { kubectl } from '../tools/kubectl.ts';
import { attributionCost, VERDICTS } from './attribution.ts';
import { atMost, inTurn, median, RUNS } from './comparison.ts';
import { benchFlood } from './flood.ts';
import { benchLive } from './live.ts';
import { benchOffline } from './offline.ts';

/** For an idle watch to reach its lasting size. */
const IDLE_MS = 5_000;
const bin = fileURLToPath(new URL('../bin/policystat.js', import.meta.url));
const programsFolder = fileURLToPath(new URL('../dist/demo/', import.meta.url));

function print(what: string, ours: string, against: string, measured: number, bound: number): void {
  atMost(`${what}: ${ours}, ${against}`, measured, bound);
}

function wallMs(args: readonly string[]): Promise<number> {
  const startMs = performance.now();
  const { status } = spawnSync(process.execPath, args, { stdio: 'ignore' });
  if (status !== 0) throw new Error(`node ${args.join(' ')} ended with ${String(status)}`);
  return Promise.resolve(performance.now() - startMs);
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGTERM');
  await once(child, 'exit');
}

async function benchStart(): Promise<void> {
  const [ours = Number.NaN, theirs = Number.NaN] = await inTurn(
    () => wallMs([bin, '--version']),
    () => wallMs(['-e', '0']),
  );
  print(
    'policystat --version',
    `${ours.toFixed(0)} ms`,
    `node -e 0 ${theirs.toFixed(0)} ms, times`,
    ours / theirs,
    1.5,
  );
}

async function benchFirstRequest(kubectlPath: string): Promise<void> {
  let requested = Promise.withResolvers<number>();
  const demo = await startDemoCluster({
    dialect: 'cilium',
    rate: 0,
    seed: 1,
    programsFolder,
    execRequested: () => requested.resolve(performance.now()),
  });
  const env = { ...process.env, KUBECONFIG: demo.kubeconfigPath };
  const { namespace, pod } = demo.agentOf('k8s-node1');
  const untilRequest = async (program: string, args: readonly string[]) => {
    requested = Promise.withResolvers();
    const startMs = performance.now();
    const child = spawn(program, args, { env, stdio: 'ignore' });
    const atMs = await requested.promise;
    await end(child);
    return atMs - startMs;
  };
  try {
    const exec = ['exec', '-n', namespace, pod, '--', 'cilium-dbg', 'monitor', '-t', 'policy-verdict'];
    const [ours = Number.NaN, theirs = Number.NaN] = await inTurn(
      () => untilRequest(process.execPath, [bin, 'watch', '--pod', 'deathstar']),
      () => untilRequest(kubectlPath, exec),
    );
    const against = `kubectl exec ${theirs.toFixed(0)} ms, times`;
    print('watch, start to first exec request', `${ours.toFixed(0)} ms`, against, ours / theirs, 2);
    await benchMemory(env);
  } finally {
    await demo.stop();
  }
}

async function benchMemory(env: NodeJS.ProcessEnv): Promise<void> {
  const sizes: number[] = [];
  for (let run = 0; run < RUNS; run += 1) {
    const child = spawn(process.execPath, [bin, 'watch', '--pod', 'deathstar'], { env, stdio: 'ignore' });
    await new Promise((resolve) => setTimeout(resolve, IDLE_MS));
    const status = readFileSync(`/proc/${String(child.pid)}/status`, 'utf8');
    sizes.push(Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) / 1024);
    await end(child);
  }
  const size = median(sizes);
  print('memory of an idle watch', `resident size`, 'MB', size, 90);
}

async function benchAttribution(): Promise<void> {
  const { parse, parseAndAttribute } = attributionCost();
  // Runs go on for days: what the first seconds compile is not part of a stream's cost.
  await inTurn(parse, parseAndAttribute);
  const [parsed = Number.NaN, attributed = Number.NaN] = await inTurn(parse, parseAndAttribute);
  const perSecond = (ms: number) => `${(VERDICTS / ms / 1000).toFixed(2)} M verdicts/s`;
  print(
    'attribution, a million verdicts of 500 endpoints',
    perSecond(attributed),
    `parser alone ${perSecond(parsed)}, share of its throughput that attribution costs`,
    1 - parsed / attributed,
    0.3,
  );
}

await benchOffline();
await benchFlood();
await benchLive();
await benchAttribution();
await benchStart();
await benchFirstRequest(await kubectl('35'));
