/** Waiting for a signal or for time to pass, as promises that leave no timer behind; and answers that are good for a while. */
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

/** Asks once for all who want to know, and not before they do: what they know already the answer must not lack. */
export function askTogether<T>(clock: Clock, apartMs: number, ask: () => Promise<T>): () => Promise<T> {
  let askedMs = Number.NEGATIVE_INFINITY;
  let next: Promise<T> | null = null;
  const askNext = async (): Promise<T> => {
    const waitMs = askedMs + apartMs - clock.nowMs();
    await (waitMs > 0 ? new Promise<void>((resolve) => clock.after(waitMs, resolve)) : null);
    next = null;
    askedMs = clock.nowMs();
    return ask();
  };
  return () => (next ??= askNext());
}

/** Asks once for all who want to know within this time. */
export function rememberFor<T>(clock: Clock, goodForMs: number, ask: () => Promise<T>): () => Promise<T> {
  let last: { readonly atMs: number; readonly answer: Promise<T> } | null = null;
  return () => {
    const nowMs = clock.nowMs();
    if (last === null || nowMs - last.atMs > goodForMs) last = { atMs: nowMs, answer: ask() };
    return last.answer;
  };
}
