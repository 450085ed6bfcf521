/** What a live pipeline is given, what it tells, and what can be asked of it. */

import type { Counting } from '../aggregator/aggregator.ts';
import type { RecordSink } from '../model/attributed.ts';
import type { EndpointMode } from '../model/audit.ts';
import type { Clock } from '../model/clock.ts';
import type { AgentCost, AgentPlan, AgentRef, IdentityLookup } from '../model/cluster.ts';
import type { Dialect } from '../model/event.ts';
import type { Problem } from '../model/problem.ts';
import type { Tape } from '../model/recording.ts';
import type { AgentStream, SourceChoice } from '../model/source.ts';
import type { Summary } from '../model/summary.ts';
import type { AgentQuestions } from './agent-state.ts';

export interface LiveOptions {
  readonly clock: Clock;
  readonly identityName: IdentityLookup;
  readonly namesVersion: () => number;
  readonly missingNodes: readonly string[];
  readonly counting?: Counting;
  /** Gets every record that is counted, ignored or not understood, once its policy is known. */
  readonly sink?: RecordSink;
  /** Takes down all that is counted. */
  readonly tape?: Tape;
  /** What is listened for, in Cilium's words. */
  readonly types: readonly string[];
  /** Null: each line tells its own. */
  readonly dialect: Dialect | null;
  /** Whether packets and bytes are read beside the verdicts. */
  readonly traffic?: boolean;
  /** An agent made or removed an endpoint, or may have done so unheard: pods may be elsewhere. */
  endpointsChanged(): void;
  /** An agent told of an endpoint: without a pod, whose it is nobody knows any more. */
  endpointTold?(node: string, mode: EndpointMode): void;
  /** An agent's stream is open, for the first time or again. */
  streaming(plan: AgentPlan): void;
  /** The agent's policy state was asked for since its stream is open; false where it did not answer. */
  stateRead?(plan: AgentPlan, isRead: boolean): void;
  /** Which of the agent's programs is listened to. */
  chosen(plan: AgentPlan, choice: SourceChoice): void;
  /** What an agent's program said on stderr, and why a stream was lost: for people, not for counting. */
  notice(plan: AgentPlan, line: string): void;
  trouble(plan: AgentPlan, problem: Problem): void;
  /** A stream that was open is over for good. */
  failed(plan: AgentPlan, problem: Problem): void;
}

export interface LivePipeline {
  /** Begins to listen to one more agent; the promise is over when its stream is. */
  listen(plan: AgentPlan, stream: AgentStream, questions: AgentQuestions, signal: AbortSignal): Promise<void>;
  /** The pods that are wanted on a node are others now; since `sinceMs` the new ones were not counted. */
  retarget(node: string, targets: AgentPlan['targets'], sinceMs: number): void;
  /** What a node's agent said since `sinceMs` was not heard. */
  missed(node: string, sinceMs: number): void;
  /** The agent of its node is this pod now. */
  agent(agent: AgentRef): void;
  summary(): Summary;
  /** Reads the packets and bytes once more, where they are wanted at all; an agent that is not done in time did not tell. */
  measure(withinMs: number): Promise<void>;
  /** What attribution asked of each agent so far. */
  costs(): readonly AgentCost[];
  /** Counts what waits for an agent's state as soon as that is there, and resolves then. */
  settle(): Promise<void>;
}
