/** Keeps the first bytes of a stream for the moment in which the agent's policy state is read, so that they are attributed with it. */
import type { Clock } from '../model/clock.ts';

export interface Hold {
  /** Hands the data on, or keeps a copy with its time of arrival. */
  push(data: Uint8Array): void;
  /** Keeps what comes from now on until this is over, and what it waited for before, for a bounded time and size. */
  until(ready: Promise<unknown>): void;
  release(): void;
  /** Hands on what is kept as soon as what it waits for is over; resolves then. */
  settle(): Promise<void>;
}

const MAX_MS = 3_000;
const MAX_BYTES = 4 * 1024 * 1024;

interface HoldSurroundings {
  readonly clock: Clock;
  /** Makes what sees the data that is kept at once, ahead of its turn. */
  readonly lookAhead: () => (data: Uint8Array, atMs: number) => void;
  readonly handOn: (data: Uint8Array, atMs: number) => void;
}

interface Piece {
  readonly data: Uint8Array;
  readonly atMs: number;
}

export function createHold({ clock, lookAhead, handOn }: HoldSurroundings): Hold {
  let kept: Piece[] | null = null;
  let size = 0;
  let cancel = () => {};
  let awaited = Promise.resolve();
  let over = Promise.withResolvers<void>();
  let ahead: (data: Uint8Array, atMs: number) => void = () => {};

  function release(): void {
    cancel();
    const pieces = kept ?? [];
    kept = null;
    size = 0;
    for (const { data, atMs } of pieces) handOn(data, atMs);
    over.resolve();
  }

  function begin(): Piece[] {
    kept = [];
    awaited = Promise.resolve();
    over = Promise.withResolvers<void>();
    ahead = lookAhead();
    cancel = clock.after(MAX_MS, release);
    return kept;
  }

  return {
    push: (data) => {
      if (kept === null) {
        handOn(data, clock.nowMs());
        return;
      }
      const atMs = clock.nowMs();
      ahead(data, atMs);
      kept.push({ data: data.slice(), atMs });
      size += data.length;
      if (size > MAX_BYTES) release();
    },
    until: (ready) => {
      const mine = kept ?? begin();
      const all = Promise.all([awaited, ready]).then(() => {});
      awaited = all;
      void all.then(() => {
        if (kept === mine && awaited === all) release();
      });
    },
    release,
    settle: async () => {
      if (kept === null) return;
      await Promise.race([awaited, over.promise]);
      release();
    },
  };
}
