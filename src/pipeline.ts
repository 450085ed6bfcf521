/** The life of a verdict, top to bottom: bytes of a stream, records of a line, the policy of a verdict, counts of a window. */

import { createAggregator, type StreamCounter } from './aggregator/aggregator.ts';
import { createAnswers } from './attribution/answers.ts';
import { createAttributor, createGivenAnswers } from './attribution/attributor.ts';
import { readNotice } from './attribution/notice.ts';
import type { RealizedPolicy } from './attribution/realized-policy.ts';
import { isAbout } from './filter/about.ts';
import type { AgentCost, AgentPlan } from './model/cluster.ts';
import type { MonitorRecord } from './model/event.ts';
import { type AgentStream, MADE_UP_FOR } from './model/source.ts';
import { createReader, type Reader } from './parser/reader.ts';
import { type AgentQuestions, keepState } from './pipeline/agent-state.ts';
import { createFlowTime } from './pipeline/flow-time.ts';
import { followEndpoints } from './pipeline/followed-endpoints.ts';
import { createHold } from './pipeline/hold.ts';
import type { LiveOptions, LivePipeline } from './pipeline/live.ts';
import { countCost } from './pipeline/question-cost.ts';
import { readAhead } from './pipeline/read-ahead.ts';
import { createRepeated } from './pipeline/repeated.ts';
import { watchStandstill } from './pipeline/standstill.ts';
import { createTapedAggregator } from './pipeline/taped-aggregator.ts';
import { createToldEndpoints } from './pipeline/told-endpoints.ts';
import { createToldNames } from './pipeline/told-names.ts';
import { createTrafficSampler } from './pipeline/traffic-sampler.ts';

/** Often enough that few packets are lost with an entry that is taken out of its map. */
const TRAFFIC_EVERY_MS = 5_000;
const MOVED = 'a pod moved or was replaced';
const STOOD_STILL = 'policystat stood still, or the clock was set';

