/** Runs discovery as a command does, and keeps what it said on the way. */
import type { AgentLocation, DiscoveredPlan, TargetQuery } from '../../src/discovery/discover.ts';
import { discoverTargets } from '../../src/discovery/discover.ts';
import { Failure, type Problem } from '../../src/model/problem.ts';
import { captured, type TestCluster } from './cluster.ts';

export interface Asked {
  readonly plan: DiscoveredPlan;
  readonly warnings: Problem[];
  readonly steps: string[];
  readonly agentCommands: string[];
}

/** What the captured agents print. */
export function capturedAgent(node: string, command: string): string {
  return captured(`${node.replace('k8s-', '')}--cilium-dbg_${command.replaceAll(' ', '_')}.json`);
}

export interface AskOptions {
  readonly query?: Partial<TargetQuery>;
  readonly location?: Partial<AgentLocation>;
  readonly agent?: (node: string, command: string) => string;
}

export async function ask(
  { kube }: TestCluster,
  { query, location, agent = capturedAgent }: AskOptions,
): Promise<Asked> {
  const warnings: Problem[] = [];
  const steps: string[] = [];
  const agentCommands: string[] = [];
  const plan = await discoverTargets({
    kube,
    query: { pods: [], workloads: [], selector: null, nodes: [], namespace: null, allNamespaces: false, ...query },
    agentLocation: { namespace: null, selector: 'k8s-app=cilium', container: null, ...location },
    runInAgent: async ({ node }, args) => {
      await Promise.resolve();
      agentCommands.push(`${node}: ${args.join(' ')}`);
      return agent(node, args.join(' '));
    },
    signal: new AbortController().signal,
    step: (step) => void steps.push(step),
    warn: (problem) => void warnings.push(problem),
  });
  return { plan, warnings, steps, agentCommands };
}

/** The problem that discovery ends with. */
export async function problemOf(cluster: TestCluster, options: AskOptions): Promise<Problem> {
  try {
    await ask(cluster, options);
  } catch (error) {
    if (error instanceof Failure) return error.problem;
    throw error;
  }
  throw new Error('discovery found something');
}

/** `k8s-node1/cilium-5l2dg: default/tiefighter=462`, one a target, in the order of the plan. */
export function told({ agents }: DiscoveredPlan): string[] {
  return agents.flatMap(({ agent, targets }) => {
    const start = `${agent.node}/${agent.pod}`;
    if (targets === 'all') return [`${start}: all`];
    return targets.map(({ namespace, pod, endpoint }) => `${start}: ${namespace}/${pod}=${endpoint ?? '?'}`);
  });
}
