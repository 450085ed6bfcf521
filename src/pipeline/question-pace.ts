/** Owns when an endpoint is worth another question: at once where there is news of it, else ever more seldom. */

export interface QuestionPace {
  /** The state came. */
  answered(endpoint: number): void;
  /** It did not, and is not asked for before that time; true where that was so too often in a row to go on without news. */
  unanswered(endpoint: number, askedMs: number, waitMs: number): boolean;
  /** `newsMs` is when the agent last said something of it. */
  worthMs(endpoint: number, newsMs: number): number;
}

interface Try {
  readonly askedMs: number;
  readonly againMs: number;
  readonly times: number;
}

export const LONGEST_WAIT_MS = 60_000;
const MOST_TRIES = 8;

export function createQuestionPace(): QuestionPace {
  const tries = new Map<number, Try>();
  return {
    answered: (endpoint) => tries.delete(endpoint),
    unanswered: (endpoint, askedMs, waitMs) => {
      const times = (tries.get(endpoint)?.times ?? 0) + 1;
      tries.set(endpoint, { askedMs, againMs: askedMs + waitAfter(times, waitMs), times });
      return times >= MOST_TRIES;
    },
    worthMs: (endpoint, newsMs) => {
      const last = tries.get(endpoint);
      return last === undefined || newsMs > last.askedMs ? Number.NEGATIVE_INFINITY : last.againMs;
    },
  };
}

/** Twice as long each time. */
export function waitAfter(times: number, firstMs: number): number {
  return Math.min(firstMs * 2 ** (times - 1), LONGEST_WAIT_MS);
}
