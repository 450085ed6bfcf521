/** Decides what follows when a stream ended or could not be opened: pure, no time passes here. */
import { type Failure, failure } from '../model/problem.ts';
import { afterBadHubble, afterBadMonitor } from './bad-start.ts';
import { commandFailed, type Decision, type Outcome, retryOrFail, type Situation } from './decision.ts';
import type { ExecEnd } from './frames.ts';
import { detailOf } from './session.ts';

/** Of a peer that died before it had begun: each of these takes the time in which a dead peer is noticed. */
const FIRST_TRIES_LOST = 2;
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
    const afterBadStart = situation.program === 'hubble' ? afterBadHubble : afterBadMonitor;
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

/** Every end of a program that nobody asked to end is a loss: a monitor exits with 0 when the agent has gone, with 137 in its restart. */
function afterLoss(end: ExecEnd, output: readonly string[], situation: Situation): Decision {
  const { node, namespace, pod } = situation.agent;
  const { everListened: hadBegun } = situation;
  if (!hadBegun && end.kind !== 'lost') return retryOrFail(commandFailed(end, output, situation), situation);
  const problem = { code: 'STREAM_LOST', node, namespace, pod, detail: detailOf(end), hadBegun } as const;
  return retryOrFail(failure(problem), situation, FIRST_TRIES_LOST);
}
