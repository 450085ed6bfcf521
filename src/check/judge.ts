/** Owns the judgement of one expectation by what was counted: held, failed, or not to be known. */
import type { Judgement } from '../model/check.ts';
import type { Comparison } from './expectation.ts';

/** `open`: it can still become one of the others. */
export type Standing = Judgement | 'open';

export interface Evidence {
  /** Counts only ever rise. */
  readonly counted: number;
  /** How many more there may be, where nobody can tell whose they are. */
  readonly undecided: number;
  /** Whether more can come: the window, or what of it the expectation asks for, is not over. */
  readonly isOver: boolean;
  /** Whether something may be missing, so that `counted` is a lower bound. */
  readonly isPartial: boolean;
}

export function judge({ operator, count }: Comparison, { counted, undecided, isOver, isPartial }: Evidence): Standing {
  const highest = isPartial ? Number.POSITIVE_INFINITY : counted + undecided;
  const atLeast = (least: number): Standing =>
    counted >= least ? 'held' : !isOver ? 'open' : highest >= least ? 'unknown' : 'failed';
  const not = (standing: Standing): Standing =>
    standing === 'held' ? 'failed' : standing === 'failed' ? 'held' : standing;
  const exactly = (): Standing => {
    if (counted > count) return 'failed';
    if (!isOver) return 'open';
    if (highest < count) return 'failed';
    return highest > counted ? 'unknown' : 'held';
  };
  switch (operator) {
    case '>=':
      return atLeast(count);
    case '>':
      return atLeast(count + 1);
    case '<=':
      return not(atLeast(count + 1));
    case '<':
      return not(atLeast(count));
    case '==':
      return exactly();
    case '!=':
      return not(exactly());
  }
}
