/** When an expectation is held, failed, or not to be known; and when that can be said early. */
import { describe, expect, it } from 'vitest';
import type { Operator } from '../../src/check/expectation.ts';
import { judge, type Standing } from '../../src/check/judge.ts';

/** Columns: while it goes on, at a full end, at a partial end. */
describe.each<[Operator, number, number, Standing, Standing, Standing]>([
  ['>=', 1, 0, 'open', 'failed', 'unknown'],
  ['>=', 1, 1, 'held', 'held', 'held'],
  ['>=', 0, 0, 'held', 'held', 'held'],
  ['>', 1, 1, 'open', 'failed', 'unknown'],
  ['>', 1, 2, 'held', 'held', 'held'],
  ['<=', 1, 1, 'open', 'held', 'unknown'],
  ['<=', 1, 2, 'failed', 'failed', 'failed'],
  ['<', 1, 0, 'open', 'held', 'unknown'],
  ['<', 1, 1, 'failed', 'failed', 'failed'],
  ['==', 0, 0, 'open', 'held', 'unknown'],
  ['==', 0, 1, 'failed', 'failed', 'failed'],
  ['==', 2, 1, 'open', 'failed', 'unknown'],
  ['==', 2, 2, 'open', 'held', 'unknown'],
  ['!=', 0, 0, 'open', 'failed', 'unknown'],
  ['!=', 0, 1, 'held', 'held', 'held'],
  ['!=', 2, 1, 'open', 'held', 'unknown'],
])('%s %i with %i counted', (operator, count, counted, during, full, partial) => {
  it.each<[string, boolean, boolean, Standing]>([
    ['while it goes on', false, false, during],
    ['while it goes on with a gap', false, true, during],
    ['at the end', true, false, full],
    ['at the end of partial data', true, true, partial],
  ])('%s', (_when, isOver, isPartial, judgement) => {
    expect(judge({ operator, count }, { counted, undecided: 0, isOver, isPartial })).toBe(judgement);
  });
});

describe('what nobody can tell whose it is', () => {
  it.each<[Operator, number, number, number, Standing]>([
    ['==', 0, 0, 1, 'unknown'],
    ['==', 2, 1, 1, 'unknown'],
    ['==', 2, 2, 1, 'unknown'],
    ['==', 9, 2, 1, 'failed'],
    ['==', 0, 1, 1, 'failed'],
    ['!=', 9, 2, 1, 'held'],
    ['!=', 3, 2, 1, 'unknown'],
    ['!=', 0, 1, 5, 'held'],
    ['>=', 1, 0, 1, 'unknown'],
    ['>=', 3, 1, 1, 'failed'],
    ['>', 1, 1, 1, 'unknown'],
    ['<=', 3, 1, 2, 'held'],
    ['<=', 2, 1, 2, 'unknown'],
    ['<', 4, 1, 2, 'held'],
    ['<', 3, 1, 2, 'unknown'],
  ])('%s%i with %i counted and %i more perhaps', (operator, count, counted, undecided, standing) => {
    expect(judge({ operator, count }, { counted, undecided, isOver: true, isPartial: false })).toBe(standing);
  });
});
