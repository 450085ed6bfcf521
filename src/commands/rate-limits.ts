/** Which agents drop events beyond a rate: of these nothing in a stream tells (Cilium 1.17 and newer). */
import { CONFIG_QUESTION } from '../doctor/probe.ts';
import { rateLimitIn } from '../doctor/running-config.ts';
import type { PolicyReport } from '../model/policy-report.ts';
import type { AskedCluster } from './listen.ts';

/** An agent that does not answer is none of them. */
export async function rateLimits(cluster: Pick<AskedCluster, 'agents'>): Promise<PolicyReport['rateLimited']> {
  const asked = cluster.agents().map(async (agent) => {
    const perSecond = rateLimitIn(await agent.ask(CONFIG_QUESTION).catch(() => ''));
    return perSecond === null ? [] : [{ node: agent.plan.agent.node, perSecond }];
  });
  return (await Promise.all(asked)).flat();
}
