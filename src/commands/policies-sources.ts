/** Reads what `policies` needs beside the streams: the policies, the pods that Cilium knows, and each agent's endpoints. */
import { createAggregator } from '../aggregator/aggregator.ts';
import { readAgentPolicies } from '../attribution/agent-rules.ts';
import { readPolicyObject } from '../attribution/policy-object.ts';
import { readRealizedPolicies } from '../attribution/realized-policy.ts';
import { findAgents } from '../discovery/agents.ts';
import { listEndpoints } from '../discovery/endpoints.ts';
import { type ListedPolicy, listPolicies } from '../discovery/policies.ts';
import { takeCensus } from '../inventory/census.ts';
import { type KnownCluster, reportPolicies } from '../inventory/report.ts';
import type { Io } from '../io/io.ts';
import { policyKey } from '../model/policy.ts';
import type { PolicyReport } from '../model/policy-report.ts';
import { failure } from '../model/problem.ts';
import type { Summary } from '../model/summary.ts';
import type { AskedCluster } from './listen.ts';
import type { ListenPlan } from './plan.ts';
import { rateLimits } from './rate-limits.ts';

type Agent = ReturnType<AskedCluster['agents']>[number];

const NO_NODES: ReadonlyMap<string, string> = new Map();

/** The state is read at the end of the window: what is said to exist does. */
export async function reportCluster(summary: Summary, plan: ListenPlan, cluster: AskedCluster): Promise<PolicyReport> {
  const agents = cluster.agents();
  const scope = scopeOf(plan, cluster.kube.namespace);
  const [endpoints, rateLimited, listed, nodesByAddress, known] = await Promise.all([
    Promise.all(agents.map(async (agent) => askOrNull(agent, ['endpoint', 'list', '-o', 'json']))),
    rateLimits(cluster),
    listEndpoints(cluster),
    findAgents(cluster, plan.agentLocation, null).then(
      ({ byAddress }) => byAddress,
      () => NO_NODES,
    ),
    knownPolicies(await listPolicies(cluster), agents),
  ]);
  const streaming = new Set(summary.source.agents.filter(({ state }) => state === 'streaming').map(({ node }) => node));
  const census = takeCensus({
    scope,
    listed,
    targets: summary.targets,
    missingNodes: summary.completeness.missingNodes,
    nodesByAddress,
    agents: agents.map(({ plan: { agent, targets } }, at) => ({
      node: agent.node,
      endpoints: readRealizedPolicies(endpoints[at] ?? ''),
      isWholeNodeWanted: targets === 'all',
      isStreaming: streaming.has(agent.node),
    })),
  });
  return reportPolicies(summary, scope, { ...known, rateLimited, census });
}

/** For a namespace in which nobody can be listened to. */
export async function reportWithoutPods(plan: ListenPlan, io: Io): Promise<PolicyReport> {
  const { connectKube } = await import('../io/kube.ts');
  const kube = await connectKube(plan.kube);
  const scope = scopeOf(plan, kube.namespace);
  const asking = { kube, signal: io.stop };
  const [policies, listed] = await Promise.all([listPolicies(asking), listEndpoints(asking)]);
  if (policies === null) {
    throw failure({
      code: 'FORBIDDEN',
      context: kube.context,
      verb: 'list',
      resource: 'networkpolicies.networking.k8s.io',
      namespace: null,
      detail: '',
    });
  }
  const nowMs = io.clock.nowMs();
  const nobody = createAggregator({ startMs: nowMs, source: 'monitor', identityName: () => null });
  const known = await knownPolicies(policies, []);
  const census = takeCensus({ scope, listed, targets: [], missingNodes: [], nodesByAddress: NO_NODES, agents: [] });
  return reportPolicies(nobody.summary(nowMs), scope, { ...known, rateLimited: [], census });
}

async function knownPolicies(
  listed: readonly ListedPolicy[] | null,
  agents: readonly Agent[],
): Promise<Pick<KnownCluster, 'listedFrom' | 'policies'>> {
  if (listed !== null) {
    return { listedFrom: 'api', policies: listed.flatMap(({ kind, object }) => readPolicyObject(object, kind) ?? []) };
  }
  const printed = await Promise.all(agents.map(async (agent) => askOrNull(agent, ['policy', 'get', '-o', 'json'])));
  // Every agent has the same ones; one that is behind may lack some.
  const distinct = new Map(
    printed
      .flatMap((text) => readAgentPolicies(text ?? '')?.policies ?? [])
      .map((policy) => [policyKey(policy.ref), policy]),
  );
  return { listedFrom: 'agents', policies: [...distinct.values()] };
}

/** An agent that does not answer leaves a hole that the report tells of. */
async function askOrNull(agent: Agent, args: readonly string[]): Promise<string | null> {
  try {
    return await agent.ask(args);
  } catch {
    return null;
  }
}

function scopeOf({ query }: ListenPlan, contextNamespace: string): PolicyReport['scope'] {
  const isNamed = query.pods.length + query.workloads.length + query.nodes.length > 0 || query.selector !== null;
  if (isNamed) return { kind: 'targets', namespace: null };
  if (query.allNamespaces) return { kind: 'cluster', namespace: null };
  return { kind: 'namespace', namespace: query.namespace ?? contextNamespace };
}
