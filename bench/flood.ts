/** Measures whether a stream that prints as fast as it can ever waits for its reader: the demo cluster in a process of its own. */
import { type ChildProcess, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import * as v from 'valibot';
import { atMost, say } from './comparison.ts';

const bin = fileURLToPath(new URL('../bin/policystat.js', import.meta.url));
const cluster = fileURLToPath(new URL('flood-cluster.ts', import.meta.url));
const SECONDS = 20;

const Ready = v.object({ kubeconfig: v.string() });
const Told = v.object({ lines: v.number(), printedMs: v.number(), heldUpMs: v.number() });
const Counted = v.object({
  records: v.object({ received: v.number(), counted: v.number() }),
  completeness: v.object({ lost: v.number(), gaps: v.array(v.unknown()) }),
});

export async function benchFlood(): Promise<void> {
  const demo = fork(cluster, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  try {
    const { kubeconfig } = v.parse(Ready, await messageOf(demo));
    const env = { ...process.env, KUBECONFIG: kubeconfig };
    const args = [bin, 'summary', '--node', 'k8s-node1', '--duration', `${SECONDS}s`, '-o', 'json', '-q'];
    const reader = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'inherit'] });
    let output = '';
    reader.stdout.on('data', (data: Buffer) => {
      output += data.toString();
    });
    await once(reader, 'close');
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
