/** Puts the times that a node gives its flows onto our own clock, which may be another: nothing arrives sooner than the fastest. */

export interface FlowTime {
  /** When it was, by our clock; never later than it arrived. */
  localMs(toldMs: number, arrivedMs: number): number;
}

/** Clocks drift, and are set: what was learned is forgotten after one to two of these. */
const PERIOD_MS = 60_000;

export function createFlowTime(): FlowTime {
  let sinceMs = Number.NEGATIVE_INFINITY;
  let before = Infinity;
  let offset = Infinity;
  return {
    localMs: (toldMs, arrivedMs) => {
      if (arrivedMs - sinceMs >= PERIOD_MS) {
        before = offset;
        offset = Infinity;
        sinceMs = arrivedMs;
      }
      offset = Math.min(offset, arrivedMs - toldMs);
      return toldMs + Math.min(offset, before);
    },
  };
}
