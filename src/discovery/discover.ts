/** From a target to what is needed to listen: pods, the agents on their nodes, their endpoints, and names for identities. */
import type { AgentPlan, AgentRef, ListeningPlan, Target } from '../model/cluster.ts';
import { Failure, failure, type Problem } from '../model/problem.ts';
import { type AgentAnswer, type AgentLocation, type Agents, findAgents } from './agents.ts';
import { endpointsFromAgent, endpointsFromApi, type FoundEndpoint, targetOf } from './endpoints.ts';
import { createIdentityDirectory, type IdentityDirectory } from './identities.ts';
import { findNodes, nodesWithoutAgent } from './nodes.ts';
import type { Pod } from './objects.ts';
import type { Surroundings } from './question.ts';
import { findPods, type TargetQuery, withoutObstacles } from './targets.ts';

export type { AgentLocation } from './agents.ts';
export type { StepName } from './question.ts';
export type { TargetQuery } from './targets.ts';

export interface DiscoverOptions extends Surroundings {
  readonly query: TargetQuery;
  readonly agentLocation: AgentLocation;
  /** For names that are asked for later, when whoever asks may have been told to stop. */
  readonly naming?: Pick<Surroundings, 'kube' | 'signal' | 'runInAgent'>;
}

export interface DiscoveredPlan extends ListeningPlan {
  /** Resolves when no identity's name is being asked for any more; streams do not wait for it. The first call begins to ask. */
  namesSettled(): Promise<void>;
  /** Asks anew whom the numbers mean that were looked up. */
  confirmNames(): Promise<void>;
  /** An agent is not heard any more. */
  agentLost(node: string): void;
  /** An agent is listened to (again): it may be another one than before. */
  agentOpened(agent: AgentRef): void;
}

/** Keeps nothing from one call to the next, so that it can be asked again when a pod has moved. */
export async function discoverTargets(options: DiscoverOptions): Promise<DiscoveredPlan> {
  const { query, agentLocation } = options;
  options.step('targets');
  const meant = await whatIsMeant(options, query);
  options.step('agents');
  const nodes =
    meant.nodes === 'all' ? null : [...new Set([...meant.nodes, ...meant.pods.map(({ spec }) => spec.nodeName)])];
  const [agents, fromApi] = await Promise.all([
    findAgents(options, agentLocation, nodes),
    endpointsFromApi(options, meant.pods),
  ]);
  const heard = answersOf(agents, nodes, meant.nodes === 'all' ? await nodesWithoutAgent(options, agents.nodes) : []);
  const obstacles = heard.flatMap(({ answer }) => (answer.obstacle === null ? [] : [answer.obstacle]));
  const listening = heard.flatMap(({ answer }) => (answer.agent === null ? [] : [answer.agent]));
  if (listening.length === 0) throw failure(obstacles[0] ?? noAgentAnywhere(options));
  for (const obstacle of obstacles) options.warn(obstacle);

  options.step('endpoints');
  const wholeNodes = meant.nodes === 'all' ? new Set(listening.map(({ node }) => node)) : new Set(meant.nodes);
  const plans = await Promise.all(
    listening.map(async (agent): Promise<PlannedAgent> => {
      if (wholeNodes.has(agent.node)) return { agent, targets: 'all', obstacles: [] };
      return planAgent(options, agent, meant.pods, fromApi);
    }),
  );
  const missed = plans.flatMap((plan) => plan.obstacles);
  const useful = plans.filter(({ targets }) => targets === 'all' || targets.length > 0);
  if (!useful.some(({ targets }) => targets === 'all' || targets.some(({ endpoint }) => endpoint !== null))) {
    throw failure(missed[0] ?? noAgentAnywhere(options));
  }
  for (const problem of missed) options.warn(problem);

  const seen = [...fromApi.values()].flatMap(({ identity }) => (identity === null ? [] : [identity]));
  let directory: IdentityDirectory | null = null;
  // Whoever looks again for where pods are needs no names.
  const identities = () => (directory ??= createIdentityDirectory(options.naming ?? options, listening, seen));
  return {
    context: options.kube.context,
    agents: useful.map(({ agent, targets }): AgentPlan => ({ agent, targets })),
    missingNodes: obstacles.map(({ node, code }) => ({
      node,
      reason: code === 'AGENT_NOT_READY' ? 'agent-not-ready' : 'no-agent',
    })),
    identityName: (identity, node) => identities().lookup(identity, node),
    namesVersion: () => identities().version(),
    namesSettled: () => identities().settled(),
    confirmNames: () => identities().confirm(),
    agentLost: (node) => identities().agentLost(node),
    agentOpened: (agent) => identities().agentOpened(agent),
  };
}

