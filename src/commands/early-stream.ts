/** A stream that is opened before there is anybody to count it, so that the request is on its way while the rest is loaded. */
import type { AgentStream, StreamHandlers } from '../model/source.ts';

/** Begins at once; what happens until `run` is called is kept, and told then. */
export function openEarly(stream: AgentStream, signal: AbortSignal): AgentStream {
  const waiting: ((handlers: StreamHandlers) => void)[] = [];
  let counting: StreamHandlers | null = null;
  const tell = (event: (handlers: StreamHandlers) => void) => {
    if (counting === null) waiting.push(event);
    else event(counting);
  };
  const running = stream.run(
    {
      source: (choice) => tell((handlers) => handlers.source?.(choice)),
      announced: (data) => {
        const kept = counting === null ? data.slice() : data;
        tell((handlers) => handlers.announced?.(kept));
      },
      unheard: () => tell((handlers) => handlers.unheard?.()),
      unannounced: (fromMs, toMs) => tell((handlers) => handlers.unannounced?.(fromMs, toMs)),
      resumed: () => tell((handlers) => handlers.resumed?.()),
      bytes: (data) => {
        const kept = counting === null ? data.slice() : data;
        tell((handlers) => handlers.bytes(kept));
      },
      notice: (line) => tell((handlers) => handlers.notice(line)),
      state: (state, problem) => tell((handlers) => handlers.state(state, problem)),
      facts: (facts) => tell((handlers) => handlers.facts(facts)),
      gap: (fromMs, toMs, reason) => tell((handlers) => handlers.gap(fromMs, toMs, reason)),
    },
    signal,
  );
  // Whoever calls `run` learns of it.
  running.catch(() => {});
  return {
    agent: stream.agent,
    run: (handlers) => {
      counting = handlers;
      for (const event of waiting.splice(0)) event(handlers);
      return running;
    },
  };
}
