/** A clock that stands still until it is told to go on. */
import type { Clock } from '../../src/model/clock.ts';

export interface FakeClock extends Clock {
  advance(ms: number): void;
}

export function createFakeClock(startMs = 0): FakeClock {
  let nowMs = startMs;
  const timers = new Set<{ readonly dueMs: number; readonly then: () => void }>();
  return {
    nowMs: () => nowMs,
    after: (ms, then) => {
      const timer = { dueMs: nowMs + ms, then };
      timers.add(timer);
      return () => timers.delete(timer);
    },
    advance: (ms) => {
      const untilMs = nowMs + ms;
      for (;;) {
        const [next] = [...timers].filter(({ dueMs }) => dueMs <= untilMs).sort((a, b) => a.dueMs - b.dueMs);
        if (next === undefined) break;
        timers.delete(next);
        nowMs = next.dueMs;
        next.then();
      }
      nowMs = untilMs;
    },
  };
}
