/** From a plan to running streams: connect, find the agents, and listen to all of them at once. */

import type { Counting } from '../aggregator/aggregator.ts';
import { missingPermissions } from '../discovery/access.ts';
import { findAgents } from '../discovery/agents.ts';
import { listPolicies } from '../discovery/policies.ts';
import { askAgent } from '../exec/question.ts';
import type { Io } from '../io/io.ts';
import type { RecordSink } from '../model/attributed.ts';
import type { AgentCost, AgentPlan, AgentRef } from '../model/cluster.ts';
import type { KubeApi } from '../model/kubernetes.ts';
import { Failure, failure, type Problem } from '../model/problem.ts';
import type { Tape } from '../model/recording.ts';
import type { Summary } from '../model/summary.ts';
import { createEndpointNames, type EndpointNames } from '../pipeline/endpoint-names.ts';
import { streamOf } from './agent-stream.ts';
import { connect, type HeardCluster } from './connected.ts';
import { openEarly } from './early-stream.ts';
import { followTargets } from './follow.ts';
import type { Narrator } from './narrator.ts';
import type { ListenPlan } from './plan.ts';
import { createChoiceTeller } from './told-choice.ts';
import { createTroubles } from './troubles.ts';
import { aborted, askTogether, elapsed, every } from './until.ts';

/** All agents read their state when a policy changes: so far apart, few lists serve them. */
const POLICIES_APART_MS = 200;
/** How long the last summary waits for the names of identities that were met late. */
const NAMES_MS = 1_000;
/** How long it waits for the packets and bytes. */
const MEASURE_MS = 3_000;
/** Numbers of identities are given to others some time after they were free (15 minutes as Cilium is shipped), seldom sooner. */
const CONFIRM_NAMES_EVERY_MS = 60_000;

export interface Listening {
  /** Whom to ask while it lasts. */
  readonly cluster: AskedCluster;
  summary(): Summary;
  /** What attribution asked of each agent so far. */
  costs(): readonly AgentCost[];
  /** Counts what has arrived and waits to be attributed; resolves then. */
  settle(): Promise<void>;
  /** The last one: nothing that has arrived waits any longer. */
  finalSummary(): Promise<Summary>;
  /** Resolves when the first stream is open, or at Ctrl-C. Rejects with the first `Failure` where no stream could be opened. */
  readonly opened: Promise<void>;
  /** Resolves when every stream that was asked for is open, or given up; or at Ctrl-C. */
  readonly ready: Promise<void>;
  /** Resolves at Ctrl-C, or after `durationMs`, with null; with the last problem where every stream was over before. */
  over(durationMs: number | null): Promise<Problem | null>;
  /** Closes the streams; resolves when nothing of them is left. */
  stop(): Promise<void>;
}

export interface AskedCluster {
  readonly kube: KubeApi;
  readonly signal: AbortSignal;
  /** Those that are listened to by now. */
  agents(): readonly { readonly plan: AgentPlan; ask(args: readonly string[]): Promise<string> }[];
}

/** For whoever wants the records themselves, or not all of them. */
export interface Hearing {
  /** What the agents print with `-v` only. */
  readonly verbose?: boolean;
  /** Made when the streams are being opened; what arrives meanwhile waits. */
  readonly sink?: (cluster: ListenedCluster) => Promise<RecordSink>;
  /** What is counted; made as the sink is. */
  readonly counting?: (cluster: HeardCluster) => Promise<Counting>;
  /** Takes down all that is counted. */
  readonly tape?: Tape;
}

export interface ListenedCluster extends HeardCluster, Pick<EndpointNames, 'endpointName'> {}

