/** What a recording takes down: everything that reaches the counts of a window, in the order in which it does. */
import type { StreamGap } from './attributed.ts';
import type { EndpointMode } from './audit.ts';
import type { AgentFacts, AgentPlan, AgentRef, AgentState, IdentityLookup } from './cluster.ts';
import type { IgnoredReason, MonitorRecord } from './event.ts';
import type { Attribution } from './policy.ts';
import type { SourceChoice } from './source.ts';
import type { CountersState, TrafficDelta } from './traffic.ts';

export const REDACTED_KINDS = ['ips', 'names', 'urls'] as const;
export type RedactedKind = (typeof REDACTED_KINDS)[number];

/** What is known when a window begins. */
export interface TapedWindow {
  readonly startMs: number;
  readonly types: readonly string[] | null;
  readonly missingNodes: readonly string[];
  readonly identityName: IdentityLookup;
  namesVersion(): number;
}

export interface Tape {
  /** Nothing more is taken down, and nothing may be counted any more: both end at the same record. */
  readonly sealedMs: number | null;
  begin(window: TapedWindow): void;
  stream(plan: AgentPlan, atMs: number): StreamTape;
  traffic(deltas: readonly TrafficDelta[]): void;
  /** Whoever made a summary was told this name, or none. */
  asked(identity: number, node: string | null): void;
  /** A summary was made of all that came before. */
  summarized(nowMs: number): void;
}

export interface Recorder extends Tape {
  /** Takes nothing more, and resolves when all of it is written. Throws `Failure` RECORDING_UNWRITABLE. */
  end(): Promise<void>;
}

/** One agent's stream on the tape. */
export interface StreamTape {
  /** `wanted` is false for what is known to be about other endpoints. */
  record(record: MonitorRecord, attribution: Attribution | null, atMs: number, wanted: boolean): void;
  ignored(reason: IgnoredReason, lines: number, atMs: number): void;
  gap(gap: StreamGap): void;
  state(state: AgentState, atMs: number): void;
  facts(facts: AgentFacts): void;
  source(choice: SourceChoice): void;
  mode(mode: EndpointMode): void;
  counters(state: CountersState): void;
  agent(agent: AgentRef): void;
  targets(targets: AgentPlan['targets']): void;
}
