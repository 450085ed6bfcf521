/** `summary --since`: the agents' Hubbles are read once, all at the same time, and what they still had is told with the counts. */
import { listPolicies } from '../discovery/policies.ts';
import { pastFlows } from '../exec/past-flows.ts';
import { askAgent } from '../exec/question.ts';
import type { Io } from '../io/io.ts';
import type { TimeWindow } from '../model/clock.ts';
import type { AgentPlan } from '../model/cluster.ts';
import { Failure } from '../model/problem.ts';
import type { Summary } from '../model/summary.ts';
import { connect } from './connected.ts';
import type { Hearing } from './listen.ts';
import type { Narrator } from './narrator.ts';
import type { ListenPlan } from './plan.ts';
import { askTogether, elapsed } from './until.ts';

/** All agents read their state at the same time: one list serves those who ask in this time. */
const POLICIES_EVERY_MS = 500;
/** How long the summary waits for the names of identities. */
const NAMES_MS = 1_000;

/** Null where it was interrupted before there was anything. */
export async function lookBack(
  plan: ListenPlan,
  { sinceMs, untilMs }: TimeWindow,
  io: Io,
  narrator: Narrator,
  hearing: Hearing,
): Promise<Summary | null> {
  const ending = new AbortController();
  const { exec, heard } = await connect(plan, io, narrator, ending.signal);
  const { kube, plan: found } = heard;
  // Begins to read the names.
  void found.namesSettled();
  narrator.step('past');
  const [{ startLookBack }, counting] = await Promise.all([
    import('../pipeline/look-back.ts'),
    hearing.counting?.(heard),
  ]);
  const back = startLookBack({
    ...{ clock: io.clock, sinceMs, untilMs, types: plan.types, dialect: plan.dialect },
    identityName: found.identityName,
    namesVersion: () => found.namesVersion(),
    missingNodes: found.missingNodes.map(({ node }) => node),
    ...(counting === undefined ? {} : { counting }),
    notice: ({ agent }, line) => narrator.detail(`${agent.node}: ${line}`),
  });
  const window = { since: new Date(sinceMs).toISOString(), until: new Date(untilMs).toISOString() };
  const policies = askTogether(io.clock, POLICIES_EVERY_MS, () => listPolicies({ kube, signal: io.stop }));
  const readAgent = async (agentPlan: AgentPlan) => {
    const { agent } = agentPlan;
    const ask = (args: readonly string[]) => askAgent(exec, agent, args, io.stop);
    await back.read(agentPlan, pastFlows(exec, agent, { types: plan.types, ...window }), { ask, policies }, io.stop);
  };
  try {
    const outcomes = await Promise.allSettled(found.agents.map(readAgent));
    if (!io.stop.aborted) tellFailures(outcomes, narrator);
    // The first look at a number asks for its name.
    const { records } = back.summary();
    if (io.stop.aborted && records.received === 0) return null;
    const named = found.namesSettled();
    await Promise.race([named, elapsed(io.clock, NAMES_MS, ending.signal)]);
    return back.summary();
  } finally {
    ending.abort();
    narrator.settle();
  }
}

/** Throws the first of them where nobody was read. */
function tellFailures(outcomes: readonly PromiseSettledResult<void>[], narrator: Narrator): void {
  const reasons = outcomes.flatMap((outcome): unknown[] => (outcome.status === 'rejected' ? [outcome.reason] : []));
  if (reasons.length === outcomes.length) throw reasons[0];
  for (const reason of reasons) {
    if (!(reason instanceof Failure)) throw reason;
    narrator.warn(reason.problem);
  }
}
