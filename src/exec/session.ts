/** One exec from its opening to its end: channels apart, pings, a dead peer noticed, a close that leaves nothing behind. */

import type { Clock } from '../model/clock.ts';
import type { AgentRef } from '../model/cluster.ts';
import type { ExecRequest, KubeApi } from '../model/kubernetes.ts';
import { failure } from '../model/problem.ts';
import { CLOSE_STDIN, type ExecEnd, readFrame, readStatus } from './frames.ts';
import { createTextLines } from './text-lines.ts';

export interface AgentExec {
  readonly openExec: KubeApi['openExec'];
  readonly clock: Clock;
  readonly random: () => number;
  /** A peer without a sign of life for so long is given up; 13.5 s where this is absent or more. */
  readonly silenceMs?: number;
}

export interface SessionOutput {
  readonly stdout: (data: Uint8Array) => void;
  readonly stderr: (data: Uint8Array) => void;
}

export interface Session {
  /** Never rejects. */
  readonly ended: Promise<ExecEnd>;
  /** Until when what was printed is known to have arrived. */
  lastHeardMs(): number;
  /** Ends stdin, so that the remote program ends; resolves when the connection is gone. */
  close(): Promise<void>;
  readonly terminate: () => void;
}

/** A peer that dies right after a sign of life is noticed with the third ping that is due. */
const SILENCE_MS = 13_500;
const UNANSWERED_PINGS = 2;
/**
 * Pings are answered by the API server, which itself needs so long to notice that a node has gone without a word:
 * TCP keep-alive as Go sets it, 15 s and 9 tries of 15 s each.
 */
const BLIND_MS = 150_000;
/** For the remote program to end by itself after its stdin, and then for the closing handshake. */
const END_GRACE_MS = 2_000;
const CLOSE_GRACE_MS = 500;
const STATUS_MAX_BYTES = 64 * 1024;
const OUTPUT_MAX_BYTES = 64 * 1024 * 1024;

export async function openSession(
  exec: AgentExec,
  request: ExecRequest,
  output: SessionOutput,
  signal: AbortSignal,
): Promise<Session> {
  const { clock } = exec;
  const pingEveryMs = Math.min(exec.silenceMs ?? SILENCE_MS, SILENCE_MS) / (UNANSWERED_PINGS + 1);
  const { promise: ended, resolve } = Promise.withResolvers<ExecEnd>();
  const status: Uint8Array[] = [];
  let statusBytes = 0;
  let lastHeardMs = clock.nowMs();
  let lastDataMs = lastHeardMs;
  let unansweredPings = 0;
  let isSilent = false;
  const over = new AbortController();
  const heard = () => {
    lastHeardMs = clock.nowMs();
    unansweredPings = 0;
  };
  const socket = await exec.openExec(
    request,
    {
      frame: (bytes) => {
        heard();
        lastDataMs = lastHeardMs;
        const { channel, data } = readFrame(bytes);
        // The first frame is empty: it tells that the channels are there.
        if (data.length === 0) return;
        if (channel === 'stdout') output.stdout(data);
        else if (channel === 'stderr') output.stderr(data);
        else if (channel === 'status' && statusBytes < STATUS_MAX_BYTES) {
          status.push(data.slice());
          statusBytes += data.length;
        }
      },
      pong: heard,
      closed: (code, reason) => {
        over.abort();
        if (statusBytes > 0) resolve(readStatus(Buffer.concat(status).toString()));
        else resolve({ kind: 'lost', code, reason: isSilent ? 'no answer to pings' : reason });
      },
    },
    signal,
  );
  const keepAlive = () => {
    if (unansweredPings >= UNANSWERED_PINGS) {
      isSilent = true;
      socket.terminate();
      return;
    }
    unansweredPings += 1;
    socket.ping();
    waitToPing();
  };
  const waitToPing = () => {
    if (over.signal.aborted) return;
    const cancel = clock.after(pingEveryMs, () => {
      over.signal.removeEventListener('abort', cancel);
      keepAlive();
    });
    over.signal.addEventListener('abort', cancel, { once: true });
  };
  waitToPing();

  return {
    ended,
    lastHeardMs: () => Math.max(lastDataMs, lastHeardMs - BLIND_MS),
    terminate: () => socket.terminate(),
    close: async () => {
      if (request.stdin && socket.protocol === 'v5.channel.k8s.io') {
        socket.send(CLOSE_STDIN);
        // Closing at once would be as good for the life-line, but then nobody learns that the program is gone.
        await within(clock, END_GRACE_MS, ended);
      }
      if (over.signal.aborted) return;
      socket.close();
      await within(clock, CLOSE_GRACE_MS, ended);
      socket.terminate();
      await ended;
    },
  };
}

/** Runs a command that ends by itself and gives its stdout. Throws `Failure` AGENT_COMMAND_FAILED, or why the exec was refused. */
export async function runInAgent(
  exec: AgentExec,
  agent: AgentRef,
  command: readonly string[],
  signal: AbortSignal,
): Promise<string> {
  const { namespace, pod, container, node } = agent;
  const chunks: Uint8Array[] = [];
  let size = 0;
  const errorLines: string[] = [];
  const errors = createTextLines((line) => {
    if (errorLines.length === 0) errorLines.push(line);
  });
  const overflow = new AbortController();
  const output = {
    stdout: (data: Uint8Array) => {
      size += data.length;
      if (size <= OUTPUT_MAX_BYTES) chunks.push(data.slice());
      else overflow.abort();
    },
    stderr: errors.push,
  };
  const session = await openSession(exec, { namespace, pod, container, command, stdin: false }, output, signal);
  const stop = AbortSignal.any([signal, overflow.signal]);
  if (stop.aborted) session.terminate();
  stop.addEventListener('abort', session.terminate, { once: true });
  const end = await session.ended;
  stop.removeEventListener('abort', session.terminate);
  signal.throwIfAborted();
  errors.end();
  if (end.kind === 'exited' && end.exitCode === 0 && !overflow.signal.aborted) return Buffer.concat(chunks).toString();
  throw failure({
    code: 'AGENT_COMMAND_FAILED',
    node,
    namespace,
    pod,
    command: command.join(' '),
    exitCode: end.kind === 'exited' ? end.exitCode : null,
    detail: overflow.signal.aborted ? `more than ${OUTPUT_MAX_BYTES} bytes` : (errorLines[0] ?? detailOf(end)),
  });
}

export function detailOf(end: ExecEnd): string {
  if (end.kind === 'exited') return `exit code ${end.exitCode}`;
  if (end.kind === 'error') return end.message;
  return end.reason === '' ? `connection closed (${end.code})` : end.reason;
}

async function within(clock: Clock, ms: number, promise: Promise<unknown>): Promise<void> {
  const { promise: late, resolve } = Promise.withResolvers<undefined>();
  const cancel = clock.after(ms, () => resolve(undefined));
  await Promise.race([promise, late]);
  cancel();
}
