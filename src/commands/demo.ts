/** `demo`: boots the embedded demo cluster and watches its deathstar, or only serves it. */
import type { DemoCluster } from '../demo/demo-cluster.ts';
import type { Io } from '../io/io.ts';
import { EXIT } from '../model/exit-code.ts';
import { createNarrator } from './narrator.ts';
import type { OutputFlags } from './options.ts';
import { toListenPlan, usage } from './plan.ts';
import { aborted } from './until.ts';
import { watch } from './watch.ts';

/** Without a terminal nobody can press Ctrl-C. */
const UNATTENDED_MS = 10_000;

export interface DemoFlags extends OutputFlags {
  readonly dialect: 'accuknox' | 'cilium';
  readonly ciliumVersion?: string;
  readonly rate: number;
  readonly seed: number;
  readonly duration?: number;
  readonly interval?: number;
  readonly serveOnly?: boolean;
}

export async function runDemo(flags: DemoFlags, io: Io): Promise<number> {
  const narrator = createNarrator(io, flags);
  narrator.step('demo');
  const { startDemoCluster } = await import('../demo/demo-cluster.ts');
  const cluster = await startDemoCluster({
    dialect: flags.dialect,
    ...(flags.ciliumVersion === undefined ? {} : { version: flags.ciliumVersion }),
    rate: flags.rate,
    seed: flags.seed,
    programsFolder: io.demoPrograms,
  }).catch((error: unknown) => {
    throw error instanceof RangeError ? usage(error.message) : error;
  });
  try {
    if (flags.serveOnly === true) {
      narrator.settle();
      io.out.write(`export KUBECONFIG=${cluster.kubeconfigPath}\n`);
      io.err.write(howToWalk(cluster.agentOf('k8s-node1')));
      await aborted(io.stop);
      return EXIT.done;
    }
    const plan = toListenPlan(
      [],
      { pod: ['deathstar'], agentSelector: 'k8s-app=cilium', kubeconfig: cluster.kubeconfigPath },
      {},
    );
    const attended = io.out.isTerminal && io.env.CI === undefined;
    const durationMs = flags.duration ?? (attended ? null : UNATTENDED_MS);
    return await watch(plan, { ...flags, live: true, intervalMs: flags.interval ?? null, durationMs }, io, narrator);
  } finally {
    await cluster.stop();
  }
}

function howToWalk({ namespace, pod, program }: ReturnType<DemoCluster['agentOf']>): string {
  return `The demo cluster runs until Ctrl-C. In another shell, after the line above:
  kubectl get pods -l class=deathstar -o wide
  kubectl -n ${namespace} get pods -l k8s-app=cilium -o wide
  kubectl -n ${namespace} exec -it ${pod} -- ${program} monitor -t policy-verdict
  kubectl exec -it tiefighter -- curl -m 5 -s -XPOST deathstar.default.svc.cluster.local/v1/request-landing
  kubectl exec -it xwing -- curl -m 5 -s -XPOST deathstar.default.svc.cluster.local/v1/request-landing
  policystat watch --pod deathstar
`;
}
