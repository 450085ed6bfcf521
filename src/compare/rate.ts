/** Owns when a rate counts as higher or lower than another one. */
import type { RateChange } from '../model/compare.ts';

/** A difference that is smaller than this matters to nobody who asks what broke. */
const TIMES = 2;
/** Of standard deviations: what chance alone makes in three comparisons of a thousand. */
const DEVIATIONS = 3;

/** How long each window is; null for lines of an unknown window. */
export interface Seconds {
  readonly before: number | null;
  readonly after: number | null;
}

/**
 * Were both rates equal, the events of both windows would fall into them as the windows are long (a binomial test).
 * Null where there are no times.
 */
export function compareCounts(before: number, after: number, seconds: Seconds): RateChange | null {
  if (seconds.before === null || seconds.after === null) return null;
  const all = before + after;
  if (all === 0) return 'same';
  const share = seconds.after / (seconds.before + seconds.after);
  const surplus = after - all * share;
  if (Math.abs(surplus) < DEVIATIONS * Math.sqrt(all * share * (1 - share))) return 'same';
  const [was, is] = [before / seconds.before, after / seconds.after];
  if (is >= TIMES * was) return 'more';
  return was >= TIMES * is ? 'less' : 'same';
}
