/** What every part of discovery is given: whom to ask, whom to tell, when to stop. */
import type { AgentRef } from '../model/cluster.ts';
import type { KubeApi } from '../model/kubernetes.ts';
import { Failure, type Problem } from '../model/problem.ts';

export type StepName = 'targets' | 'agents' | 'endpoints';

/** Runs `cilium-dbg ARGS`, or `cilium ARGS` where the image is older, in an agent and gives its stdout. */
type AgentCommand = (agent: AgentRef, args: readonly string[]) => Promise<string>;

export interface Surroundings {
  readonly kube: KubeApi;
  readonly runInAgent: AgentCommand;
  readonly signal: AbortSignal;
  /** Where we are, for whoever shows it. */
  step(step: StepName): void;
  /** Something is not as it was asked for, but there is enough to go on with. */
  warn(problem: Problem): void;
}

/** The result, or null where the user may not ask. */
export async function unlessForbidden<T>(asking: Promise<T>): Promise<T | null> {
  try {
    return await asking;
  } catch (error) {
    if (error instanceof Failure && error.problem.code === 'FORBIDDEN') return null;
    throw error;
  }
}
