/** What an agent's Hubble still has in its ring: the flows of a window, what the agent said meanwhile, and how far back it reaches. */
import * as v from 'valibot';
import type { AgentRef } from '../model/cluster.ts';
import { Failure, failure } from '../model/problem.ts';
import type { BufferReach, PastFlows, PastHandlers } from '../model/source.ts';
import { afterBadHubble } from './bad-start.ts';
import { readFacts } from './facts.ts';
import type { ExecEnd } from './frames.ts';
import { oldestFlowCommand, type PastWindow, pastEventsCommand, pastFlowsCommand, versionCommand } from './lifeline.ts';
import { askAgent } from './question.ts';
import { type AgentExec, detailOf, openSession, runInAgent } from './session.ts';
import { createTextLines } from './text-lines.ts';

export interface PastOptions extends PastWindow {
  readonly types: readonly string[];
}

/** A ring that is being filled is as old as its server; both as `cilium status -o json` tells them. */
const Status = v.pipe(
  v.string(),
  v.parseJson(),
  v.object({
    hubble: v.object({
      observer: v.object({ 'current-flows': v.number(), 'max-flows': v.number(), uptime: v.string() }),
    }),
  }),
);
const Timed = v.pipe(v.string(), v.parseJson(), v.object({ time: v.pipe(v.string(), v.isoTimestamp()) }));

const OUTPUT_LINES = 50;

export function pastFlows(exec: AgentExec, agent: AgentRef, options: PastOptions): PastFlows {
  return {
    agent,
    announced: async (signal) => {
      try {
        return await runInAgent(exec, agent, pastEventsCommand(options), signal);
      } catch (error) {
        if (signal.aborted || !(error instanceof Failure)) throw error;
        return null;
      }
    },
    read: async (handlers, signal) => {
      // Of no consequence for what is read.
      const version = runInAgent(exec, agent, versionCommand('wrapped'), signal).then(readFacts, () => null);
      await read(exec, agent, options, handlers, signal);
      const facts = await version;
      if (facts !== null) handlers.facts(facts);
    },
    reach: (signal) => reach(exec, agent, signal),
  };
}

async function read(
  exec: AgentExec,
  agent: AgentRef,
  { types, ...window }: PastOptions,
  handlers: PastHandlers,
  signal: AbortSignal,
): Promise<void> {
  const { namespace, pod, container } = agent;
  const said: string[] = [];
  const errors = createTextLines((line) => {
    if (signal.aborted) return;
    if (said.length < OUTPUT_LINES) said.push(line);
    handlers.notice(line);
  });
  const request = { namespace, pod, container, command: pastFlowsCommand(types, window), stdin: true };
  const session = await openSession(
    exec,
    request,
    { stdout: (data: Uint8Array) => handlers.bytes(data), stderr: errors.push },
    signal,
  );
  const aborted = Promise.withResolvers<null>();
  const abort = () => aborted.resolve(null);
  signal.addEventListener('abort', abort, { once: true });
  if (signal.aborted) abort();
  const end = await Promise.race([session.ended, aborted.promise]);
  signal.removeEventListener('abort', abort);
  if (end === null) {
    await session.close();
    return;
  }
  errors.end();
  if (end.kind !== 'exited' || end.exitCode !== 0) throw whyNot(agent, end, said);
}

function whyNot(agent: AgentRef, end: ExecEnd, said: readonly string[]): Failure {
  const { node, namespace, pod } = agent;
  const situation = { agent, launch: 'wrapped', program: 'hubble', numeric: true, everListened: false } as const;
  const decision = afterBadHubble(end, said, { ...situation, failures: Infinity });
  if (decision?.kind === 'fail') return decision.error;
  return failure({ code: 'STREAM_LOST', node, namespace, pod, detail: detailOf(end), hadBegun: true });
}

async function reach(exec: AgentExec, agent: AgentRef, signal: AbortSignal): Promise<BufferReach> {
  const quiet = () => '';
  const askedMs = exec.clock.nowMs();
  const [status, oldest] = await Promise.all([
    askAgent(exec, agent, ['status', '-o', 'json'], signal).catch(quiet),
    runInAgent(exec, agent, oldestFlowCommand(), signal).catch(quiet),
  ]);
  const told = v.safeParse(Status, status);
  const line = v.safeParse(Timed, oldest.split('\n', 1)[0]);
  const oldestMs = line.success ? Date.parse(line.output.time) : null;
  if (!told.success) return { fromMs: oldestMs, flows: null, capacity: null };
  const { 'current-flows': flows, 'max-flows': capacity, uptime } = told.output.hubble.observer;
  const uptimeMs = goDurationMs(uptime);
  const isFilling = flows < capacity && uptimeMs !== null;
  return { fromMs: isFilling ? askedMs - uptimeMs : oldestMs, flows, capacity };
}

const UNITS: ReadonlyMap<string, number> = new Map([
  ['ns', 1e-6],
  ['us', 1e-3],
  ['µs', 1e-3],
  ['ms', 1],
  ['s', 1000],
  ['m', 60_000],
  ['h', 3_600_000],
]);

/** `6m40.928736146s`, as Go prints it. */
function goDurationMs(text: string): number | null {
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h)/g)];
  if (parts.length === 0 || parts.map(([part]) => part).join('') !== text) return null;
  return parts.reduce((ms, [, count, unit = '']) => ms + Number(count) * (UNITS.get(unit) ?? 0), 0);
}
