/** Decides what follows where a program did not begin to listen: from its words, what is wrong and whether another way may work. */
import { type Failure, failure } from '../model/problem.ts';
import { commandFailed, type Decision, retryOrFail, type Situation } from './decision.ts';
import type { ExecEnd } from './frames.ts';
import { detailOf } from './session.ts';

const NO_PROGRAM = /executable file|no such file or directory/i;

/** The monitor did not understand, or there was nothing to start; null where this is not the case. */
export function afterBadMonitor(end: ExecEnd, output: readonly string[], situation: Situation): Decision | null {
  const { launch, numeric } = situation;
  if (end.kind === 'error' && NO_PROGRAM.test(end.message)) {
    const next = launch === 'wrapped' ? 'cilium-dbg' : launch === 'cilium-dbg' ? 'cilium' : null;
    if (next !== null) return { kind: 'restart', launch: next, numeric };
    return { kind: 'fail', error: commandFailed(end, output, situation) };
  }
  const unknownType = unknownTypeIn(output, situation);
  if (unknownType !== null) return { kind: 'fail', error: unknownType };
  if (numeric && output.some((line) => /unknown (?:shorthand )?flag: (?:'n'|-n|--numeric)/.test(line))) {
    return { kind: 'restart', launch, numeric: false };
  }
  // 127 is the shell that found no such program; other codes with an error line are wrong arguments.
  const isHopeless =
    end.kind === 'exited' && (end.exitCode === 127 || output.some((line) => line.startsWith('Error:')));
  return isHopeless && !situation.everListened ? { kind: 'fail', error: commandFailed(end, output, situation) } : null;
}

/** What `hubble` says of a server that it cannot reach, and the shell of a program that it does not find. */
const HUBBLE_WORDS = /failed|rpc error|not healthy|unavailable|not found|error:/i;
/** No waiting helps here. */
const HUBBLE_OFF = /no such file|not found|refused/i;

export function afterBadHubble(end: ExecEnd, output: readonly string[], situation: Situation): Decision | null {
  const { node, namespace, pod } = situation.agent;
  const unknownType = unknownTypeIn(output, situation);
  if (unknownType !== null) return { kind: 'fail', error: unknownType };
  if (end.kind === 'lost') return null;
  const said = output.find((line) => HUBBLE_WORDS.test(line));
  // It ran before: whoever is stopped without a word is in an agent that restarts.
  if (said === undefined && situation.everListened) return null;
  const detail = said ?? output.at(-1) ?? detailOf(end);
  const error = failure({ code: 'HUBBLE_UNAVAILABLE', node, namespace, pod, detail });
  if (!situation.everListened && HUBBLE_OFF.test(detail)) return { kind: 'fail', error };
  return retryOrFail(error, situation);
}

function unknownTypeIn(output: readonly string[], { agent }: Situation): Failure | null {
  const refusal = output.find((line) => line.includes('-t, --type'));
  const type = /unknown type \(([^)]*)\)|invalid argument "([^"]*)" for "?-t, --type/.exec(refusal ?? '');
  if (refusal === undefined || type === null) return null;
  const { node, pod } = agent;
  const detail = knownTypes(refusal) ?? refusal;
  return failure({ code: 'EVENT_TYPE_UNKNOWN', node, pod, type: type[1] ?? type[2] ?? '', detail });
}

/** `… one of the following ones map[agent:130 capture:3]`, older: `[agent capture]`. */
function knownTypes(refusal: string): string | null {
  const listed = /following ones:?\s*(?:map)?\[([^\]]*)\]/.exec(refusal)?.[1];
  if (listed === undefined) return null;
  const names = listed.split(/[\s,]+/).map((name) => name.replace(/:\d+$/, ''));
  return `it knows ${names.filter((name) => name !== '').join(', ')}`;
}
