/** `--since` and `--until`: which moments they mean, and which they cannot. */
import { describe, expect, it } from 'vitest';
import { momentOf, windowOf } from '../../src/commands/window.ts';
import { Failure } from '../../src/model/problem.ts';

const NOW_MS = Date.UTC(2026, 10, 22, 12, 0, 0);

describe('momentOf', () => {
  it.each([
    ['10m', { agoMs: 600_000 }],
    ['1h30m', { agoMs: 5_400_000 }],
    ['90s', { agoMs: 90_000 }],
    ['2026-11-22T11:00:00Z', { atMs: NOW_MS - 3_600_000 }],
    ['2026-11-22T12:00:00+01:00', { atMs: NOW_MS - 3_600_000 }],
    ['2026-11-22 11:00:00.5z', { atMs: NOW_MS - 3_599_500 }],
  ])('%s', (text, moment) => {
    expect(momentOf(text)).toEqual(moment);
  });

  it.each(['', '10', '-5m', 'yesterday', '2026-11-22', '2026-11-22T11:00:00', '2026-13-40T11:00:00Z', '10x'])(
    'refuses "%s"',
    (text) => {
      expect(() => momentOf(text)).toThrow(/Give how long ago/);
    },
  );
});

describe('windowOf', () => {
  it.each([
    [{ since: { agoMs: 600_000 } }, { sinceMs: NOW_MS - 600_000, untilMs: NOW_MS }],
    [
      { since: { agoMs: 600_000 }, until: { agoMs: 60_000 } },
      { sinceMs: NOW_MS - 600_000, untilMs: NOW_MS - 60_000 },
    ],
    [
      { since: { atMs: 0 }, until: { atMs: 1 } },
      { sinceMs: 0, untilMs: 1 },
    ],
    [{}, null],
  ])('%j', (flags, window) => {
    expect(windowOf(flags, NOW_MS)).toEqual(window);
  });

  it.each([
    [{ until: { agoMs: 5 } }, '--until needs --since'],
    [{ since: { agoMs: 5 }, until: { agoMs: 5 } }, '--since has to be before --until'],
    [{ since: { agoMs: 0 } }, 'what is over'],
    [{ since: { agoMs: 5 }, until: { atMs: NOW_MS + 1 } }, 'what is over'],
  ])('refuses %j', (flags, message) => {
    const refused = () => windowOf(flags, NOW_MS);
    expect(refused).toThrow(Failure);
    try {
      refused();
    } catch (error) {
      expect(error instanceof Failure ? error.problem : null).toMatchObject({ code: 'USAGE' });
      expect(JSON.stringify(error instanceof Failure ? error.problem : null)).toContain(message);
    }
  });
});
