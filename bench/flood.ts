/** Measures whether a stream that prints as fast as it can ever waits for its reader: the demo cluster in a process of its own. */
import { type ChildProcess, fork, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import * as v from 'valibot';
import { atMost, isThere, say } from './comparison.ts';

const bin = fileURLToPath(new URL('../bin/policystat.js', import.meta.url));
const cluster = fileURLToPath(new URL('flood-cluster.ts', import.meta.url));
/** Until everything is loaded and compiled. */
const WARM_MS = 8_000;
const SECONDS = 28;
const PINNER = 'taskset';
const isPinned = availableParallelism() > 1 && isThere(PINNER);

const Ready = v.object({ kubeconfig: v.string() });
const Told = v.object({ lines: v.number(), printedMs: v.number(), heldUpMs: v.number() });
const Counted = v.object({
  records: v.object({ received: v.number(), counted: v.number() }),
  completeness: v.object({ lost: v.number(), gaps: v.array(v.unknown()) }),
});

/** The cluster has one core and policystat another, as a node and a workstation have: what three processes of the cluster take of policystat's core would count as its slowness. */
export async function benchFlood(): Promise<void> {
  const demo = fork(cluster, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  if (isPinned) spawnSync(PINNER, ['-acp', '0', String(demo.pid)], { stdio: 'ignore' });
  try {
    const { kubeconfig } = v.parse(Ready, await messageOf(demo));
    const env = { ...process.env, KUBECONFIG: kubeconfig };
    const args = [bin, 'summary', '--node', 'k8s-node1', '--duration', `${SECONDS}s`, '-o', 'json', '-q'];
    const [program = '', ...rest] = [...(isPinned ? [PINNER, '-c', '1'] : []), process.execPath, ...args];
    const reader = spawn(program, rest, { env, stdio: ['ignore', 'pipe', 'inherit'] });
    const warm = setTimeout(() => demo.send('begin'), WARM_MS);
    let output = '';
    reader.stdout.on('data', (data: Buffer) => {
      output += data.toString();
    });
    await once(reader, 'close');
    clearTimeout(warm);
    demo.send('tell');
    const { lines, printedMs, heldUpMs } = v.parse(Told, await messageOf(demo));
    const { records, completeness } = v.parse(Counted, JSON.parse(output));
    say(
      `a stream that prints as fast as it can: ${(lines / printedMs).toFixed(0)} thousand lines a second written, ` +
        `${records.counted} counted, ${completeness.lost} lost, ${completeness.gaps.length} gaps`,
    );
    atMost('  time that the writer was held up by its reader, percent', (heldUpMs / printedMs) * 100, 1);
  } finally {
    demo.kill();
  }
}

async function messageOf(child: ChildProcess): Promise<unknown> {
  const messages: readonly unknown[] = await once(child, 'message');
  return messages[0];
}
