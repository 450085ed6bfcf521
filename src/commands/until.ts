/** Waiting for a signal or for time to pass, as promises that leave no timer behind; and questions that are asked together. */
import type { Clock } from '../model/clock.ts';

export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

/** Resolves after `ms`, or at once when `signal` is aborted. */
export async function elapsed(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  const over = Promise.withResolvers<void>();
  const cancel = clock.after(ms, over.resolve);
  await Promise.race([over.promise, aborted(signal)]);
  cancel();
}

/** Calls `task` at this rhythm until the returned function is called. */
export function every(clock: Clock, intervalMs: number, task: () => void): () => void {
  let cancel = () => {};
  const next = () => {
    cancel = clock.after(intervalMs, () => {
      task();
      next();
    });
  };
  next();
  return () => cancel();
}

/** Asks once for all who want to know, no sooner than this after the last time; nobody's answer is older than the question. */
export function askTogether<T>(clock: Clock, everyMs: number, ask: () => Promise<T>): () => Promise<T> {
  let next: Promise<T> | null = null;
  let notBeforeMs = Number.NEGATIVE_INFINITY;

  async function askNext(): Promise<T> {
    const waitMs = Math.min(notBeforeMs - clock.nowMs(), everyMs);
    await new Promise<void>((resolve) => (waitMs > 0 ? clock.after(waitMs, resolve) : resolve()));
    next = null;
    notBeforeMs = clock.nowMs() + everyMs;
    return ask();
  }

  return async () => {
    next ??= askNext();
    return next;
  };
}
