/** What becomes of counters that an agent does not tell, does not have, or takes along with an endpoint. */
import { expect, test } from 'vitest';
import { createAnswers } from '../../src/attribution/answers.ts';
import { createAttributor } from '../../src/attribution/attributor.ts';
import type { TrafficDelta } from '../../src/model/traffic.ts';
import { createTrafficSampler } from '../../src/pipeline/traffic-sampler.ts';
import { stateOf } from '../attribution/state-maker.ts';
import { createFakeClock } from './fake-clock.ts';

function entryText(packets: number): string {
  const key = '{"Identity":12530,"DestPort":20480,"Nexthdr":6,"TrafficDirection":0}';
  return `{"Packets":${packets},"Bytes":${packets * 100},"Key":${key}}`;
}

/** `maps`: what each endpoint counted; null where the agent does not tell. */
function sampling(maps: Record<number, number | null>, failsAll = () => false) {
  const told: string[] = [];
  const ask = ([, , , which = '']: readonly string[]) => {
    if (which === '--all') {
      if (failsAll()) return Promise.resolve('Error: permission denied');
      const all = Object.entries(maps).map(
        ([id, packets]) => `{"EndpointID":"${id}","Path":"","Content":[${entryText(packets ?? 0)}]}`,
      );
      return Promise.resolve(`[${all.join(',')}]`);
    }
    const packets = maps[Number(which)] ?? null;
    return packets === null ? Promise.reject(new Error('no such map')) : Promise.resolve(`[${entryText(packets)}]`);
  };
  const answers = createAnswers();
  const sampler = createTrafficSampler(createAttributor(answers), answers, ask, createFakeClock(), {
    count: (deltas: readonly TrafficDelta[]) => {
      for (const { packets, lowerBound } of deltas) told.push(`${packets}${lowerBound ? ' or more' : ''}`);
    },
    counters: (state) => told.push(state),
  });
  const sample = async (endpoints: readonly number[] | 'all') => {
    told.length = 0;
    await sampler.sample(endpoints);
    return [...told];
  };
  return { sampler, sample };
}

test('an endpoint that the agent does not tell of is missing, and made up for at the next look', async () => {
  const maps: Record<number, number | null> = { 7: 5, 8: 5 };
  const { sample } = sampling(maps);
  expect(await sample([7, 8])).toEqual(['read']);
  Object.assign(maps, { 7: 6, 8: null });
  expect(await sample([7, 8])).toEqual(['1', 'unread']);
  Object.assign(maps, { 7: 6, 8: 9 });
  expect(await sample([7, 8])).toEqual(['4', 'read']);
});

test('an endpoint that is gone takes along what it counted since the last look', async () => {
  const maps: Record<number, number | null> = { 7: 5, 8: 5 };
  const { sample } = sampling(maps);
  await sample([7, 8]);
  expect(await sample([7])).toEqual(['0 or more', 'read']);
  // Its number is another pod's by now, which began anew.
  maps[8] = 50;
  expect(await sample([7, 8])).toEqual(['read']);
});

test('of all endpoints, those are gone that are not in an answer; no answer says nothing', async () => {
  const maps: Record<number, number | null> = { 7: 5, 8: 5 };
  let isFailing = false;
  const { sample } = sampling(maps, () => isFailing);
  await sample('all');
  isFailing = true;
  expect(await sample('all')).toEqual(['unread']);
  isFailing = false;
  delete maps[8];
  expect(await sample('all')).toEqual(['0 or more', 'read']);
});

test('zeros of endpoints that count nothing are no counts', async () => {
  const { sampler, sample } = sampling({ 1026: 0, 8: 5 });
  sampler.learn({ ...stateOf({}).endpoint, countsPackets: false });
  expect(await sample('all')).toEqual(['off']);
  sampler.learn(stateOf({}).endpoint);
  expect(await sample('all')).toEqual(['read']);
});
