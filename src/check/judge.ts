/** Owns the judgement of one expectation by what was counted: held, failed, or not to be known. */
import type { Judgement } from '../model/check.ts';
import type { Comparison } from './expectation.ts';

/** `open`: it can still become one of the others. */
export type Standing = Judgement | 'open';

export interface Evidence {
  /** Counts only ever rise. */
  readonly counted: number;
  /** Whether more can come: the window, or what of it the expectation asks for, is not over. */
  readonly isOver: boolean;
  /** Whether something may be missing, so that `counted` is a lower bound. */
  readonly isPartial: boolean;
}

export function judge({ operator, count }: Comparison, { counted, isOver, isPartial }: Evidence): Standing {
  const atLeast = (least: number): Standing =>
    counted >= least ? 'held' : !isOver ? 'open' : isPartial ? 'unknown' : 'failed';
  const atMost = (most: number): Standing =>
    counted > most ? 'failed' : !isOver ? 'open' : isPartial ? 'unknown' : 'held';
  switch (operator) {
    case '>=':
      return atLeast(count);
    case '>':
      return atLeast(count + 1);
    case '<=':
      return atMost(count);
    case '<':
      return atMost(count - 1);
    case '==':
      if (counted > count) return 'failed';
      if (!isOver) return 'open';
      return isPartial ? 'unknown' : counted === count ? 'held' : 'failed';
    case '!=':
      if (counted > count) return 'held';
      if (!isOver) return 'open';
      return isPartial ? 'unknown' : counted === count ? 'failed' : 'held';
  }
}
