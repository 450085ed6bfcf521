/** An aggregator whose every word is taken down on the way: played back, it counts the same. */
import { type Aggregator, type AggregatorOptions, createAggregator } from '../aggregator/aggregator.ts';
import { isAbout } from '../filter/about.ts';
import type { Tape } from '../model/recording.ts';

export function createTapedAggregator(options: AggregatorOptions, tape: Tape): Aggregator {
  const { startMs, types = null, missingNodes = [], identityName, namesVersion = () => 0 } = options;
  const aggregator = createAggregator({
    ...options,
    identityName: (identity, node) => {
      tape.asked(identity, node);
      return identityName(identity, node);
    },
  });
  tape.begin({ startMs, types, missingNodes, identityName, namesVersion });
  let latestMs = startMs;

  return {
    addStream: (plan, node) => {
      const counter = aggregator.addStream(plan, node);
      if (plan === null) return counter;
      const taped = tape.stream(plan, latestMs);
      let { targets } = plan;
      const isOpen = () => tape.sealedMs === null;
      return {
        record: (record, attribution, nowMs) => {
          if (!isOpen()) return;
          latestMs = Math.max(latestMs, nowMs);
          counter.record(record, attribution, nowMs);
          taped.record(record, attribution, nowMs, isAbout(record, targets));
        },
        ignored: (reason, lines, nowMs) => {
          if (!isOpen()) return;
          latestMs = Math.max(latestMs, nowMs);
          counter.ignored(reason, lines, nowMs);
          taped.ignored(reason, lines, nowMs);
        },
        times: (verdict, times, attribution, nowMs) => counter.times(verdict, times, attribution, nowMs),
        attempt: (verdict, attribution, nowMs) => counter.attempt(verdict, attribution, nowMs),
        wants: (endpoint) => counter.wants(endpoint),
        setTargets: (changed) => {
          if (!isOpen()) return;
          targets = changed;
          counter.setTargets(changed);
          taped.targets(changed);
        },
        state: (state, atMs = latestMs) => {
          if (!isOpen()) return;
          counter.state(state, atMs);
          taped.state(state, atMs);
        },
        // Nobody takes down what is over.
        buffer: (reach) => counter.buffer(reach),
        facts: (facts) => {
          if (!isOpen()) return;
          counter.facts(facts);
          taped.facts(facts);
        },
        source: (choice) => {
          if (!isOpen()) return;
          counter.source(choice);
          taped.source(choice);
        },
        mode: (mode) => {
          if (!isOpen()) return;
          counter.mode(mode);
          taped.mode(mode);
        },
        counters: (told) => {
          if (!isOpen()) return;
          counter.counters(told);
          taped.counters(told);
        },
        agent: (agent) => {
          if (!isOpen()) return;
          counter.agent(agent);
          taped.agent(agent);
        },
        gap: (fromMs, toMs, reason) => {
          if (!isOpen()) return;
          counter.gap(fromMs, toMs, reason);
          taped.gap({ type: 'gap', fromMs, toMs, reason });
        },
        truncated: () => counter.truncated(),
      };
    },
    traffic: (deltas) => {
      if (tape.sealedMs !== null) return;
      aggregator.traffic(deltas);
      tape.traffic(deltas);
    },
    summary: (nowMs) => {
      const untilMs = Math.min(nowMs, tape.sealedMs ?? nowMs);
      const summary = aggregator.summary(untilMs);
      tape.summarized(untilMs);
      return summary;
    },
  };
}
