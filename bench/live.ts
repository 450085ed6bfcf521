/** Measures what a running watch costs: its share of a core at a thousand verdicts a second, and its memory after a million peers. */
import { type ChildProcess, fork, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import * as v from 'valibot';
import { atMost, say } from './comparison.ts';

const bin = fileURLToPath(new URL('../bin/policystat.js', import.meta.url));
const cluster = fileURLToPath(new URL('live-cluster.ts', import.meta.url));
/** Until everything is loaded and compiled. */
const WARM_MS = 10_000;
const MEASURED_MS = 30_000;
const PATIENCE_MS = 300_000;
const PEERS = 1_000_000;

const Ready = v.object({ kubeconfig: v.string() });
const Told = v.object({ steady: v.number(), peers: v.number() });
const SummaryLine = v.object({
  records: v.object({ received: v.number(), counted: v.number() }),
  completeness: v.object({ lost: v.number(), gaps: v.array(v.unknown()) }),
});

export async function benchLive(): Promise<void> {
  const demo = fork(cluster, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  try {
    const { kubeconfig } = v.parse(Ready, await messageOf(demo));
    const args = [bin, 'watch', '--pod', 'deathstar', '-o', 'jsonl', '--interval', '5s'];
    const watch = spawn(process.execPath, args, {
      env: { ...process.env, KUBECONFIG: kubeconfig },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let lastLine = '';
    let rest = '';
    watch.stdout.setEncoding('utf8').on('data', (text: string) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      lastLine = lines.at(-1) ?? lastLine;
    });
    await elapsed(WARM_MS);
    const [fromMs, fromCpuMs, from] = [performance.now(), cpuMs(watch.pid), await ask(demo, 'tell')];
    await elapsed(MEASURED_MS);
    const [tookMs, tookCpuMs, to] = [performance.now() - fromMs, cpuMs(watch.pid) - fromCpuMs, await ask(demo, 'tell')];
    const perSecond = ((to.steady - from.steady) / tookMs) * 1000;
    say(
      `watch at ${perSecond.toFixed(0)} verdicts a second, the cluster in a process of its own: resident size ${megabytes(watch.pid, 'VmRSS').toFixed(0)} MB`,
    );
    atMost('  share of a core, percent', (tookCpuMs / tookMs) * 100, 3);

    await ask(demo, 'flood');
    const startMs = performance.now();
    const counted = () => (lastLine === '' ? 0 : v.parse(SummaryLine, JSON.parse(lastLine)).records.counted);
    while (counted() < PEERS) {
      if (performance.now() - startMs > PATIENCE_MS) throw new Error(`only ${counted()} verdicts were counted`);
      await elapsed(1000);
    }
    const { completeness } = v.parse(SummaryLine, JSON.parse(lastLine));
    say(
      `a million peers, each another one: ${counted()} counted, ${completeness.lost} lost, ${completeness.gaps.length} gaps, ` +
        `at most ${megabytes(watch.pid, 'VmHWM').toFixed(0)} MB on the way`,
    );
    atMost('  resident size afterwards, MB', megabytes(watch.pid, 'VmRSS'), 150);
    watch.kill('SIGINT');
    await once(watch, 'close');
  } finally {
    demo.kill();
  }
}

/** Own and the kernel's time on its behalf: fields 14 and 15 of proc(5), counted behind the name, which may hold spaces. */
function cpuMs(pid: number | undefined): number {
  const fields =
    readFileSync(`/proc/${String(pid)}/stat`, 'utf8')
      .split(') ')[1]
      ?.split(' ') ?? [];
  const ticksPerSecond = Number(spawnSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }).stdout);
  return ((Number(fields[11]) + Number(fields[12])) / ticksPerSecond) * 1000;
}

function megabytes(pid: number | undefined, what: 'VmRSS' | 'VmHWM'): number {
  const status = readFileSync(`/proc/${String(pid)}/status`, 'utf8');
  return Number(new RegExp(`^${what}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1]) / 1024;
}

async function ask(demo: ChildProcess, what: 'tell' | 'flood'): Promise<v.InferOutput<typeof Told>> {
  demo.send(what);
  return v.parse(Told, await messageOf(demo));
}

async function messageOf(child: ChildProcess): Promise<unknown> {
  const messages: readonly unknown[] = await once(child, 'message');
  return messages[0];
}

function elapsed(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
