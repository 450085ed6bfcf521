/** Two phases of one socket become one record; what has no other half stays alone; memory has a bound. */
import { expect, it } from 'vitest';
import { joinTranslations } from '../../src/attribution/translation.ts';
import { nat } from '../report/event-records.ts';

const SERVICE = { ip: '10.96.0.10', port: 53, service: null };
const BACKEND = { ip: '10.244.0.7', port: 5353, service: null };
const pre = nat({ from: SERVICE, to: null });
const post = nat({ phase: 'post', from: null, to: BACKEND });

it('joins service and backend', () => {
  const join = joinTranslations();
  expect(join.push(pre)).toEqual([]);
  expect(join.push(post)).toEqual([{ ...post, from: SERVICE, to: BACKEND }]);
  expect(join.waiting).toBe(0);
});

it('tells the way back apart', () => {
  const join = joinTranslations();
  const back = nat({ translation: 'reverse', from: null, to: BACKEND });
  join.push(pre);
  join.push(back);
  expect(join.push(nat({ translation: 'reverse', phase: 'post', from: SERVICE, to: null }))).toMatchObject([
    { translation: 'reverse', from: SERVICE, to: BACKEND },
  ]);
  expect(join.push(post)).toMatchObject([{ translation: 'forward', from: SERVICE, to: BACKEND }]);
});

it('keeps the halves of different sockets apart', () => {
  const join = joinTranslations();
  join.push(pre);
  const other = { ...post, socketCookie: '7' };
  expect(join.push(other)).toEqual([other]);
  expect(join.flush()).toEqual([pre]);
  expect(join.flush()).toEqual([]);
});

it('gives up a first phase when the same socket has another', () => {
  const join = joinTranslations();
  join.push(pre);
  const again = { ...pre, from: { ...SERVICE, port: 80 } };
  expect(join.push(again)).toEqual([pre]);
  expect(join.push(post)).toMatchObject([{ from: { port: 80 }, to: BACKEND }]);
});

it('hands on at once what belongs to no socket', () => {
  const loose = nat({ socketCookie: null });
  expect(joinTranslations().push(loose)).toEqual([loose]);
});

it('lets go of the oldest when too many wait', () => {
  const join = joinTranslations(2);
  const sockets = ['1', '2', '3'].map((socketCookie) => nat({ socketCookie }));
  expect(sockets.map((each) => join.push(each))).toEqual([[], [], [sockets[0]]]);
  expect(join.waiting).toBe(2);
});
