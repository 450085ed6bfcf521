/** One connection's worth of a program that listens: from the exec request to its end, whoever ends it. */
import type { AgentRef } from '../model/cluster.ts';
import { Failure } from '../model/problem.ts';
import type { Outcome } from './decision.ts';
import { type Launch, type ListeningProgram, listeningCommand } from './lifeline.ts';
import { type AgentExec, openSession, type Session } from './session.ts';
import { type Beginning, createStartup } from './startup.ts';
import { createTextLines } from './text-lines.ts';

export interface ListeningHandlers {
  readonly ready: (beginning: Beginning) => void;
  readonly bytes: (data: Uint8Array) => void;
  readonly notice: (line: string) => void;
  /** Over, as far as the other side is concerned; `lastHeardMs` is its last sign of life. */
  readonly silent: (lastHeardMs: number) => void;
}

export interface Way {
  readonly agent: AgentRef;
  readonly program: ListeningProgram;
  readonly launch: Launch;
  readonly numeric: boolean;
}

export async function listenOnce(
  exec: AgentExec,
  { agent, program, launch, numeric }: Way,
  handlers: ListeningHandlers,
  signal: AbortSignal,
): Promise<Outcome> {
  // What the shell says of the end that we gave it is of no interest.
  const notice = (line: string) => {
    if (!signal.aborted) handlers.notice(line);
  };
  const startup = createStartup(program.kind, { ready: handlers.ready, stdout: handlers.bytes, stderrLine: notice });
  const errors = createTextLines(startup.stderrLine);
  const { namespace, pod, container } = agent;
  const request = { namespace, pod, container, command: listeningCommand(launch, program, numeric), stdin: true };
  let session: Session;
  try {
    session = await openSession(exec, request, { stdout: startup.stdout, stderr: errors.push }, signal);
  } catch (error) {
    if (signal.aborted) return { kind: 'aborted' };
    if (error instanceof Failure) return { kind: 'refused', error };
    throw error;
  }
  const { promise: aborted, resolve: abort } = Promise.withResolvers<null>();
  const onAbort = () => abort(null);
  signal.addEventListener('abort', onAbort, { once: true });
  if (signal.aborted) abort(null);
  const end = await Promise.race([session.ended, aborted]);
  signal.removeEventListener('abort', onAbort);
  if (end === null) {
    await session.close();
    return { kind: 'aborted' };
  }
  handlers.silent(session.lastHeardMs());
  errors.end();
  const { stdout, stderr } = startup.heldBack();
  const printed = Buffer.from(stdout).toString().split('\n');
  const output = [...stderr, ...printed].filter((line) => line.trim() !== '');
  return { kind: 'ended', end, output: startup.ready ? [] : output, listened: startup.ready };
}
