/** Waiting for a signal or for time to pass, as promises that leave no timer behind. */
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
