/** Owns the counts of a window: records of all streams in, an immutable summary out, in bounded memory. */
import type { AgentPlan, IdentityLookup } from '../model/cluster.ts';
import type { Direction, Refusal, Verdict } from '../model/event.ts';
import type { Attribution } from '../model/policy.ts';
import type { PolicyRow, Summary } from '../model/summary.ts';
import type { TrafficDelta } from '../model/traffic.ts';
import { type Counting, createBeside } from './beside.ts';
import { cutOut, judgeCompleteness, toGap } from './completeness.ts';
import { outcomeOf, zeroCounters } from './counters.ts';
import { createDrops, joinDrop } from './drops.ts';
import { createFlowSet, NEW_FOR_OWNER, NEW_FOR_PART } from './flow-set.ts';
import { createPeerKeys, createPortKeys, isLocal } from './intern.ts';
import { createL7Counts } from './l7.ts';
import { createLedger } from './ledger.ts';
import { DEFAULT_LIMITS, type Limits } from './limits.ts';
import type { Where } from './row.ts';
import { compareRows, createRowSummaries } from './row-summary.ts';
import { createRows, orNoAnswer } from './rows.ts';
import {
  type CountingStream,
  createStreamCounter,
  type Shared,
  type StreamCounter,
  type StreamIdentity,
  type StreamView,
} from './stream-counter.ts';
import { sourceKind, summaryAgent, summaryTargets } from './summary-source.ts';
import { createTraffic } from './traffic.ts';

export type { Counting, StreamCounter };

export interface AggregatorOptions extends Counting {
  readonly startMs: number;
  readonly source: Summary['source']['kind'];
  readonly files?: readonly string[];
  /** Whether it is one window of what was kept, whose records tell their times. */
  readonly isPart?: boolean;
  /** What is listened for, in Cilium's words; null for files. */
  readonly types?: readonly string[] | null;
  readonly missingNodes?: readonly string[];
  readonly identityName: IdentityLookup;
  /** Rises whenever `identityName` would answer otherwise; absent where it never does but for what it did not know. */
  readonly namesVersion?: () => number;
  readonly limits?: Partial<Limits>;
}

export interface Aggregator {
  /** `null` for a file, and for what a file tells of a node. */
  addStream(plan: AgentPlan | null, node?: string): StreamCounter;
  /** The policy maps' counters were read, with what they counted since the last time. */
  traffic(deltas: readonly TrafficDelta[]): void;
  summary(nowMs: number): Summary;
}

/** Owners of the flow set: each direction for its total, then the rows. */
const FLOW_OWNER: Readonly<Record<Direction, number>> = { ingress: 0, egress: 1 };
const FIRST_ROW_OWNER = 2;
/** More nodes than a cluster has. */
const MOST_UNHEARD = 10_000;

/** More than anybody is shown; beyond them names are asked for only where they are shown, so that memory keeps its bound. */
const MOST_NAMED_AT_ONCE = 4096;

