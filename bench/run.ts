/** Prints how policystat compares with something else in the same run: medians of five, every ratio beside its bound. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { startDemoCluster } from '../src/demo/demo-cluster.ts';
import { kubectl } from '../tools/kubectl.ts';
import { attributionCost, VERDICTS } from './attribution.ts';
import { atMost, median, RUNS, takingTurns } from './comparison.ts';
import { benchFlood } from './flood.ts';
import { benchLive } from './live.ts';
import { benchOffline } from './offline.ts';
import { benchStarts } from './start.ts';

/** Short ones, which others on the machine disturb the more easily. */
const ATTRIBUTION_RUNS = 15;
/** For an idle watch to reach its lasting size. */
const IDLE_MS = 5_000;
const bin = fileURLToPath(new URL('../bin/policystat.js', import.meta.url));
const programsFolder = fileURLToPath(new URL('../dist/demo/', import.meta.url));

function print(what: string, ours: string, against: string, measured: number, bound: number): void {
  atMost(`${what}: ${ours}, ${against}`, measured, bound);
}

async function benchMemory(): Promise<void> {
  const demo = await startDemoCluster({ dialect: 'cilium', rate: 0, seed: 1, programsFolder });
  const env = { ...process.env, KUBECONFIG: demo.kubeconfigPath };
  const sizes: number[] = [];
  for (let run = 0; run < RUNS; run += 1) {
    const child = spawn(process.execPath, [bin, 'watch', '--pod', 'deathstar'], { env, stdio: 'ignore' });
    await new Promise((resolve) => setTimeout(resolve, IDLE_MS));
    const status = readFileSync(`/proc/${String(child.pid)}/status`, 'utf8');
    sizes.push(Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) / 1024);
    child.kill('SIGTERM');
    await once(child, 'exit');
  }
  await demo.stop();
  const size = median(sizes);
  print('memory of an idle watch', `resident size`, 'MB', size, 90);
}

async function benchAttribution(): Promise<void> {
  const { parse, parseAndAttribute } = attributionCost();
  // Runs go on for days: what the first seconds compile is not part of a stream's cost.
  const measures = [parse, parseAndAttribute];
  await takingTurns(measures, RUNS);
  const [parsed = Number.NaN, attributed = Number.NaN] = (await takingTurns(measures, ATTRIBUTION_RUNS)).map(median);
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
await benchStarts(await kubectl('35'));
await benchMemory();
