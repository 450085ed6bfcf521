/** The life of a verdict that is over: what Hubble still has of a window, attributed with the state that held since the last change. */

import { type Counting, createAggregator } from '../aggregator/aggregator.ts';
import { createAnswers } from '../attribution/answers.ts';
import { createAttributor, createGivenAnswers } from '../attribution/attributor.ts';
import { readNotice } from '../attribution/notice.ts';
import type { Clock } from '../model/clock.ts';
import type { AgentPlan, IdentityLookup } from '../model/cluster.ts';
import type { AgentNotice, Dialect, MonitorRecord, Verdict } from '../model/event.ts';
import type { PastFlows } from '../model/source.ts';
import type { Summary } from '../model/summary.ts';
import { createReader } from '../parser/reader.ts';
import { type AgentQuestions, keepState } from './agent-state.ts';
import { endpointsOf } from './followed-endpoints.ts';
import { createToldNames } from './told-names.ts';

export interface LookBackOptions {
  readonly clock: Clock;
  readonly sinceMs: number;
  readonly untilMs: number;
  readonly identityName: IdentityLookup;
  readonly namesVersion: () => number;
  readonly missingNodes: readonly string[];
  readonly types: readonly string[];
  readonly dialect: Dialect | null;
  readonly counting?: Counting;
  /** What an agent's program said on stderr. */
  notice(plan: AgentPlan, line: string): void;
}

export interface LookBack {
  /** Reads all that one agent still has; rejects with `Failure` where that cannot be done to its end. */
  read(plan: AgentPlan, past: PastFlows, questions: AgentQuestions, signal: AbortSignal): Promise<void>;
  summary(): Summary;
}

/** It is as if the stream had been down before. */
const TOO_SHORT = "Hubble's buffer does not reach back so far";

export function startLookBack(options: LookBackOptions): LookBack {
  const { sinceMs, untilMs, clock, types, missingNodes, dialect, counting = {} } = options;
  const told = createToldNames(options.identityName, options.namesVersion);
  const aggregator = createAggregator({
    ...{ startMs: sinceMs, source: 'hubble', types, missingNodes, identityName: told.lookup },
    namesVersion: () => told.version(),
    ...counting,
  });
  const answers = createAnswers();
  const given = createGivenAnswers();

  async function read(plan: AgentPlan, past: PastFlows, questions: AgentQuestions, signal: AbortSignal): Promise<void> {
    const counter = aggregator.addStream(plan);
    counter.source({ kind: 'hubble', reason: 'asked-for' });
    try {
      const attributor = createAttributor(answers, given);
      const announced = await past.announced(signal);
      if (announced !== null) heed(announced, plan, (notice, atMs) => attributor.notice(notice, atMs));
      const held = announced === null ? {} : { heldSinceMs: sinceMs };
      const keeper = keepState(attributor, questions, { clock, signal, told: (mode) => counter.mode(mode), ...held });
      await keeper.read(endpointsOf(plan.targets));
      const reader = createReader(
        (record) => {
          const atMs = ('hubble' in record ? record.hubble?.timeMs : null) ?? untilMs;
          if ('hubble' in record && record.hubble !== null) told.learn(record.hubble, plan.agent.node);
          if (record.type !== 'policy-verdict' || !counter.wants(record.endpoint)) counter.record(record, null, atMs);
          else if (isOfAnotherPod(record, plan))
            counter.record({ type: 'ignored', reason: 'other-endpoint' }, null, atMs);
          else counter.record(record, attributor.attribute(record, atMs), atMs);
        },
        { dialect },
      );
      counter.state('streaming', sinceMs);
      await past.read(
        {
          bytes: (data) => reader.push(data),
          notice: (line) => options.notice(plan, line),
          facts: (facts) => counter.facts(facts),
        },
        signal,
      );
      reader.end();
      if (signal.aborted) return;
      const reach = await past.reach(signal);
      counter.state('ended', untilMs);
      counter.buffer(reach);
      const fromMs = Math.min(reach.fromMs ?? untilMs, untilMs);
      if (fromMs > sinceMs) counter.gap(sinceMs, fromMs, TOO_SHORT);
    } catch (error) {
      counter.state('failed', sinceMs);
      throw error;
    }
  }

  return { read, summary: () => aggregator.summary(untilMs) };
}

/** What changed in the window, by the time of its change. */
function heed(text: string, plan: AgentPlan, tell: (notice: AgentNotice, atMs: number) => void): void {
  const reader = createReader((record: MonitorRecord) => {
    if (record.type === 'agent' && typeof record.timeMs === 'number' && concerns(record, plan))
      tell(record, record.timeMs);
  });
  reader.push(Buffer.from(text));
  reader.end();
}

/** A policy decides about pods of its own namespace. */
function concerns(notice: AgentNotice, { targets }: AgentPlan): boolean {
  const news = readNotice(notice);
  const namespace = news?.what === 'policy' ? (news.policy?.namespace ?? null) : null;
  return namespace === null || targets === 'all' || targets.some((target) => target.namespace === namespace);
}

/** Numbers of endpoints are given anew. */
function isOfAnotherPod({ direction, endpoint, hubble }: Verdict, { targets }: AgentPlan): boolean {
  const pod = (direction === 'ingress' ? hubble?.destination : hubble?.source)?.pod ?? null;
  if (pod === null || targets === 'all') return false;
  return !targets.some((target) => target.endpoint === endpoint && target.pod === pod);
}
