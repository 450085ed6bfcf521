/** Owns how many verdicts came in the last seconds: one bucket a second, in a ring. */

const BUCKETS = 10;

export interface RecentRate {
  count(atMs: number, times: number): void;
  /** Per second over the last ten seconds, or since `startMs` where that is less. */
  perSecond(nowMs: number, startMs: number): number;
}

export function createRecentRate(): RecentRate {
  const buckets = new Uint32Array(BUCKETS);
  let newest = 0;

  function advance(second: number): void {
    const steps = Math.min(second - newest, BUCKETS);
    if (steps <= 0) return;
    for (let step = 0; step < steps; step += 1) buckets[(second - step) % BUCKETS] = 0;
    newest = second;
  }

  /** The clock was set back: what was counted by the one before is of no second that there is. */
  function setBack(second: number): void {
    buckets.fill(0);
    newest = second;
  }

  return {
    count: (atMs, times) => {
      const second = Math.floor(atMs / 1000);
      advance(second);
      // Told late: no longer among the last seconds.
      if (newest - second >= BUCKETS) return;
      const slot = second % BUCKETS;
      buckets[slot] = (buckets[slot] ?? 0) + times;
    },
    perSecond: (nowMs, startMs) => {
      const second = Math.floor(nowMs / 1000);
      if (second < newest) setBack(second);
      advance(second);
      let total = 0;
      for (const bucket of buckets) total += bucket;
      const fromMs = Math.max(startMs, (newest - BUCKETS + 1) * 1000);
      // A window of less than a second would turn one verdict into thousands a second.
      return total / (Math.max(nowMs - fromMs, 1000) / 1000);
    },
  };
}