interface Meant {
  readonly pods: readonly Pod[];
  /** Nodes that are wanted as a whole. */
  readonly nodes: readonly string[] | 'all';
}

async function whatIsMeant(options: DiscoverOptions, query: TargetQuery): Promise<Meant> {
  const hasPods = query.pods.length > 0 || query.workloads.length > 0 || query.selector !== null;
  if (!hasPods && query.allNamespaces && query.nodes.length === 0) return { pods: [], nodes: 'all' };
  // With a selector, `--node` says where to look for its pods.
  const wantsNodes = query.nodes.length > 0 && query.selector === null;
  const wantsPods = hasPods || !wantsNodes;
  const [nodes, pods] = await Promise.all([
    wantsNodes ? findNodes(options, query.nodes) : [],
    wantsPods ? findPods(options, query) : [],
  ]);
  return { nodes, pods: wantsPods ? withoutObstacles(pods, nodes.length > 0, (problem) => options.warn(problem)) : [] };
}

interface HeardNode {
  readonly node: string;
  readonly answer: AgentAnswer;
}

function answersOf(agents: Agents, nodes: readonly string[] | null, extra: readonly string[]): HeardNode[] {
  return (nodes ?? [...agents.nodes, ...extra]).map((node) => ({ node, answer: agents.on(node) }));
}

function noAgentAnywhere({ kube, agentLocation }: DiscoverOptions): Problem {
  const { namespace, selector } = agentLocation;
  return { code: 'AGENT_NOT_FOUND', context: kube.context, node: '', namespace, selector };
}

interface PlannedAgent {
  readonly agent: AgentRef;
  readonly targets: readonly Target[] | 'all';
  readonly obstacles: readonly Problem[];
}

/** The agent is asked only for pods that the API server has no endpoint for. */
async function planAgent(
  options: DiscoverOptions,
  agent: AgentRef,
  pods: readonly Pod[],
  fromApi: ReadonlyMap<string, FoundEndpoint>,
): Promise<PlannedAgent> {
  const onNode = pods.filter(({ spec }) => spec.nodeName === agent.node);
  const keyOf = ({ metadata }: Pod) => `${metadata.namespace}/${metadata.name}`;
  const isComplete = onNode.every((pod) => fromApi.has(keyOf(pod)));
  const { found, problem } = isComplete ? { found: null, problem: null } : await askAgent(options, agent);
  const targets = onNode.map((pod) => targetOf(pod, fromApi.get(keyOf(pod)) ?? found?.get(keyOf(pod)) ?? null));
  if (problem !== null) return { agent, targets, obstacles: [problem] };
  const obstacles = targets
    .filter(({ endpoint }) => endpoint === null)
    .map(({ namespace, pod, node }): Problem => ({ code: 'ENDPOINT_NOT_FOUND', namespace, pod, node }));
  return { agent, targets, obstacles };
}

interface AgentEndpoints {
  readonly found: ReadonlyMap<string, FoundEndpoint> | null;
  readonly problem: Problem | null;
}

/** An agent that does not answer keeps nobody from listening to the others. */
async function askAgent(options: DiscoverOptions, agent: AgentRef): Promise<AgentEndpoints> {
  try {
    return { found: await endpointsFromAgent(options, agent), problem: null };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return { found: null, problem: error.problem };
  }
}
