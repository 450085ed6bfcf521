/** A program that listens in an agent as one stream, from the first connection to the end, with every reconnection in between. */
import type { AgentRef } from '../model/cluster.ts';
import type { AgentStream, StreamHandlers } from '../model/source.ts';
import type { Decision, Outcome, Retry } from './decision.ts';
import { createFactsQuestion } from './facts.ts';
import type { Launch, ListeningProgram } from './lifeline.ts';
import { type ListeningHandlers, listenOnce } from './listening.ts';
import { createOutage } from './outage.ts';
import { backoffMs, decide } from './reconnect.ts';
import { createResume, type ResumePoint } from './resume.ts';
import type { AgentExec } from './session.ts';

export interface StreamOptions {
  readonly program: ListeningProgram;
  /** Identities as numbers, where the program knows how (monitor, 1.10). */
  readonly numeric: boolean;
  /** After a loss: the agent that is on the node now. */
  readonly locate?: (() => Promise<AgentRef | null>) | undefined;
}

/** A stream that held for so long is a new one: its next loss is its first. */
const STABLE_MS = 10_000;
/** The CLI says so when the agent's socket is gone; it waits 12 s and tries once more before it gives up. */
const AGENT_GONE = 'msg="connection closed"';
/** A piece with more events than fit here is not from an agent that has just gone. */
const LOG_PIECE_MAX_BYTES = 4096;

interface Way {
  readonly agent: AgentRef;
  readonly launch: Launch;
  readonly numeric: boolean;
}

export function listeningStream(exec: AgentExec, agent: AgentRef, options: StreamOptions): AgentStream {
  return { agent, run: (handlers, signal) => run(exec, agent, options, handlers, signal) };
}

async function run(
  exec: AgentExec,
  first: AgentRef,
  options: StreamOptions,
  handlers: StreamHandlers,
  signal: AbortSignal,
): Promise<void> {
  const { clock } = exec;
  const outage = createOutage(clock, (fromMs, toMs, reason) => handlers.gap(fromMs, toMs, reason));
  const facts = createFactsQuestion(exec, (known) => handlers.facts(known), signal);
  const resume = createResume();
  let resumed: ResumePoint | null = null;
  const history = { everListened: false, readyMs: Infinity, failures: 0 };
  let way: Way = { agent: first, launch: 'wrapped', numeric: options.numeric };

  const listening: ListeningHandlers = {
    ready: (beginning) => {
      history.everListened = true;
      history.readyMs = clock.nowMs();
      const { oldestMs } = beginning;
      // All of what was missed is still there, and comes first.
      if (resumed !== null && oldestMs !== null && oldestMs <= resumed.knownMs) {
        outage.forget();
        handlers.resumed?.();
      }
      resume.began(beginning, clock.nowMs());
      outage.end();
      handlers.state('streaming', null);
      // Only now, so that the stream itself is the first thing that the agent is asked.
      facts.ask(way.agent, way.launch);
    },
    bytes: (data) => {
      outage.end();
      if (options.program.kind === 'hubble') resume.heard(data);
      handlers.bytes(data);
      if (data.length <= LOG_PIECE_MAX_BYTES && view(data).includes(AGENT_GONE)) agentGone();
    },
    notice: (line) => {
      handlers.notice(line);
      if (line.includes(AGENT_GONE)) agentGone();
    },
    silent: (lastHeardMs) => {
      if (history.everListened) outage.begin(lastHeardMs, null);
    },
  };
  const agentGone = () => outage.begin(clock.nowMs(), 'agent restarted');

  const next = async (): Promise<Exclude<Decision, Retry> | RetryNow> => {
    history.readyMs = Infinity;
    resume.broke();
    resumed = options.program.kind === 'hubble' && history.everListened ? resume.from(outage.fromMs) : null;
    const resumeFrom = resumed?.since ?? null;
    const program = options.program.kind === 'hubble' ? { ...options.program, resumeFrom } : options.program;
    const outcome = await listenOnce(exec, { ...way, program }, listening, signal);
    if (clock.nowMs() - history.readyMs >= STABLE_MS) history.failures = 0;
    if (signal.aborted) return { kind: 'stop' };
    const decision = decide(outcome, { ...way, program: program.kind, ...history });
    return decision.kind === 'retry' ? { ...decision, outcome } : decision;
  };

  handlers.state('connecting', null);
  for (;;) {
    const decision = await next();
    if (decision.kind === 'retry') {
      const { problem } = decision;
      outage.explain('detail' in problem ? problem.detail : problem.code);
      handlers.state('reconnecting', problem);
      const moved = decision.relocate ? await relocated(way.agent, options.locate) : null;
      // The same container answers the same: only what may be another one is asked again.
      if (moved !== null || isOtherContainer(decision.outcome)) facts.forget();
      if (moved !== null) way = { agent: moved, launch: 'wrapped', numeric: options.numeric };
      await pause(exec, backoffMs(history.failures, exec.random), signal);
      history.failures += 1;
    } else if (decision.kind === 'restart') {
      if (decision.launch !== way.launch)
        handlers.notice('no sh in the container: the monitor may outlive this program');
      way = { agent: way.agent, launch: decision.launch, numeric: decision.numeric };
    } else {
      outage.end();
      await facts.stop();
      if (decision.kind === 'stop') {
        handlers.state('ended', null);
        return;
      }
      handlers.state('failed', history.everListened ? decision.error.problem : null);
      if (history.everListened) return;
      // The caller learns the problem from the rejection.
      throw decision.error;
    }
  }
}

interface RetryNow extends Retry {
  readonly outcome: Outcome;
}

function isOtherContainer(outcome: Outcome): boolean {
  return outcome.kind === 'ended' && outcome.end.kind !== 'lost';
}

function view(data: Uint8Array): Buffer {
  return Buffer.from(data.buffer, data.byteOffset, data.length);
}

/** The agent where it is another pod now. A question that fails is asked again after the next try. */
async function relocated(agent: AgentRef, locate: StreamOptions['locate']): Promise<AgentRef | null> {
  try {
    const found = (await locate?.()) ?? null;
    return found === null || found.pod === agent.pod ? null : found;
  } catch {
    return null;
  }
}

async function pause({ clock }: AgentExec, ms: number, signal: AbortSignal): Promise<void> {
  if (ms === 0 || signal.aborted) return;
  const { promise, resolve } = Promise.withResolvers<undefined>();
  const done = () => resolve(undefined);
  const cancel = clock.after(ms, done);
  signal.addEventListener('abort', done, { once: true });
  await promise;
  signal.removeEventListener('abort', done);
  cancel();
}
