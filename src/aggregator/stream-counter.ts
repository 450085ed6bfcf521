/** Owns the counting of one stream: which endpoints are wanted, what becomes of each record, and how the stream is doing. */
import type { AgentFacts, AgentPlan, AgentState, Target } from '../model/cluster.ts';
import type { MonitorRecord, Verdict } from '../model/event.ts';
import type { Attribution } from '../model/policy.ts';
import type { LocalIdentities } from './intern.ts';
import type { Ledger } from './ledger.ts';
import { createStreamHealth, type StreamHealth } from './stream-health.ts';

/** One per agent or file. */
export interface StreamCounter {
  /** `attribution` is for verdicts on wanted endpoints; the record may be reused after the call. */
  record(record: MonitorRecord, attribution: Attribution | null, nowMs: number): void;
  wants(endpoint: number): boolean;
  setTargets(targets: readonly Target[] | 'all'): void;
  /** `atMs` where the caller knows it; else the last time that anything was heard. */
  state(state: AgentState, atMs?: number): void;
  facts(facts: AgentFacts): void;
  gap(fromMs: number, toMs: number, reason: string): void;
  /** The input ends in the middle. */
  truncated(): void;
}

/** What a summary needs of a stream. */
export interface StreamView {
  readonly plan: AgentPlan | null;
  readonly targets: readonly Target[] | 'all';
  readonly facts: AgentFacts | null;
  readonly health: StreamHealth;
  readonly isTruncated: boolean;
}

/** What all streams share. */
export interface Shared {
  readonly ledger: Ledger;
  count(verdict: Verdict, attribution: Attribution | null, stream: StreamIdentity, nowMs: number): void;
  /** The last time that anybody mentioned. */
  latestMs(): number;
  heardAt(nowMs: number): void;
}

export interface StreamIdentity {
  readonly node: string | null;
  readonly localIdentities: LocalIdentities;
}

export interface CountingStream {
  readonly counter: StreamCounter;
  view(): StreamView;
}

export function createStreamCounter(plan: AgentPlan | null, shared: Shared): CountingStream {
  const { ledger } = shared;
  const identity: StreamIdentity = { node: plan?.agent.node ?? null, localIdentities: new Map() };
  const health = createStreamHealth();
  const endpoints = new Set<number>();
  let targets: readonly Target[] | 'all' = 'all';
  let facts: AgentFacts | null = null;
  let isTruncated = false;

  function wants(endpoint: number): boolean {
    return targets === 'all' || endpoints.has(endpoint);
  }

  function setTargets(wanted: readonly Target[] | 'all'): void {
    targets = wanted === 'all' ? 'all' : [...wanted];
    endpoints.clear();
    if (wanted === 'all') return;
    for (const { endpoint } of wanted) if (endpoint !== null) endpoints.add(endpoint);
  }

  function countVerdict(verdict: Verdict, attribution: Attribution | null, nowMs: number): void {
    if (!wants(verdict.endpoint)) {
      ledger.ignored('other-endpoint');
      return;
    }
    ledger.counted();
    shared.count(verdict, attribution, identity, nowMs);
  }

  setTargets(plan?.targets ?? 'all');
  const counter: StreamCounter = {
    record: (record, attribution, nowMs) => {
      shared.heardAt(nowMs);
      switch (record.type) {
        case 'policy-verdict':
          countVerdict(record, attribution, nowMs);
          break;
        case 'lost':
          ledger.lostEvents(record.events);
          break;
        case 'agent':
        case 'drop':
        case 'trace':
        case 'l7':
        case 'capture':
        case 'debug':
        case 'recorder':
        case 'unknown-event':
          ledger.ignored(record.type);
          break;
        case 'nat':
          ledger.ignored('trace-sock');
          break;
        case 'node-status':
          ledger.ignored('other-record');
          break;
        case 'ignored':
          ledger.ignored(record.reason);
          break;
        case 'unparsed':
          ledger.notUnderstood(record.line);
          break;
      }
    },
    wants,
    setTargets,
    state: (state, atMs = shared.latestMs()) => health.enter(state, atMs),
    facts: (known) => {
      facts = known;
    },
    gap: (fromMs, toMs, reason) => health.gap(fromMs, toMs, reason),
    truncated: () => {
      isTruncated = true;
    },
  };
  return { counter, view: () => ({ plan, targets, facts, health, isTruncated }) };
}
