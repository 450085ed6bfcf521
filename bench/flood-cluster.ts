/** A demo cluster whose monitor prints verdicts as fast as they are taken. */
import { fileURLToPath } from 'node:url';
import type { Invocation, Program } from '../src/demo/agent/invocation.ts';
import { startDemoCluster } from '../src/demo/demo-cluster.ts';

const programsFolder = fileURLToPath(new URL('../dist/demo/', import.meta.url));
const BATCH_LINES = 500;
const MOST_BACKLOG_BYTES = 1 << 20;
const INGRESS = 'ingress, action allow, auth: disabled, match L3-L4, 10.244.1.23:47123 -> 10.244.1.85:80 tcp SYN';

let lines = 0;
let heldUpMs = 0;
let startMs = 0;
let printedMs = 0;

async function flood(invocation: Invocation): Promise<number> {
  startMs = performance.now();
  invocation.onInterrupt(() => undefined);
  while (!invocation.gone.aborted) {
    if (invocation.backlogBytes() < MOST_BACKLOG_BYTES) {
      invocation.out(batch());
      lines += BATCH_LINES;
    }
    printedMs = performance.now() - startMs;
    await new Promise((resolve) => setImmediate(resolve));
  }
  return 0;
}

function batch(): string {
  let text = '';
  for (let line = 0; line < BATCH_LINES; line += 1) {
    const flow = ((lines + line) * 2_654_435_761) % 0xffff_ffff;
    text += `Policy verdict log: flow 0x${flow.toString(16)} local EP ID ${1 + (line % 200)}, remote ID ${10_000 + (line % 300)}, proto 6, ${INGRESS}\n`;
  }
  return text;
}

const replaceAgent =
  (node: string, cilium: Program): Program =>
  (invocation) => {
    const isFlood = node === 'k8s-node1' && invocation.argv[0] === 'monitor';
    return isFlood ? flood(invocation) : cilium(invocation);
  };

const demo = await startDemoCluster({
  ...{ dialect: 'cilium', rate: 0, seed: 1 },
  programsFolder,
  replaceAgent,
  heldUp: (ms) => {
    heldUpMs += ms;
  },
});
process.on('message', (message) => {
  if (message === 'tell') {
    process.send?.({ lines, printedMs, heldUpMs });
    return;
  }
  [lines, heldUpMs, startMs] = [0, 0, performance.now()];
});
process.on('SIGTERM', () => void demo.stop().then(() => process.exit(0)));
process.send?.({ kubeconfig: demo.kubeconfigPath });
