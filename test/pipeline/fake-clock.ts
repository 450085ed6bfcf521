/** A clock that stands still until it is told to go on. */
import type { Clock } from '../../src/model/clock.ts';

export interface FakeClock extends Clock {
  advance(ms: number): void;
  /** The same, with whatever promises make of one timer before the next. */
  run(ms: number): Promise<void>;
}

export function createFakeClock(startMs = 0): FakeClock {
  let nowMs = startMs;
  const timers = new Set<{ readonly dueMs: number; readonly then: () => void }>();

  function fireNext(untilMs: number): boolean {
    const [next] = [...timers].filter(({ dueMs }) => dueMs <= untilMs).sort((a, b) => a.dueMs - b.dueMs);
    if (next === undefined) return false;
    timers.delete(next);
    nowMs = Math.max(nowMs, next.dueMs);
    next.then();
    return true;
  }

  return {
    nowMs: () => nowMs,
    after: (ms, then) => {
      const timer = { dueMs: nowMs + ms, then };
      timers.add(timer);
      return () => timers.delete(timer);
    },
    advance: (ms) => {
      const untilMs = nowMs + ms;
      while (fireNext(untilMs));
      nowMs = untilMs;
    },
    run: async (ms) => {
      const untilMs = nowMs + ms;
      do await new Promise((resolve) => setImmediate(resolve));
      while (fireNext(untilMs));
      nowMs = untilMs;
    },
  };
}
