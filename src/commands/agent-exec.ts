/** How agents are reached through the API server: with the time that the user gives one answer. */
import type { AgentExec } from '../exec/session.ts';
import type { Io } from '../io/io.ts';
import type { KubeApi } from '../model/kubernetes.ts';
import type { ListenPlan } from './plan.ts';

/** Whoever is given less time for an answer is given less time to be silent, too. */
export function execOver(kube: KubeApi, plan: ListenPlan, io: Io): AgentExec {
  const { requestTimeoutMs = 0 } = plan.kube;
  const silence = requestTimeoutMs > 0 ? { silenceMs: requestTimeoutMs } : {};
  return { openExec: kube.openExec.bind(kube), clock: io.clock, random: io.random, ...silence };
}