export function startPipeline(options: LiveOptions): LivePipeline {
  const { clock, missingNodes, types, dialect, sink, counting = {} } = options;
  const names = createToldNames(options.identityName, options.namesVersion);
  const { lookup: identityName } = names;
  const namesVersion = () => names.version();
  const window = {
    startMs: clock.nowMs(),
    source: 'monitor',
    types,
    missingNodes,
    identityName,
    namesVersion,
  } as const;
  const counts = { ...window, ...counting };
  const aggregator =
    options.tape === undefined ? createAggregator(counts) : createTapedAggregator(counts, options.tape);
  const answers = createAnswers();
  const given = createGivenAnswers();
  const holds: (() => Promise<void>)[] = [];
  const costs: (() => AgentCost)[] = [];
  const measures: (() => Promise<void>)[] = [];
  /** Those that are being asked for their counters. */
  const looking = new Set<StreamCounter>();
  const followers = new Map<string, Follower>();
  const counters = new Map<string, StreamCounter>();

  function missed(node: string, fromMs: number, reason = MOVED, toMs = clock.nowMs()): void {
    counters.get(node)?.gap(fromMs, toMs, reason);
    sink?.record({ type: 'gap', fromMs, toMs, reason }, null, { node, atMs: toMs, wanted: true });
  }

  async function listen(
    plan: AgentPlan,
    stream: AgentStream,
    questions: AgentQuestions,
    signal: AbortSignal,
  ): Promise<void> {
    const counter = aggregator.addStream(plan);
    const attributor = createAttributor(answers, given);
    const counted = countCost(plan.agent.node, async (args) => questions.ask(args), clock);
    costs.push(counted.cost);
    const { node } = plan.agent;
    const endpoints = createToldEndpoints((mode) => {
      counter.mode(mode);
      options.endpointTold?.(node, mode);
    });
    const told = (endpoint: RealizedPolicy) => {
      endpoints.told(endpoint);
      sampler.learn(endpoint);
    };
    const asked = { ...questions, ask: counted.ask };
    const keeper = keepState(attributor, asked, { clock, signal, told });
    counters.set(plan.agent.node, counter);
    const sampler = createTrafficSampler(attributor, answers, counted.ask, clock, {
      count: (deltas) => aggregator.traffic(deltas),
      counters: (told) => counter.counters(told),
    });
    if (options.traffic === true) counter.counters('unread');
    const measure = async () => {
      // Audit mode may have been switched where nothing else was asked since.
      if (counting.audit === true || options.tape !== undefined) await keeper.readAgain(followed.wanted());
      if (options.traffic !== true) return;
      looking.add(counter);
      await sampler.sample(followed.wanted());
      looking.delete(counter);
    };
    measures.push(measure);
    let stopMeasuring = () => {};
    signal.addEventListener('abort', () => stopMeasuring(), { once: true });
    const measureOn = () => {
      if (options.traffic !== true || signal.aborted) return;
      stopMeasuring = clock.after(TRAFFIC_EVERY_MS, () => void measure().then(measureOn));
    };
    let isStreaming = false;
    /** What the agent says of itself comes beside the stream. */
    let isBeside = false;
    let isUnheard = false;
    const unheard = () => {
      isUnheard = true;
      hold.release();
      attributor.lost(clock.nowMs());
    };
    watchStandstill(clock, signal, (fromMs) => (isStreaming ? missed(node, fromMs, STOOD_STILL) : undefined));
    const followed = followEndpoints(plan.targets, (targets) => counter.setTargets(targets));
    followers.set(node, (targets, lookedMs) => {
      const { added, sinceMs } = followed.retarget(targets, lookedMs);
      if (added.length === 0) return;
      missed(node, sinceMs);
      hold.until(keeper.read(added));
    });
    const flowTime = createFlowTime();
    const repeated = createRepeated();
    let arrivedMs = clock.nowMs();
    let nowMs = arrivedMs;
    let isMeasured = false;
    const emit = (record: MonitorRecord) => {
      const flow = 'hubble' in record ? record.hubble : null;
      const toldMs = flow?.timeMs ?? null;
      nowMs = toldMs === null ? arrivedMs : flowTime.localMs(toldMs, arrivedMs);
      if (flow !== null && repeated.has(flow)) return;
      if (flow !== null) names.learn(flow, node);
      if (record.type === 'agent') {
        attributor.notice(record, nowMs);
        const news = readNotice(record);
        if (news?.what === 'endpoint-gone') endpoints.gone(news.endpoint);
      }
      if (record.type === 'agent' && followed.notice(record, nowMs)) options.endpointsChanged();
      const attribution = attributionOf(record);
      counter.record(record, attribution, nowMs);
      sink?.record(record, attribution, { node, atMs: nowMs, wanted: isAbout(record, followed.targets()) });
    };
    const reader = createReader(emit, { dialect });
    // What the kernel lost Hubble tells as well.
    const announcing = (record: MonitorRecord) => (record.type === 'lost' ? undefined : emit(record));
    let announcements: Reader | null = null;
    const attributionOf = (record: MonitorRecord) => {
      if (record.type === 'policy-verdict')
        return counter.wants(record.endpoint) ? attributor.attribute(record, nowMs, arrivedMs) : null;
      return record.type === 'l7' ? attributor.attributeL7(record) : null;
    };
    const hold = createHold({
      clock,
      // Among Hubble's flows there is nothing to find.
      lookAhead: () => (isBeside ? () => {} : readAhead((notice, atMs) => attributor.notice(notice, atMs), dialect)),
      handOn: (data, atMs) => {
        // Monitor lines carry no time: all lines of a piece arrived together.
        arrivedMs = atMs;
        reader.push(data);
        keeper.refresh();
      },
    });
    holds.push(async () => hold.settle());
    await stream.run(
      {
        source: (choice) => {
          isBeside = choice.kind === 'hubble';
          counter.source(choice);
          options.chosen(plan, choice);
        },
        announced: (data) => {
          arrivedMs = clock.nowMs();
          announcements ??= createReader(announcing, { dialect });
          announcements.push(data);
          keeper.refresh();
        },
        unheard,
        unannounced: (fromMs, toMs) => {
          announcements?.reset();
          isUnheard = false;
          // Flows of that time may still come: no state holds in it.
          attributor.gap(fromMs);
          attributor.gap(toMs);
          options.endpointsChanged();
          hold.until(keeper.read(followed.wanted()));
        },
        resumed: () => {
          hold.release();
          reader.reset();
          counter.gap(clock.nowMs(), clock.nowMs(), MADE_UP_FOR);
        },
        bytes: (data) => hold.push(data),
        notice: (line) => options.notice(plan, line),
        state: (state, problem) => {
          counter.state(state, clock.nowMs());
          isStreaming = state === 'streaming';
          if (state === 'reconnecting' && !isBeside) unheard();
          if (state === 'streaming') {
            // Without a gap where it was never heard before.
            if (!isBeside) attributor.gap(clock.nowMs());
            const read = keeper.read(followed.wanted());
            hold.until(read);
            void read.then((isRead) => options.stateRead?.(plan, isRead));
            if (!isMeasured) void read.then(measure).then(measureOn);
            isMeasured = true;
            options.streaming(plan);
          }
          if (problem !== null) options[state === 'failed' ? 'failed' : 'trouble'](plan, problem);
        },
        facts: (facts) => counter.facts(facts),
        gap: (fromMs, toMs, reason) => {
          hold.release();
          reader.reset();
          attributor.gap(toMs);
          // Flows are back before what the agent says of itself.
          if (isBeside && isUnheard) attributor.lost(toMs);
          followed.gap();
          options.endpointsChanged();
          missed(node, fromMs, reason, toMs);
        },
      },
      signal,
    );
  }

  return {
    listen,
    missed,
    agent: (agent) => counters.get(agent.node)?.agent(agent),
    retarget: (node, targets, sinceMs) => followers.get(node)?.(targets, sinceMs),
    summary: () => aggregator.summary(clock.nowMs()),
    measure: async (withinMs) => {
      const late = Promise.withResolvers<void>();
      const cancel = clock.after(withinMs, late.resolve);
      await Promise.race([Promise.all(measures.map(async (measure) => measure())), late.promise]);
      cancel();
      for (const counter of looking) counter.counters('unread');
    },
    costs: () => costs.map((cost) => cost()),
    settle: async () => Promise.all(holds.map(async (settle) => settle())).then(() => {}),
  };
}

type Follower = (targets: AgentPlan['targets'], sinceMs: number) => void;
