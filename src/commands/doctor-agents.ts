/** Finds the agents, and asks each of them all that `doctor` wants of it: one look into its container, one round of attribution's questions. */

import type { PolicyObject } from '../attribution/policy-object.ts';
import { type AgentLocation, findAgents } from '../discovery/agents.ts';
import { nodesWithoutAgent } from '../discovery/nodes.ts';
import { compareNames } from '../doctor/compare-names.ts';
import { readEndpointFacts } from '../doctor/endpoints.ts';
import type { AgentReading, Answer, Cost } from '../doctor/facts.ts';
import type { FoundAgents } from '../doctor/judge-agents.ts';
import {
  CONFIG_QUESTION,
  HELP_QUESTION,
  PROBE_COMMAND,
  type Probe,
  probeWithoutShell,
  readProbe,
  STATUS_QUESTION,
  VERSION_QUESTION,
} from '../doctor/probe.ts';
import { askAgent } from '../exec/question.ts';
import { type AgentExec, runInAgent } from '../exec/session.ts';
import type { Clock } from '../model/clock.ts';
import type { AgentRef } from '../model/cluster.ts';
import type { KubeApi } from '../model/kubernetes.ts';
import { Failure } from '../model/problem.ts';
import { type Asker, atMost } from './doctor-ask.ts';
import { apart } from './doctor-server.ts';

/** Streams to one API server at the same time. */
const MOST_AT_ONCE = 16;
/** Some hundred verdicts are a sample; they are a few hundred kilobytes. */
const HUBBLE_SAMPLE = ['hubble', 'observe', '--last', '200', '-t', 'policy-verdict', '-o', 'jsonpb'];

export interface HeardAgents extends FoundAgents {
  readonly agents: readonly AgentRef[];
}

/** `nodes` are the ones that matter; null for all of the cluster. */
export function locateAgents(
  kube: KubeApi,
  ask: Asker,
  location: AgentLocation,
  nodes: readonly string[] | null,
): Promise<Answer<HeardAgents>> {
  return ask(async (signal) => {
    const found = await findAgents({ kube, signal }, location, nodes);
    const all = nodes ?? [...found.nodes, ...(await nodesWithoutAgent({ kube, signal }, found.nodes))];
    const answers = all.map((node) => ({ node, answer: found.on(node) }));
    const agents = answers.flatMap(({ answer }) => answer.agent ?? []);
    const obstacles = answers.flatMap(({ node, answer }) =>
      answer.obstacle === null ? [] : [{ node, problem: answer.obstacle }],
    );
    return { agents, ready: agents.length, obstacles };
  });
}

export function readAgents(
  ask: Asker,
  exec: AgentExec,
  agents: readonly AgentRef[],
  policies: readonly PolicyObject[],
): Promise<AgentReading[]> {
  return atMost(MOST_AT_ONCE, agents, async (agent) => readAgent(ask, exec, agent, policies));
}

async function readAgent(
  ask: Asker,
  exec: AgentExec,
  agent: AgentRef,
  policies: readonly PolicyObject[],
): Promise<AgentReading> {
  const { clock } = exec;
  const beforeMs = clock.nowMs();
  const probe = await ask((signal) => lookInto(exec, agent, signal));
  const timeMs = probe.kind === 'known' ? probe.value.clockMs : null;
  const difference = timeMs === null ? null : apart(timeMs, beforeMs, clock.nowMs());
  // An agent that cannot be asked at all is not asked three times.
  if (probe.kind !== 'known') return { agent, probe, clock: null, endpoints: probe, costs: [], names: null };
  // Before the state: what the sample holds was decided by a state that is not newer.
  const sample = probe.value.hubble?.state === 'Ok' ? await ask((signal) => takeSample(exec, agent, signal)) : null;
  const costs: Cost[] = [];
  const measured = async (words: readonly string[], signal: AbortSignal) => {
    const { text, ms } = await timed(clock, () => askAgent(exec, agent, [...words, '-o', 'json'], signal));
    costs.push({ question: words.join(' '), bytes: Buffer.byteLength(text), ms });
    return text;
  };
  // As attribution asks them: side by side.
  const [endpoints, selectors] = await Promise.all([
    ask((signal) => measured(['endpoint', 'list'], signal)),
    ask((signal) => measured(['policy', 'selectors'], signal)),
  ]);
  costs.sort((a, b) => a.question.localeCompare(b.question));
  const facts = endpoints.kind === 'known' ? known(readEndpointFacts(endpoints.value)) : endpoints;
  return {
    agent,
    probe,
    clock: difference,
    endpoints: facts,
    costs,
    names: sample === null ? null : namesIn({ sample, endpoints, selectors, facts }, policies),
  };
}

function known<T>(value: T): Answer<T> {
  return { kind: 'known', value };
}

interface Sampled {
  readonly sample: Answer<string>;
  readonly endpoints: Answer<string>;
  readonly selectors: Answer<string>;
  readonly facts: AgentReading['endpoints'];
}

function namesIn({ sample, endpoints, selectors, facts }: Sampled, policies: readonly PolicyObject[]) {
  if (sample.kind !== 'known') return sample;
  if (endpoints.kind !== 'known') return endpoints;
  if (selectors.kind !== 'known') return selectors;
  const texts = { flows: sample.value, endpoints: endpoints.value, selectors: selectors.value };
  return known(compareNames(texts, (facts.kind === 'known' ? facts.value : null) ?? [], policies));
}

/** The newest verdicts in the buffer of this agent's own Hubble. */
function takeSample(exec: AgentExec, agent: AgentRef, signal: AbortSignal): Promise<string> {
  return runInAgent(exec, agent, HUBBLE_SAMPLE, signal);
}

async function timed(clock: Clock, question: () => Promise<string>): Promise<{ text: string; ms: number }> {
  const startMs = clock.nowMs();
  const text = await question();
  return { text, ms: clock.nowMs() - startMs };
}

async function lookInto(exec: AgentExec, agent: AgentRef, signal: AbortSignal): Promise<Probe> {
  try {
    return readProbe(await runInAgent(exec, agent, PROBE_COMMAND, signal));
  } catch (error) {
    const isWithoutShell =
      error instanceof Failure && error.problem.code === 'AGENT_COMMAND_FAILED' && error.problem.exitCode === null;
    if (!isWithoutShell) throw error;
  }
  const question = (words: readonly string[]) => askAgent(exec, agent, words, signal);
  const [version, help, status, config] = await Promise.all([
    question(VERSION_QUESTION),
    question(HELP_QUESTION),
    question(STATUS_QUESTION),
    // Older ones do not know the flag.
    question(CONFIG_QUESTION).catch(() => ''),
  ]);
  return probeWithoutShell({ version, help, status, config });
}
