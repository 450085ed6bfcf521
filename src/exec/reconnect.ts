/** Decides what follows when a stream ended or could not be opened: pure, no time passes here. */
import type { AgentRef } from '../model/cluster.ts';
import { type Failure, failure, type Problem } from '../model/problem.ts';
import type { ExecEnd } from './frames.ts';
import type { Launch, MonitorArguments } from './lifeline.ts';
import { detailOf } from './session.ts';

export type Outcome =
  | { readonly kind: 'aborted' }
  /** The exec was refused, or the server not reached. */
  | { readonly kind: 'refused'; readonly error: Failure }
  /** `output` is what a monitor that never listened printed; empty for one that did. */
  | { readonly kind: 'ended'; readonly end: ExecEnd; readonly output: readonly string[]; readonly listened: boolean };

export interface Situation {
  readonly agent: AgentRef;
  readonly launch: Launch;
  readonly monitor: MonitorArguments;
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
/** Of a peer that died before it had begun: each of these takes the time in which a dead peer is noticed. */
const FIRST_TRIES_LOST = 2;
/** A pod on a dead node is there for a long time: look for another one after so many failures. */
const RELOCATE_AFTER = 2;
/** Some two minutes for whoever has to log in again. */
const UNAUTHORIZED_TRIES = 30;
const BACKOFF_BASE_MS = 250;
const BACKOFF_MAX_MS = 10_000;

/** Full jitter, so that many streams do not come back in step; the first try is at once. */
export function backoffMs(failures: number, random: () => number): number {
  if (failures === 0) return 0;
  return Math.round(random() * Math.min(BACKOFF_MAX_MS, BACKOFF_BASE_MS * 2 ** Math.min(failures, 16)));
}

export function decide(outcome: Outcome, situation: Situation): Decision {
  if (outcome.kind === 'aborted') return { kind: 'stop' };
  if (outcome.kind === 'refused') return afterRefusal(outcome.error, situation);
  if (!outcome.listened) {
    const decision = afterBadStart(outcome.end, outcome.output, situation);
    if (decision !== null) return decision;
  }
  return afterLoss(outcome.end, outcome.output, situation);
}

function afterRefusal(error: Failure, situation: Situation): Decision {
  const { problem } = error;
  const { everListened, failures } = situation;
  switch (problem.code) {
    case 'API_UNREACHABLE':
      return retryOrFail(error, situation);
    case 'API_ERROR':
      // Once it ran, the server's refusal is about a pod that starts, ends or moves.
      return everListened || problem.status >= 500 || problem.status === 429
        ? retryOrFail(error, situation)
        : { kind: 'fail', error };
    case 'EXEC_NOT_FOUND':
      return everListened ? { kind: 'retry', problem, relocate: true } : { kind: 'fail', error };
    case 'UNAUTHORIZED':
      // Expired, until somebody logs in again; or the server cannot ask whoever knows.
      return everListened && failures < UNAUTHORIZED_TRIES
        ? { kind: 'retry', problem, relocate: false }
        : { kind: 'fail', error };
    case 'CREDENTIALS_FAILED':
      // A plugin needs the network that may just be missing.
      return everListened ? retryOrFail(error, situation) : { kind: 'fail', error };
    default:
      return { kind: 'fail', error };
  }
}

/** The monitor did not understand, or there was nothing to start; null where this is not the case. */
function afterBadStart(end: ExecEnd, output: readonly string[], situation: Situation): Decision | null {
  const { agent, launch, monitor } = situation;
  const { numeric } = monitor;
  if (end.kind === 'error' && /executable file|no such file or directory/i.test(end.message)) {
    const next = launch === 'wrapped' ? 'cilium-dbg' : launch === 'cilium-dbg' ? 'cilium' : null;
    if (next !== null) return { kind: 'restart', launch: next, numeric };
    return { kind: 'fail', error: commandFailed(end, output, situation) };
  }
  const refusal = output.find((line) => line.includes('-t, --type'));
  const type = /unknown type \(([^)]*)\)|invalid argument "([^"]*)" for "?-t, --type/.exec(refusal ?? '');
  if (refusal !== undefined && type !== null) {
    const detail = knownTypes(refusal) ?? refusal;
    const { node, pod } = agent;
    const problem = { code: 'EVENT_TYPE_UNKNOWN', node, pod, type: type[1] ?? type[2] ?? '', detail } as const;
    return { kind: 'fail', error: failure(problem) };
  }
  if (numeric && output.some((line) => /unknown (?:shorthand )?flag: (?:'n'|-n|--numeric)/.test(line))) {
    return { kind: 'restart', launch, numeric: false };
  }
  // 127 is the shell that found no such program; other codes with an error line are wrong arguments.
  const isHopeless =
    end.kind === 'exited' && (end.exitCode === 127 || output.some((line) => line.startsWith('Error:')));
  return isHopeless && !situation.everListened ? { kind: 'fail', error: commandFailed(end, output, situation) } : null;
}

/** `… one of the following ones map[agent:130 capture:3]`, older: `[agent capture]`. */
function knownTypes(refusal: string): string | null {
  const listed = /following ones:?\s*(?:map)?\[([^\]]*)\]/.exec(refusal)?.[1];
  if (listed === undefined) return null;
  const names = listed.split(/[\s,]+/).map((name) => name.replace(/:\d+$/, ''));
  return `it knows ${names.filter((name) => name !== '').join(', ')}`;
}

/** Every end of a monitor that nobody asked to end is a loss: it exits with 0 when the agent has gone, with 137 in its restart. */
function afterLoss(end: ExecEnd, output: readonly string[], situation: Situation): Decision {
  const { node, namespace, pod } = situation.agent;
  const { everListened: hadBegun } = situation;
  if (!hadBegun && end.kind !== 'lost') return retryOrFail(commandFailed(end, output, situation), situation);
  const problem = { code: 'STREAM_LOST', node, namespace, pod, detail: detailOf(end), hadBegun } as const;
  return retryOrFail(failure(problem), situation, FIRST_TRIES_LOST);
}

function retryOrFail(error: Failure, { everListened, failures }: Situation, firstTries = FIRST_TRIES): Decision {
  if (!everListened && failures + 1 >= firstTries) return { kind: 'fail', error };
  return { kind: 'retry', problem: error.problem, relocate: everListened && failures >= RELOCATE_AFTER };
}

function commandFailed(end: ExecEnd, output: readonly string[], { agent, launch }: Situation): Failure {
  const { node, namespace, pod } = agent;
  const command = `${launch === 'wrapped' ? 'cilium-dbg' : launch} monitor`;
  const exitCode = end.kind === 'exited' ? end.exitCode : null;
  const detail = output[0] ?? detailOf(end);
  return failure({ code: 'AGENT_COMMAND_FAILED', node, namespace, pod, command, exitCode, detail });
}
