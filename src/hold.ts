/** Keeps the first bytes of a stream for the moment in which the agent's policy state is read, so that they are attributed with it. */
import type { Clock } from './model/clock.ts';

export interface Hold {
  /** Hands the data on, or keeps a copy with its time of arrival. */
  push(data: Uint8Array): void;
  /** Keeps what comes from now on until this is over, for a bounded time and size. */
  until(ready: Promise<void>): void;
  release(): void;
}

const MAX_MS = 3_000;
const MAX_BYTES = 4 * 1024 * 1024;

export function createHold(clock: Clock, handOn: (data: Uint8Array, atMs: number) => void): Hold {
  let kept: { data: Uint8Array; atMs: number }[] | null = null;
  let size = 0;
  let cancel = () => {};

  function release(): void {
    cancel();
    const pieces = kept ?? [];
    kept = null;
    size = 0;
    for (const { data, atMs } of pieces) handOn(data, atMs);
  }

  return {
    push: (data) => {
      if (kept === null) {
        handOn(data, clock.nowMs());
        return;
      }
      kept.push({ data: data.slice(), atMs: clock.nowMs() });
      size += data.length;
      if (size > MAX_BYTES) release();
    },
    until: (ready) => {
      release();
      const mine: { data: Uint8Array; atMs: number }[] = [];
      kept = mine;
      cancel = clock.after(MAX_MS, release);
      void ready.then(() => {
        if (kept === mine) release();
      });
    },
    release,
  };
}
