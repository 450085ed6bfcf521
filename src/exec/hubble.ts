/** An agent's own Hubble as a stream of flows, with the agent's announcements beside it, which Hubble's flows do not hold. */
import type { AgentRef } from '../model/cluster.ts';
import type { AgentStream, StreamHandlers } from '../model/source.ts';
import { monitorStream } from './monitor.ts';
import type { AgentExec } from './session.ts';
import { listeningStream } from './stream.ts';

interface HubbleOptions {
  readonly types: readonly string[];
  readonly locate?: (() => Promise<AgentRef | null>) | undefined;
}

export function hubbleStream(exec: AgentExec, agent: AgentRef, options: HubbleOptions): AgentStream {
  return { agent, run: (handlers, signal) => run(exec, agent, options, handlers, signal) };
}

async function run(
  exec: AgentExec,
  agent: AgentRef,
  { types, locate }: HubbleOptions,
  handlers: StreamHandlers,
  signal: AbortSignal,
): Promise<void> {
  const over = new AbortController();
  const either = AbortSignal.any([signal, over.signal]);
  const listening = Promise.withResolvers<void>();
  let unheardMs: number | null = null;
  const heard = (fromMs: number, toMs: number) => {
    unheardMs = null;
    handlers.unannounced?.(fromMs, toMs);
  };
  const monitor = { types: ['agent'], numeric: true, relatedTo: [], verbose: false, locate };
  const announcing = monitorStream(exec, agent, monitor)
    .run(
      {
        bytes: (data) => handlers.announced?.(data),
        notice: () => {},
        state: (state) => {
          const nowMs = exec.clock.nowMs();
          if (state === 'streaming') listening.resolve();
          // It was never heard before, so that there is no gap.
          if (state === 'streaming' && unheardMs !== null) heard(unheardMs, nowMs);
          if (state !== 'reconnecting') return;
          unheardMs ??= nowMs;
          handlers.unheard?.();
        },
        facts: () => {},
        gap: heard,
      },
      either,
    )
    // What keeps it from being heard keeps Hubble from it too, which tells.
    .catch(() => {});
  // Nothing that changes while flows arrive is to go unheard.
  await Promise.race([listening.promise, announcing]);
  try {
    await listeningStream(exec, agent, { program: { kind: 'hubble', types }, numeric: true, locate }).run(
      handlers,
      signal,
    );
  } finally {
    over.abort();
    await announcing;
  }
}
