/** The real time, which never goes back. */
import type { Clock } from '../model/clock.ts';

/** A longer timer would fire at once (Node keeps the delay in 31 bits). */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** A clock that is set back counts on from where it was: no window, gap or rate is ever negative. */
function neverBack(wallMs: () => number): () => number {
  let offsetMs = 0;
  let lastMs = Number.NEGATIVE_INFINITY;
  return () => {
    const nowMs = wallMs() + offsetMs;
    if (nowMs < lastMs) {
      offsetMs += lastMs - nowMs;
      return lastMs;
    }
    lastMs = nowMs;
    return nowMs;
  };
}

export const systemClock: Clock = {
  nowMs: neverBack(() => Date.now()),
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