export async function listen(plan: ListenPlan, io: Io, narrator: Narrator, hearing: Hearing = {}): Promise<Listening> {
  const ending = new AbortController();
  const { exec, heard, find } = await connect(plan, io, narrator, ending.signal);
  const { kube, plan: found } = heard;
  narrator.step('listen');

  const opened = Promise.withResolvers<void>();
  const listed = askTogether(io.clock, POLICIES_APART_MS, () => listPolicies({ kube, signal: ending.signal }));
  const currentAgents = new Map<string, () => AgentRef>();
  const openAgent = (agentPlan: AgentPlan) => {
    // The agent's pod may be another one after a loss.
    let { agent } = agentPlan;
    currentAgents.set(agent.node, () => agent);
    const locate = async () => {
      const agents = await findAgents({ kube, signal: ending.signal }, plan.agentLocation, [agent.node]);
      const located = agents.on(agent.node).agent;
      agent = located ?? agent;
      return located;
    };
    const stream = streamOf(exec, agent, plan, { verbose: hearing.verbose ?? false, locate });
    return {
      agentPlan,
      stream: openEarly(stream, ending.signal),
      questions: { ask: (args: readonly string[]) => askAgent(exec, agent, args, ending.signal), policies: listed },
    };
  };
  const opening = found.agents.map(openAgent);
  // The requests go out first: what is loaded and asked from here on is not needed before the agents answer.
  await elapsed(io.clock, 0, io.stop);
  // Begins to read the names.
  void found.namesSettled();
  const readiness = new Map(opening.map(({ agentPlan }) => [agentPlan.agent.node, Promise.withResolvers<void>()]));
  const failed: Problem[] = [];
  const streams: Promise<void>[] = [];
  const agents: ReturnType<AskedCluster['agents']>[number][] = [];
  const endpointNames = createEndpointNames();
  for (const { agent, targets } of found.agents) endpointNames.learn(agent.node, targets);
  const { endpointName } = endpointNames;
  const listened = { ...heard, endpointName };
  const [{ startPipeline }, sink, counting] = await Promise.all([
    import('../pipeline.ts'),
    hearing.sink?.(listened),
    hearing.counting?.(heard),
  ]);
  const troubles = createTroubles(narrator);
  const pipeline = startPipeline({
    clock: io.clock,
    identityName: found.identityName,
    namesVersion: () => found.namesVersion(),
    missingNodes: found.missingNodes.map(({ node }) => node),
    types: plan.types,
    dialect: plan.dialect,
    traffic: plan.traffic,
    ...(counting === undefined ? {} : { counting }),
    ...(sink === undefined ? {} : { sink }),
    ...(hearing.tape === undefined ? {} : { tape: hearing.tape }),
    endpointsChanged: () => following.soon(),
    endpointTold: (node, mode) => endpointNames.told(node, mode),
    streaming: ({ agent }) => {
      narrator.detail(`${agent.node}: listening`);
      troubles.over(agent.node);
      opened.resolve();
      readiness.get(agent.node)?.resolve();
      const current = currentAgents.get(agent.node)?.() ?? agent;
      found.agentOpened(current);
      pipeline.agent(current);
    },
    stateRead: ({ agent }, isRead) =>
      narrator.detail(`${agent.node}: ${isRead ? 'policy state read' : 'the policy state could not be read yet'}`),
    notice: ({ agent }, line) => narrator.detail(`${agent.node}: ${line}`),
    chosen: createChoiceTeller(narrator),
    trouble: ({ agent }, problem) => {
      found.agentLost(agent.node);
      troubles.tell(agent.node, problem);
    },
    failed: ({ agent }, problem) => {
      failed.push(problem);
      readiness.get(agent.node)?.resolve();
      // The last one is what the program ends with.
      if (failed.length < streams.length) narrator.warn(problem);
    },
  });
  const count = ({ agentPlan, stream, questions }: ReturnType<typeof openAgent>) => {
    const listening = pipeline.listen(agentPlan, stream, questions, ending.signal);
    streams.push(listening);
    agents.push({ plan: agentPlan, ask: questions.ask });
    const isOver = () => readiness.get(agentPlan.agent.node)?.resolve();
    void listening.then(isOver, isOver);
  };
  const following = followTargets({
    clock: io.clock,
    signal: ending.signal,
    nodes: found.agents.map(({ agent }) => agent.node),
    find,
    retarget: (node, targets, sinceMs) => {
      endpointNames.learn(node, targets);
      pipeline.retarget(node, targets, sinceMs);
    },
    open: (agentPlan, sinceMs) => {
      endpointNames.learn(agentPlan.agent.node, agentPlan.targets);
      count(openAgent(agentPlan));
      // An agent that is new here was not heard until now.
      pipeline.missed(agentPlan.agent.node, sinceMs);
    },
  });
  for (const one of opening) count(one);
  const stopConfirming = every(io.clock, CONFIRM_NAMES_EVERY_MS, () => void found.confirmNames());
  const finished = allOver(streams).then(async (outcomes) => {
    following.stop();
    stopConfirming();
    const failures = outcomes.flatMap((outcome): unknown[] => (outcome.status === 'rejected' ? [outcome.reason] : []));
    if (failures.length === outcomes.length) opened.reject(await withMissingVerbs(failures[0], kube, io.stop));
    else for (const failed of failures) if (failed instanceof Failure) narrator.warn(failed.problem);
  });
  return {
    cluster: { kube, signal: ending.signal, agents: () => agents },
    summary: () => pipeline.summary(),
    costs: () => pipeline.costs(),
    settle: async () => pipeline.settle(),
    finalSummary: async () => {
      await pipeline.settle();
      await pipeline.measure(MEASURE_MS);
      // The first look at a number asks for its name.
      pipeline.summary();
      const named = found.namesSettled().then(async () => found.confirmNames());
      await Promise.race([named, elapsed(io.clock, NAMES_MS, ending.signal)]);
      return pipeline.summary();
    },
    opened: Promise.race([opened.promise, aborted(io.stop)]),
    ready: Promise.race([
      Promise.all([...readiness.values()].map(async ({ promise }) => promise)).then(() => {}),
      aborted(io.stop),
    ]),
    over: async (durationMs) => {
      const limit = durationMs === null ? [] : [elapsed(io.clock, durationMs, ending.signal)];
      const ended = finished.then(() => failed.at(-1) ?? null);
      return Promise.race([ended, ...[aborted(io.stop), ...limit].map(async (wait) => wait.then(() => null))]);
    },
    stop: async () => {
      ending.abort();
      await finished;
    },
  };
}

/** A refused exec names one verb; which of the two are missing is for the API server to say. */
async function withMissingVerbs(error: unknown, kube: KubeApi, signal: AbortSignal): Promise<unknown> {
  if (!(error instanceof Failure) || error.problem.code !== 'EXEC_FORBIDDEN') return error;
  const missing = await missingPermissions(kube, [error.problem], signal);
  if (missing.length === 0) return error;
  return failure({ ...error.problem, verbs: missing.map(({ verb }) => verb) }, error);
}

/** Streams may join while others are already over. */
async function allOver(streams: readonly Promise<void>[]): Promise<PromiseSettledResult<void>[]> {
  for (;;) {
    const outcomes = await Promise.allSettled(streams);
    if (outcomes.length === streams.length) return outcomes;
  }
}
