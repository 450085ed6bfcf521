/** The real time. */
import type { Clock } from '../model/clock.ts';

/** A longer timer would fire at once (Node keeps the delay in 31 bits). */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  after: (ms, then) => {
    let timer: NodeJS.Timeout;
    const wait = (restMs: number) => {
      const partMs = Math.min(restMs, LONGEST_TIMER_MS);
      timer = setTimeout(() => {
        if (restMs > partMs) wait(restMs - partMs);
        else then();
      }, partMs);
    };
    wait(ms);
    return () => clearTimeout(timer);
  },
};
