/** A demo cluster in a process of its own: so many verdicts a second until it is told to go on with peers that are all different. */
import { fileURLToPath } from 'node:url';
import type { Invocation, Program } from '../src/demo/agent/invocation.ts';
import { startDemoCluster } from '../src/demo/demo-cluster.ts';

const programsFolder = fileURLToPath(new URL('../dist/demo/', import.meta.url));
const PER_SECOND = 1_000;
const TICK_MS = 20;
const PEERS = 1_000_000;
const BATCH_LINES = 200;
const MOST_BACKLOG_BYTES = 1 << 18;
/** The first of the numbers that an agent gives to addresses outside of the cluster. */
const FIRST_LOCAL_IDENTITY = 16_777_217;

let isFlooding = false;
let steady = 0;
let peers = 0;

/** The same thousand connections again and again: an eighth of them is refused. */
function steadyLine(index: number): string {
  const action = index % 8 === 0 ? 'deny' : 'allow';
  const match = action === 'deny' ? 'none' : 'L3-L4';
  const remote = action === 'deny' ? 2371 : 12_530;
  return line(index, remote, `ingress, action ${action}, auth: disabled, match ${match}`, '10.244.1.23');
}

/** Every other one is refused, and every one is somebody else. */
function peerLine(index: number): string {
  const address = `${100 + (index >> 18)}.${(index >> 10) & 255}.${(index >> 2) & 255}.${1 + (index & 3)}`;
  const action = index % 2 === 0 ? 'deny' : 'allow';
  const match = action === 'deny' ? 'none' : 'L3-L4';
  return line(
    index,
    FIRST_LOCAL_IDENTITY + index,
    `ingress, action ${action}, auth: disabled, match ${match}`,
    address,
  );
}

function line(index: number, remote: number, decision: string, address: string): string {
  const flow = ((index * 2_654_435_761) % 0xffff_ffff) + 1;
  const packet = `${address}:${1024 + (index % 60_000)} -> 10.244.0.94:80 tcp SYN`;
  return `Policy verdict log: flow 0x${flow.toString(16)} local EP ID 733, remote ID ${remote}, proto 6, ${decision}, ${packet}\n`;
}

async function monitor(invocation: Invocation): Promise<number> {
  invocation.onInterrupt(() => undefined);
  let lastMs = performance.now();
  let due = 0;
  while (!invocation.gone.aborted) {
    await new Promise((resolve) => setTimeout(resolve, isFlooding ? 1 : TICK_MS));
    const nowMs = performance.now();
    due += isFlooding ? 0 : ((nowMs - lastMs) / 1000) * PER_SECOND;
    lastMs = nowMs;
    let text = '';
    for (; due >= 1; due -= 1, steady += 1) text += steadyLine(steady);
    if (isFlooding && invocation.backlogBytes() < MOST_BACKLOG_BYTES) {
      for (let left = Math.min(BATCH_LINES, PEERS - peers); left > 0; left -= 1, peers += 1) text += peerLine(peers);
    }
    if (text !== '') invocation.out(text);
  }
  return 0;
}

const replaceAgent =
  (node: string, cilium: Program): Program =>
  (invocation) => {
    const isOurs = node === 'k8s-node1' && invocation.argv[0] === 'monitor';
    return isOurs ? monitor(invocation) : cilium(invocation);
  };

const demo = await startDemoCluster({ dialect: 'cilium', rate: 0, seed: 1, programsFolder, replaceAgent });
process.on('message', (message) => {
  if (message === 'flood') isFlooding = true;
  process.send?.({ steady, peers });
});
for (const end of ['SIGTERM', 'disconnect']) process.on(end, () => void demo.stop().then(() => process.exit(0)));
process.send?.({ kubeconfig: demo.kubeconfigPath });
