/** What a source of events (an agent's monitor, a file) reports: bytes, gaps and states travel the same way. */
import type { AgentFacts, AgentRef, AgentState } from './cluster.ts';
import type { Problem } from './problem.ts';

/** Which of an agent's programs is listened to, and why, as a code. */
export interface SourceChoice {
  readonly kind: (typeof SOURCE_KINDS)[number];
  readonly reason: (typeof SOURCE_REASONS)[number];
}

export const SOURCE_KINDS = ['monitor', 'hubble'] as const;
export const SOURCE_REASONS = [
  'asked-for',
  'hubble-names-policies',
  'hubble-off',
  'hubble-names-nobody',
  'types-not-in-hubble',
  'agent-did-not-tell',
] as const;

/** The reason of a gap that was made up for: nothing is missing. */
export const MADE_UP_FOR = 'made up for';

export interface StreamHandlers {
  /** Told before anything else, where it was chosen for the agent. */
  source?(choice: SourceChoice): void;
  /** What the agent says of itself, beside a stream that does not hold it. */
  announced?(data: Uint8Array): void;
  /** From now on nobody hears what the agent says of itself, until `unannounced` tells since when; a stream that holds it says `reconnecting`. */
  unheard?(): void;
  /** In this time nobody heard what the agent said of itself. */
  unannounced?(fromMs: number, toMs: number): void;
  /** Stdout as it came, in any pieces. The array is only valid during the call. */
  bytes(data: Uint8Array): void;
  /** Stderr of the program, line by line. */
  notice(line: string): void;
  /** `problem` says why, for `reconnecting` and `failed`. */
  state(state: AgentState, problem: Problem | null): void;
  facts(facts: AgentFacts): void;
  /** The stream was down, and what was missed is told now; some of what was told before may be told again. */
  resumed?(): void;
  /** The stream was down: nothing is known of this time. The reader starts with a fresh line after it. */
  gap(fromMs: number, toMs: number, reason: string): void;
}

/** One stream of one agent, from the first connection to the end, with every reconnection in between. */
export interface AgentStream {
  readonly agent: AgentRef;
  /** Resolves when the signal is aborted, or the stream is over for good; rejects with `Failure` only where it never began. */
  run(handlers: StreamHandlers, signal: AbortSignal): Promise<void>;
}

/** How much of the past an agent's Hubble still had. */
export interface BufferReach {
  /** Null where nobody could tell. */
  readonly fromMs: number | null;
  readonly flows: number | null;
  readonly capacity: number | null;
}

/** What an agent's Hubble keeps of a window that is over. */
export interface PastFlows {
  readonly agent: AgentRef;
  /** What the agent said of itself in the window; null where this Hubble keeps none of it. */
  announced(signal: AbortSignal): Promise<string | null>;
  /** Resolves when the last flow was read; rejects with `Failure`. */
  read(handlers: PastHandlers, signal: AbortSignal): Promise<void>;
  /** To be asked last: what is thrown out while the rest is read is not there. */
  reach(signal: AbortSignal): Promise<BufferReach>;
}

export interface PastHandlers {
  /** The array is only valid during the call. */
  bytes(data: Uint8Array): void;
  /** Stderr of the program, line by line. */
  notice(line: string): void;
  facts(facts: AgentFacts): void;
}
