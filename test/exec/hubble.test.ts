/** What the agent says of itself, beside Hubble's flows: when it is not heard, and that this is told to be over. */
import { expect, test } from 'vitest';
import { hubbleStream } from '../../src/exec/hubble.ts';
import type { AgentExec } from '../../src/exec/session.ts';
import { failure } from '../../src/model/problem.ts';
import { createFakeClock } from '../pipeline/fake-clock.ts';

const agent = { node: 'node1', namespace: 'kube-system', pod: 'cilium-1', container: 'cilium-agent' };
type Handlers = Parameters<AgentExec['openExec']>[1];

test('the announcements are unheard from the first failure until they are heard, the first time or again', async () => {
  const clock = createFakeClock(1_000);
  const monitors: Handlers[] = [];
  let tries = 0;
  const exec: AgentExec = {
    clock,
    random: () => 1,
    openExec: (request, handlers) => {
      if (!request.command.some((word) => word.includes('monitor "$@"'))) return new Promise(() => {});
      tries += 1;
      // The second try is the first that succeeds, and the third breaks another time.
      if (tries === 1)
        return Promise.reject(failure({ code: 'API_UNREACHABLE', context: null, server: 's', detail: 'ECONNREFUSED' }));
      monitors.push(handlers);
      return Promise.resolve({
        protocol: 'v5.channel.k8s.io',
        ...{ send: () => {}, ping: () => {}, close: () => {}, terminate: () => {} },
      });
    },
  };
  const told: string[] = [];
  const ending = new AbortController();
  const running = hubbleStream(exec, agent, { types: ['policy-verdict'] }).run(
    {
      ...{ bytes: () => {}, notice: () => {}, state: () => {}, facts: () => {}, gap: () => {} },
      unheard: () => told.push(`unheard at ${clock.nowMs()}`),
      unannounced: (fromMs, toMs) => told.push(`heard again, from ${fromMs} to ${toMs}`),
    },
    ending.signal,
  );
  const ready = () => monitors.at(-1)?.frame(Buffer.from('\u0002Press Ctrl-C to quit\n'));
  await clock.run(100);
  ready();
  await clock.run(100);
  expect(told).toEqual(['unheard at 1000', 'heard again, from 1000 to 1100']);
  await clock.run(800);
  monitors.at(-1)?.closed(1006, '');
  await clock.run(1_000);
  expect(told.slice(2)).toEqual(['unheard at 2000']);
  ready();
  await clock.run(100);
  // From the last sign of life on.
  expect(told.slice(3)).toEqual(['heard again, from 1100 to 3000']);
  ending.abort();
  for (const monitor of monitors) monitor.closed(1000, '');
  await Promise.race([running, clock.run(10_000)]);
});
