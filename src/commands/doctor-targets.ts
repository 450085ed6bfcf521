/** Finds the targets as a run would, and keeps what it would have been told on the way. */
import { discoverTargets } from '../discovery/discover.ts';
import type { Answer } from '../doctor/facts.ts';
import type { FoundTargets } from '../doctor/judge-targets.ts';
import { askAgent } from '../exec/question.ts';
import type { AgentExec } from '../exec/session.ts';
import type { AgentRef } from '../model/cluster.ts';
import type { KubeApi } from '../model/kubernetes.ts';
import type { Problem } from '../model/problem.ts';
import type { Asker } from './doctor-ask.ts';
import type { ListenPlan } from './plan.ts';

export function locateTargets(
  kube: KubeApi,
  ask: Asker,
  exec: AgentExec,
  { query, agentLocation }: Pick<ListenPlan, 'query' | 'agentLocation'>,
): Promise<Answer<FoundTargets>> {
  return ask(async (signal) => {
    const warnings: Problem[] = [];
    const found = await discoverTargets({
      kube,
      signal,
      query,
      agentLocation,
      runInAgent: (agent: AgentRef, args: readonly string[]) => askAgent(exec, agent, args, signal),
      step: () => {},
      warn: (problem) => warnings.push(problem),
    });
    return {
      targets: found.agents.flatMap(({ targets }) => (targets === 'all' ? [] : targets)),
      nodes: [...found.agents.map(({ agent }) => agent.node), ...found.missingNodes.map(({ node }) => node)],
      warnings,
    };
  });
}
