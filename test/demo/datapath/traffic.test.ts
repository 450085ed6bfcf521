/** Background traffic: the same for the same seed, and refused clients try again as Linux does. */
import { expect, it } from 'vitest';
import { createObjectStore } from '../../../src/demo/api/store.ts';
import { populate } from '../../../src/demo/cluster/objects.ts';
import { agentVersion } from '../../../src/demo/cluster/version.ts';
import { createDatapath } from '../../../src/demo/datapath/connection.ts';
import type { DemoEvent } from '../../../src/demo/datapath/event.ts';
import { createRandom } from '../../../src/demo/datapath/random.ts';
import { startTraffic } from '../../../src/demo/datapath/traffic.ts';
import { createWorld } from '../../../src/demo/datapath/world.ts';
import type { Clock } from '../../../src/model/clock.ts';

/** Time that passes when it is told to. */
function createClock(): Clock & { advance(ms: number): void } {
  let nowMs = 0;
  const due: { atMs: number; then: () => void }[] = [];
  return {
    nowMs: () => nowMs,
    after(ms, then) {
      const timer = { atMs: nowMs + ms, then };
      due.push(timer);
      return () => void due.splice(0, due.length, ...due.filter((other) => other !== timer));
    },
    advance(ms) {
      const endMs = nowMs + ms;
      for (;;) {
        const next = due.toSorted((a, b) => a.atMs - b.atMs).find(({ atMs }) => atMs <= endMs);
        if (next === undefined) break;
        due.splice(due.indexOf(next), 1);
        nowMs = next.atMs;
        next.then();
      }
      nowMs = endMs;
    },
  };
}

function setUp(seed: number) {
  const events: { readonly atMs: number; readonly node: string; readonly event: DemoEvent }[] = [];
  const clock = createClock();
  const store = createObjectStore(() => new Date(0));
  const version = agentVersion('cilium', '1.19');
  populate(store, version, 0);
  const emit = (node: string, event: DemoEvent) => events.push({ atMs: clock.nowMs(), node, event });
  const world = createWorld(store, version, emit);
  const datapath = createDatapath(world, { clock, random: createRandom(seed), emit });
  return { events, clock, world, datapath };
}

it('is the same for the same seed and another for another', () => {
  const eventsOf = (seed: number) => {
    const { events, clock, world, datapath } = setUp(seed);
    const stop = startTraffic(world, datapath, { clock, random: createRandom(seed), perSecond: 20, serviceIp: null });
    clock.advance(10_000);
    stop();
    return events;
  };
  const first = eventsOf(1);
  expect(first.length).toBeGreaterThan(150);
  expect(eventsOf(1)).toEqual(first);
  expect(eventsOf(2)).not.toEqual(first);
});

it('lets a client send its SYN at 0, 1, 3 and 7 s, each with another hash', async () => {
  const { events, clock, world, datapath } = setUp(1);
  const from = world.endpoints().find(({ pod }) => pod === 'xwing');
  if (from === undefined) throw new Error('no xwing');
  const ended = datapath.connect({
    from,
    destinationIp: '10.244.0.94',
    port: 80,
    protocol: 'TCP',
    timeoutMs: 10_000,
    method: 'POST',
    host: 'deathstar',
    path: '/',
  });
  clock.advance(20_000);
  expect(await ended).toEqual({ result: 'timeout' });
  const verdicts = events.flatMap(({ atMs, event }) => (event.type === 'policy-verdict' ? [{ atMs, event }] : []));
  expect(verdicts.map(({ atMs }) => atMs)).toEqual([0, 1000, 3000, 7000]);
  expect(new Set(verdicts.map(({ event }) => event.packet.hash)).size).toBe(4);
  expect(new Set(verdicts.map(({ event }) => event.packet.source.port)).size).toBe(1);
  expect(events.filter(({ event }) => event.type === 'drop')).toHaveLength(4);
});