export function createAggregator(options: AggregatorOptions): Aggregator {
  const {
    startMs,
    source,
    files = [],
    types = null,
    missingNodes = [],
    filter = null,
    isPart = false,
    identityName,
    namesVersion = () => 0,
  } = options;
  const limits: Limits = { ...DEFAULT_LIMITS, ...options.limits };
  const flows = createFlowSet(limits.flows);
  const rows = createRows(FIRST_ROW_OWNER, limits);
  const totals = { ingress: zeroCounters(), egress: zeroCounters() };
  const peerKeys = createPeerKeys();
  const portKeys = createPortKeys();
  const ledger = createLedger();
  const drops = createDrops();
  const l7 = createL7Counts();
  const summarizeRow = createRowSummaries();
  const traffic = createTraffic(rows);
  const beside = createBeside(options, limits);
  const streams: CountingStream[] = [];
  const where: Where = { peerKey: 0, portKey: 0, node: null, heardOn: null, isShared: false };
  const unheard = new Set(missingNodes);
  let latestMs = startMs;

  function count(
    verdict: Verdict,
    attribution: Attribution | null,
    stream: StreamIdentity,
    nowMs: number,
    times: number,
  ): void {
    const { direction, remoteIdentity } = verdict;
    const outcome = outcomeOf(verdict);
    totals[direction][outcome] += times;
    const met = stream.localIdentities.size;
    where.peerKey = peerKeys.keyOf(remoteIdentity, stream.localIdentities);
    // Asked at once what it means: its agent may start anew before anybody looks, and give it to others.
    if (stream.localIdentities.size > met && met < MOST_NAMED_AT_ONCE && remoteIdentity !== null)
      identityName(remoteIdentity, stream.node);
    where.portKey = portKeys.keyOf(verdict.protocol, verdict.destinationPort);
    where.node = isLocal(remoteIdentity) ? stream.node : null;
    where.heardOn = stream.node;
    const credited = rows.of(orNoAnswer(attribution), direction);
    where.isShared = credited.length > 1;
    beside?.count(verdict, outcome, { where, credited, stream }, nowMs);
    for (const row of credited) row.count(verdict, where, nowMs, times);
  }

  function attempt(
    { direction, flowKey }: Refusal,
    attribution: Attribution | null,
    { join }: StreamIdentity,
    nowMs: number,
  ): void {
    const credited = rows.of(orNoAnswer(attribution), direction);
    const [first] = credited;
    const news = first === undefined ? 0 : flows.add(FLOW_OWNER[direction], first.owner, flowKey);
    if ((news & NEW_FOR_OWNER) !== 0) totals[direction].attempts += 1;
    for (const row of credited) {
      const isNew = row === first ? (news & NEW_FOR_PART) !== 0 : flows.addPart(row.owner, flowKey);
      if (isNew) row.counters.attempts += 1;
    }
    if (flowKey === 0) return;
    const drop = join.verdict(flowKey, credited, nowMs);
    if (drop !== null) joinDrop(credited, drop);
  }

  const shared: Shared = {
    ledger,
    drops,
    l7,
    chooses: filter?.chooses ?? null,
    count,
    attempt,
    latestMs: () => latestMs,
    unheard: (nodes) => {
      for (const node of nodes) if (unheard.size < MOST_UNHEARD) unheard.add(node);
    },
    heardAt: (nowMs) => {
      if (nowMs > latestMs) latestMs = nowMs;
    },
  };

  function summary(nowMs: number): Summary {
    shared.heardAt(nowMs);
    const endMs = Math.max(nowMs, startMs);
    const views = streams.map((stream) => stream.view());
    const context = {
      startMs,
      nowMs: endMs,
      timed: isPart || source !== 'file',
      identityName,
      namesVersion: namesVersion(),
    };
    return Object.freeze({
      apiVersion: 'policystat/v1',
      kind: 'Summary',
      window: Object.freeze({
        start: new Date(startMs).toISOString(),
        end: new Date(endMs).toISOString(),
        seconds: Math.round(endMs - startMs) / 1000,
      }),
      source: Object.freeze({
        kind: sourceKind(source, views),
        agents: Object.freeze(views.flatMap(summaryAgent)),
        files: Object.freeze([...files]),
        types: types === null ? null : Object.freeze([...types]),
        filters: Object.freeze([...(filter?.texts ?? [])]),
      }),
      targets: Object.freeze(views.flatMap(summaryTargets)),
      completeness: judgeCompleteness({
        source,
        lost: ledger.lost,
        unparsed: ledger.unparsed,
        unnamed: ledger.unnamed,
        untimed: ledger.untimed,
        truncated: views.some(({ isTruncated }) => isTruncated),
        interrupted: views.some(({ isInterrupted }) => isInterrupted),
        tooManyFlows: flows.overflowed || beside?.overflowed === true,
        missingNodes: [...unheard],
        // Of the past there is an end.
        states: views.flatMap(({ agent, health, buffer }) => (agent === null || buffer !== null ? [] : [health.state])),
        gaps: views.flatMap(({ agent, health }) => {
          const downTimes = health.downTimes(endMs);
          const within = isPart ? downTimes.flatMap((one) => cutOut(one, startMs, endMs)) : downTimes;
          return within.map((downTime) => toGap(agent?.node ?? '', downTime));
        }),
      }),
      records: ledger.records(),
      totals: Object.freeze({
        ingress: Object.freeze({ ...totals.ingress }),
        egress: Object.freeze({ ...totals.egress }),
      }),
      policies: Object.freeze(summaryRows(context, views)),
      ...(beside?.summary(context, views) ?? { groups: null }),
      drops: drops.summary(context.timed, identityName),
      l7: l7.summary(context.timed),
    });
  }

  function summaryRows(context: Parameters<typeof summarizeRow>[1], views: readonly StreamView[]): PolicyRow[] {
    const measured = traffic.measured(views.flatMap(({ counters }) => counters ?? []));
    return rows
      .all()
      .flatMap((row) => {
        const summarized = summarizeRow(row, context);
        if (measured === null) return [summarized];
        const known = measured.byRow.get(row);
        // Made for its traffic alone, which another row has by now.
        if (known === undefined && row.version === 0) return [];
        const isNamed = row.key.attribution.policies.length > 0 && row.key.attribution.grade !== 'default-deny';
        return [Object.freeze({ ...summarized, traffic: known ?? (isNamed ? measured.rest : null) })];
      })
      .sort(compareRows);
  }

  return {
    traffic: (deltas) => {
      traffic.read();
      for (const delta of deltas) traffic.add(delta);
    },
    addStream: (plan, node = plan?.agent.node) => {
      const stream = createStreamCounter(plan, node ?? null, shared);
      streams.push(stream);
      return stream.counter;
    },
    summary,
  };
}
