/** Connects to a cluster and finds the targets in it: for whoever listens from now on, and for whoever looks back. */
import { type DiscoveredPlan, discoverTargets, type StepName } from '../discovery/discover.ts';
import { askAgent } from '../exec/question.ts';
import type { AgentExec } from '../exec/session.ts';
import type { Io } from '../io/io.ts';
import type { AgentPlan, AgentRef } from '../model/cluster.ts';
import type { KubeApi } from '../model/kubernetes.ts';
import type { Problem } from '../model/problem.ts';
import { execOver } from './agent-exec.ts';
import { checkSource } from './agent-stream.ts';
import type { Narrator } from './narrator.ts';
import type { ListenPlan } from './plan.ts';
import { tellingWhatIsMissing } from './told-once.ts';

export interface HeardCluster {
  readonly kube: KubeApi;
  readonly signal: AbortSignal;
  readonly plan: DiscoveredPlan;
}

export interface Connected {
  readonly exec: AgentExec;
  readonly heard: HeardCluster;
  /** Where the targets are by now; nothing is said on the way. */
  readonly find: () => Promise<readonly AgentPlan[]>;
}

/** `ending`: aborted when the run is over, which after Ctrl-C is when its last summary is made. */
export async function connect(plan: ListenPlan, io: Io, narrator: Narrator, ending: AbortSignal): Promise<Connected> {
  checkSource(plan);
  narrator.step('connect');
  // The Kubernetes client is loaded here and not at the top: help, version and files never pay for it.
  const { connectKube } = await import('../io/kube.ts');
  const kube = tellingWhatIsMissing(await connectKube(plan.kube), (problem) => narrator.warn(problem));
  const exec = execOver(kube, plan, io);
  const { query, agentLocation } = plan;
  const askUntil = (signal: AbortSignal) => (agent: AgentRef, args: readonly string[]) =>
    askAgent(exec, agent, args, signal);
  const asked = { kube, runInAgent: askUntil(io.stop), query, agentLocation };
  const found = await discoverTargets({
    ...asked,
    signal: io.stop,
    step: (step: StepName) => narrator.step(step),
    warn: (problem: Problem) => narrator.warn(problem),
    // The last summary, after Ctrl-C, has names as well.
    naming: { kube, signal: ending, runInAgent: askUntil(ending) },
  });
  return {
    exec,
    heard: { kube, signal: ending, plan: found },
    find: async () => (await discoverTargets({ ...asked, signal: ending, step: () => {}, warn: () => {} })).agents,
  };
}
