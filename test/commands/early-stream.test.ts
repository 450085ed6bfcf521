/** What happens before anybody counts is told in order when somebody does, and nothing twice. */
import { expect, it } from 'vitest';
import { openEarly } from '../../src/commands/early-stream.ts';
import type { AgentStream, StreamHandlers } from '../../src/model/source.ts';

const agent = { node: 'n1', namespace: 'kube-system', pod: 'cilium-x', container: 'cilium-agent' };

function scripted() {
  let handlers: StreamHandlers | null = null;
  const over = Promise.withResolvers<undefined>();
  const stream: AgentStream = {
    agent,
    run: async (given) => {
      handlers = given;
      await over.promise;
    },
  };
  const tell = (event: (given: StreamHandlers) => void) => {
    if (handlers === null) throw new Error('not begun');
    event(handlers);
  };
  return { stream, over, tell };
}

function recorder() {
  const seen: string[] = [];
  const handlers: StreamHandlers = {
    bytes: (data) => void seen.push(`bytes ${new TextDecoder().decode(data)}`),
    notice: (line) => void seen.push(`notice ${line}`),
    state: (state) => void seen.push(`state ${state}`),
    facts: ({ version }) => void seen.push(`facts ${version ?? ''}`),
    gap: (fromMs, toMs) => void seen.push(`gap ${fromMs} ${toMs}`),
  };
  return { seen, handlers };
}

it('keeps order and copies what came early', async () => {
  const { stream, over, tell } = scripted();
  const { signal } = new AbortController();
  const early = openEarly(stream, signal);
  const piece = new TextEncoder().encode('a');
  tell((to) => to.state('connecting', null));
  tell((to) => to.bytes(piece));
  piece.fill(0x78);
  const { seen, handlers } = recorder();
  const running = early.run(handlers, signal);
  tell((to) => to.gap(1, 2, 'x'));
  tell((to) => to.bytes(new TextEncoder().encode('b')));
  over.resolve(undefined);
  await running;
  expect(seen).toEqual(['state connecting', 'bytes a', 'gap 1 2', 'bytes b']);
});

it('tells a refusal to whoever runs it', async () => {
  const { stream, over } = scripted();
  const { signal } = new AbortController();
  const early = openEarly(stream, signal);
  over.reject(new Error('forbidden'));
  await expect(early.run(recorder().handlers, signal)).rejects.toThrow('forbidden');
});
