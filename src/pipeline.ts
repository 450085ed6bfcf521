/** The life of a verdict, top to bottom: bytes of a stream, records of a line, the policy of a verdict, counts of a window. */
import { createAggregator, type Aggregator, type StreamCounter } from './aggregator/aggregator.ts';
import { createPrintedNames } from './attribution/printed-name.ts';
import type { AgentFacts, AgentPlan, AgentState, IdentityLookup, Target } from './model/cluster.ts';
import type { Clock } from './model/clock.ts';
import type { MonitorRecord } from './model/event.ts';
import type { Problem } from './model/problem.ts';
import type { AgentStream, StreamHandlers } from './model/source.ts';
import type { Summary } from './model/summary.ts';
import { createReader } from './parser/reader.ts';

export interface LiveOptions {
  readonly clock: Clock;
  readonly identityName: IdentityLookup;
  readonly missingNodes: readonly string[];
  /** An agent's stream is open, for the first time or again. */
  streaming(plan: AgentPlan): void;
  /** What an agent's program said on stderr, and why a stream was lost: for people, not for counting. */
  notice(plan: AgentPlan, line: string): void;
  trouble(plan: AgentPlan, problem: Problem): void;
}

export interface LivePipeline {
  /** Begins to listen to one more agent; the promise is over when its stream is. */
  listen(plan: AgentPlan, stream: AgentStream, signal: AbortSignal): Promise<void>;
  /** The pods that are wanted on a node have changed. */
  retarget(node: string, targets: readonly Target[] | 'all'): void;
  summary(): Summary;
}

export function startPipeline(options: LiveOptions): LivePipeline {
  const { clock, identityName, missingNodes } = options;
  const aggregator = createAggregator({ startMs: clock.nowMs(), source: 'monitor', missingNodes, identityName });
  const counters = new Map<string, StreamCounter>();
  return {
    listen: async (plan, stream, signal) => {
      const counter = aggregator.addStream(plan);
      counters.set(plan.agent.node, counter);
      await stream.run(countingHandlers(counter, plan, options), signal);
    },
    retarget: (node, targets) => counters.get(node)?.setTargets(targets),
    summary: () => aggregator.summary(clock.nowMs()),
  };
}

function countingHandlers(counter: StreamCounter, plan: AgentPlan, options: LiveOptions): StreamHandlers {
  const { clock } = options;
  let nowMs = clock.nowMs();
  const reader = createReader(recordCounter(counter, () => nowMs));
  return {
    bytes: (data) => {
      // Monitor lines carry no time: all lines of a piece arrived together.
      nowMs = clock.nowMs();
      reader.push(data);
    },
    notice: (line) => options.notice(plan, line),
    state: (state: AgentState, problem: Problem | null) => {
      counter.state(state);
      if (state === 'streaming') options.streaming(plan);
      if (problem !== null) options.trouble(plan, problem);
    },
    facts: (facts: AgentFacts) => counter.facts(facts),
    gap: (fromMs, toMs, reason) => {
      reader.reset();
      counter.gap(fromMs, toMs, reason);
    },
  };
}

function recordCounter(counter: StreamCounter, nowMs: () => number): (record: MonitorRecord) => void {
  const attribute = createPrintedNames();
  return (record) => {
    const wanted = record.type === 'policy-verdict' && counter.wants(record.endpoint);
    counter.record(record, wanted ? attribute(record) : null, nowMs());
  };
}

export interface InputFile {
  readonly path: string;
  readonly chunks: AsyncIterable<Uint8Array>;
}

/** The same for monitor text that somebody kept: one summary of all files. */
export async function summarizeFiles(files: readonly InputFile[], clock: Clock): Promise<Summary> {
  const paths = files.map((file) => file.path);
  const aggregator: Aggregator = createAggregator({ startMs: clock.nowMs(), source: 'file', files: paths, identityName: () => null });
  for (const { chunks } of files) {
    let nowMs = clock.nowMs();
    const reader = createReader(recordCounter(aggregator.addStream(null), () => nowMs));
    for await (const chunk of chunks) {
      nowMs = clock.nowMs();
      reader.push(chunk);
    }
    reader.end();
  }
  return aggregator.summary(clock.nowMs());
}
