/** Owns when a rate counts as higher or lower than another one. */
import type { RateChange } from '../model/compare.ts';

/** A difference that is smaller than this matters to nobody who asks what broke. */
const TIMES = 2;
/** Of standard deviations: what chance alone makes in three comparisons of a thousand. */
const DEVIATIONS = 3;

export interface Counted {
  readonly count: number;
  readonly seconds: number;
}

/** Were both rates equal, the events of both windows would fall into them as the windows are long (a binomial test). */
export function compareRates(before: Counted, after: Counted): RateChange {
  const all = before.count + after.count;
  const seconds = before.seconds + after.seconds;
  if (all === 0 || before.seconds <= 0 || after.seconds <= 0) return 'same';
  const share = after.seconds / seconds;
  const surplus = after.count - all * share;
  if (Math.abs(surplus) < DEVIATIONS * Math.sqrt(all * share * (1 - share))) return 'same';
  const [was, is] = [before.count / before.seconds, after.count / after.seconds];
  if (is >= TIMES * was) return 'more';
  return was >= TIMES * is ? 'less' : 'same';
}
