/** The words for what ended a stream and what follows from it, and the problems that the ends have in common. */
import type { AgentRef } from '../model/cluster.ts';
import { type Failure, failure, type Problem } from '../model/problem.ts';
import type { ExecEnd } from './frames.ts';
import type { Launch, ListeningProgram } from './lifeline.ts';
import { detailOf } from './session.ts';

export type Outcome =
  | { readonly kind: 'aborted' }
  /** The exec was refused, or the server not reached. */
  | { readonly kind: 'refused'; readonly error: Failure }
  /** `output` is what a program that never listened printed; empty for one that did. */
  | { readonly kind: 'ended'; readonly end: ExecEnd; readonly output: readonly string[]; readonly listened: boolean };

export interface Situation {
  readonly agent: AgentRef;
  readonly launch: Launch;
  readonly program: ListeningProgram['kind'];
  readonly numeric: boolean;
  /** Whether this stream was ever open, under any connection. */
  readonly everListened: boolean;
  /** Attempts in a row that failed before this one. */
  readonly failures: number;
}

export type Decision =
  | { readonly kind: 'stop' }
  | { readonly kind: 'fail'; readonly error: Failure }
  /** At once, started another way. */
  | { readonly kind: 'restart'; readonly launch: Launch; readonly numeric: boolean }
  | Retry;

export interface Retry {
  readonly kind: 'retry';
  readonly problem: Problem;
  /** The agent may be another pod now. */
  readonly relocate: boolean;
}

/** A stream that never began is given up after so many failures. */
const FIRST_TRIES = 4;
/** A pod on a dead node is there for a long time: look for another one after so many failures. */
const RELOCATE_AFTER = 2;
export function retryOrFail(error: Failure, { everListened, failures }: Situation, firstTries = FIRST_TRIES): Decision {
  if (!everListened && failures + 1 >= firstTries) return { kind: 'fail', error };
  return { kind: 'retry', problem: error.problem, relocate: everListened && failures >= RELOCATE_AFTER };
}

export function commandFailed(end: ExecEnd, output: readonly string[], { agent, launch, program }: Situation): Failure {
  const { node, namespace, pod } = agent;
  const command = program === 'hubble' ? 'hubble observe' : `${launch === 'wrapped' ? 'cilium-dbg' : launch} monitor`;
  const exitCode = end.kind === 'exited' ? end.exitCode : null;
  const detail = output[0] ?? detailOf(end);
  return failure({ code: 'AGENT_COMMAND_FAILED', node, namespace, pod, command, exitCode, detail });
}
