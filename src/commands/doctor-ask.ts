/** Questions that end: each has a time limit, and a refusal is an answer too. */
import type { Answer } from '../doctor/facts.ts';
import type { Clock } from '../model/clock.ts';
import { Failure } from '../model/problem.ts';

export type Asker = <T>(question: (signal: AbortSignal) => Promise<T>) => Promise<Answer<T>>;

/** Rejects when `stop` is aborted, and for what is a fault of our own. */
export function createAsker(clock: Clock, limitMs: number, stop: AbortSignal): Asker {
  return async (question) => {
    const late = new AbortController();
    const cancel = clock.after(limitMs, () => late.abort());
    try {
      return { kind: 'known', value: await question(AbortSignal.any([stop, late.signal])) };
    } catch (error) {
      stop.throwIfAborted();
      if (late.signal.aborted) return { kind: 'late', limitMs };
      if (error instanceof Failure) return { kind: 'refused', problem: error.problem };
      throw error;
    } finally {
      cancel();
    }
  };
}

/** All of them, so many side by side, in their order. */
export async function atMost<T, R>(number: number, items: readonly T[], task: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  const waiting = items.map((item, at) => ({ item, at })).values();
  const work = async (): Promise<void> => {
    for (const { item, at } of waiting) results[at] = await task(item);
  };
  await Promise.all(Array.from({ length: Math.min(number, items.length) }, work));
  return results;
}
