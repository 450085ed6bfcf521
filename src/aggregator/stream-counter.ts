/** Owns the counting of one stream: which endpoints are wanted, what becomes of each record, and how the stream is doing. */
import type { RecordFilter } from '../model/attributed.ts';
import type { EndpointMode } from '../model/audit.ts';
import type { AgentFacts, AgentPlan, AgentRef, AgentState, Target } from '../model/cluster.ts';
import type { Drop, IgnoredReason, L7Record, MonitorRecord, Refusal, Verdict } from '../model/event.ts';
import type { GroupPod } from '../model/groups.ts';
import type { Attribution } from '../model/policy.ts';
import type { BufferReach, SourceChoice } from '../model/source.ts';
import type { CountersState } from '../model/traffic.ts';
import { outcomeOf } from './counters.ts';
import { createDropJoin, type DropJoin } from './drop-join.ts';
import { isPolicyDrop } from './drop-reason.ts';
import { type CountedDrop, type Drops, joinDrop } from './drops.ts';
import type { LocalIdentities } from './intern.ts';
import type { L7Counts } from './l7.ts';
import type { Ledger } from './ledger.ts';
import type { Row } from './row.ts';
import { createStreamHealth, type StreamHealth } from './stream-health.ts';
import { createStreamPods } from './stream-pods.ts';

/** One per agent or file, and per node that a file tells of. */
export interface StreamCounter {
  /** `attribution` is for verdicts on wanted endpoints, and for L7 records whose policy is known; the record may be reused after the call. */
  record(record: MonitorRecord, attribution: Attribution | null, nowMs: number): void;
  /** Verdicts that differ in nothing but the packet, with `attempt` for each denied one; for files: no endpoint is unwanted. */
  times(verdict: Verdict, times: number, attribution: Attribution | null, nowMs: number): void;
  attempt(refusal: Refusal, attribution: Attribution | null, nowMs: number): void;
  /** Lines that were told apart before, only to be counted. */
  ignored(reason: IgnoredReason, lines: number, nowMs: number): void;
  wants(endpoint: number): boolean;
  setTargets(targets: readonly Target[] | 'all'): void;
  /** `atMs` where the caller knows it; else the last time that anything was heard. */
  state(state: AgentState, atMs?: number): void;
  facts(facts: AgentFacts): void;
  /** What the agent tells of an endpoint. */
  mode(mode: EndpointMode): void;
  /** Which of the agent's programs is listened to. */
  source(choice: SourceChoice): void;
  /** What its Hubble still had of the past: all that was to be read was read. */
  buffer(reach: BufferReach): void;
  /** Told where packets and bytes are wanted, before the first look and whenever it changes. */
  counters(state: CountersState): void;
  /** The node's agent is another pod now. */
  agent(agent: AgentRef): void;
  gap(fromMs: number, toMs: number, reason: string): void;
  /** The input ends in the middle. */
  truncated(): void;
}

/** What a summary needs of a stream. */
export interface StreamView {
  readonly agent: AgentRef | null;
  readonly targets: readonly Target[] | 'all';
  readonly facts: AgentFacts | null;
  /** Null where it was neither asked for nor chosen. */
  readonly choice: SourceChoice | null;
  /** Null where packets and bytes were not asked for. */
  readonly counters: CountersState | null;
  /** Null where the past was not asked for, or could not be read. */
  readonly buffer: BufferReach | null;
  /** By endpoint. */
  readonly modes: ReadonlyMap<number, EndpointMode>;
  readonly health: StreamHealth;
  readonly isTruncated: boolean;
  /** Of files only: a stream's times without its agent are told by their gaps. */
  readonly isInterrupted: boolean;
}

/** What all streams share. */
export interface Shared {
  readonly ledger: Ledger;
  readonly drops: Drops;
  readonly l7: L7Counts;
  /** Null: everything that is wanted is counted. */
  readonly chooses: RecordFilter | null;
  /** All of them but the flows. */
  count(verdict: Verdict, attribution: Attribution | null, stream: StreamIdentity, nowMs: number, times: number): void;
  /** The flow of a denied packet. */
  attempt(refusal: Refusal, attribution: Attribution | null, stream: StreamIdentity, nowMs: number): void;
  /** The last time that anybody mentioned. */
  latestMs(): number;
  heardAt(nowMs: number): void;
  /** Somebody says that these nodes could not be heard. */
  unheard(nodes: readonly string[]): void;
}

export interface StreamIdentity {
  readonly node: string | null;
  readonly localIdentities: LocalIdentities;
  /** Denied verdicts, with the rows that they are counted in, and the drops that follow from them. */
  readonly join: DropJoin<readonly Row[], CountedDrop>;
  /** The near side of a verdict. */
  podOf(verdict: Verdict): GroupPod;
}

export interface CountingStream {
  readonly counter: StreamCounter;
  view(): StreamView;
}

