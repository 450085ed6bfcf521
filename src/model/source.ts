/** What a source of events (an agent's monitor, a file) reports: bytes, gaps and states travel the same way. */
import type { AgentFacts, AgentRef, AgentState } from './cluster.ts';
import type { Problem } from './problem.ts';

export interface StreamHandlers {
  /** Stdout as it came, in any pieces. The array is only valid during the call. */
  bytes(data: Uint8Array): void;
  /** Stderr of the program, line by line. */
  notice(line: string): void;
  /** `problem` says why, for `reconnecting` and `failed`. */
  state(state: AgentState, problem: Problem | null): void;
  facts(facts: AgentFacts): void;
  /** The stream was down: nothing is known of this time. The reader starts with a fresh line after it. */
  gap(fromMs: number, toMs: number, reason: string): void;
}

/** One stream of one agent, from the first connection to the end, with every reconnection in between. */
export interface AgentStream {
  readonly agent: AgentRef;
  /** Resolves when the signal is aborted, or the stream is over for good; rejects with `Failure` only where it never began. */
  run(handlers: StreamHandlers, signal: AbortSignal): Promise<void>;
}