export function createStreamCounter(plan: AgentPlan | null, node: string | null, shared: Shared): CountingStream {
  const { ledger, chooses } = shared;
  const identity: StreamIdentity = {
    node,
    localIdentities: new Map(),
    join: createDropJoin(),
    podOf: (verdict) => pods.of(verdict),
  };
  const pods = createStreamPods(node);
  const health = createStreamHealth();
  const modes = new Map<number, EndpointMode>();
  const endpoints = new Set<number>();
  const addresses = new Set<string>();
  let targets: readonly Target[] | 'all' = 'all';
  let agent = plan?.agent ?? null;
  let facts: AgentFacts | null = null;
  let choice: SourceChoice | null = null;
  let counters: CountersState | null = null;
  let buffer: BufferReach | null = null;
  let isTruncated = false;
  let isInterrupted = false;

  function wants(endpoint: number): boolean {
    return targets === 'all' || endpoints.has(endpoint);
  }

  function setTargets(wanted: readonly Target[] | 'all'): void {
    targets = wanted === 'all' ? 'all' : [...wanted];
    pods.setTargets(wanted);
    endpoints.clear();
    addresses.clear();
    if (wanted === 'all') return;
    for (const target of wanted) {
      if (target.endpoint !== null) endpoints.add(target.endpoint);
      for (const address of target.addresses) addresses.add(address);
    }
  }

  /** Into the account, and whether it is counted. */
  function isCounted(record: Verdict | Drop | L7Record, attribution: Attribution | null, isWanted: boolean): boolean {
    if (!isWanted) {
      ledger.ignored('other-endpoint');
      return false;
    }
    const isChosen = chooses === null ? true : chooses(record, attribution, identity.node);
    if (isChosen === true) ledger.counted(1);
    else ledger.ignored(isChosen === null ? 'unnamed-peer' : 'filter');
    return isChosen === true;
  }

  function countVerdict(verdict: Verdict, attribution: Attribution | null, nowMs: number): void {
    if (!isCounted(verdict, attribution, wants(verdict.endpoint))) return;
    shared.count(verdict, attribution, identity, nowMs, 1);
    if (outcomeOf(verdict) === 'denied') shared.attempt(verdict, attribution, identity, nowMs);
  }

  /** Not every drop names the endpoint that sent. */
  function wantsDrop({ endpoint, sourceEndpoint, source }: Drop): boolean {
    if (targets === 'all') return true;
    if (endpoint !== null && endpoints.has(endpoint)) return true;
    if (sourceEndpoint !== null) return endpoints.has(sourceEndpoint);
    return source !== null && addresses.has(source.ip);
  }

  function countDrop(drop: Drop, nowMs: number): void {
    if (!isCounted(drop, null, wantsDrop(drop))) return;
    const counted = shared.drops.count(drop, identity.node, nowMs);
    if (drop.flowKey === 0 || !isPolicyDrop(drop)) return;
    const rows = identity.join.drop([drop.flowKey, ...(drop.verdictFlowKeys ?? [])], counted, nowMs);
    if (rows !== null) joinDrop(rows, counted);
  }

  function wantsL7({ direction, sourceEndpoint, destinationEndpoint }: L7Record): boolean {
    if (targets === 'all') return true;
    const sides = { ingress: [destinationEndpoint], egress: [sourceEndpoint] };
    const near = direction === null ? [sourceEndpoint, destinationEndpoint] : sides[direction];
    return near.some((endpoint) => endpoint !== null && endpoints.has(endpoint));
  }

  function countL7(record: L7Record, attribution: Attribution | null, nowMs: number): void {
    if (!isCounted(record, attribution, wantsL7(record))) return;
    shared.l7.count(record, attribution?.policies[0] ?? null, nowMs);
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
        case 'drop':
          countDrop(record, nowMs);
          break;
        case 'l7':
          countL7(record, attribution, nowMs);
          break;
        case 'agent':
        case 'trace':
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
          if (record.state !== 'connected' && record.state !== 'unknown') shared.unheard(record.nodes);
          break;
        case 'ignored':
          ledger.ignored(record.reason);
          if (record.agentGone === true && plan === null) isInterrupted = true;
          break;
        case 'unparsed':
          ledger.notUnderstood(record);
          break;
      }
    },
    times: (verdict, times, attribution, nowMs) => {
      ledger.counted(times);
      shared.count(verdict, attribution, identity, nowMs, times);
    },
    attempt: (refusal, attribution, nowMs) => shared.attempt(refusal, attribution, identity, nowMs),
    ignored: (reason, lines, nowMs) => {
      shared.heardAt(nowMs);
      ledger.ignored(reason, lines);
    },
    wants,
    setTargets,
    state: (state, atMs = shared.latestMs()) => health.enter(state, atMs),
    source: (chosen) => {
      choice = chosen;
    },
    counters: (told) => {
      counters = told;
    },
    buffer: (reach) => {
      buffer = reach;
    },
    facts: (known) => {
      facts = known;
    },
    agent: (replaced) => {
      agent = replaced;
    },
    mode: (mode) => {
      modes.set(mode.endpoint, { ...mode });
      pods.told(mode);
    },
    gap: (fromMs, toMs, reason) => health.gap(fromMs, toMs, reason),
    truncated: () => {
      isTruncated = true;
    },
  };
  return {
    counter,
    view: () => ({ agent, targets, facts, choice, counters, buffer, modes, health, isTruncated, isInterrupted }),
  };
}
