/** One stream's time of which nothing is known: from the last good moment until it is heard again. */
import type { Clock } from '../model/clock.ts';

export interface Outage {
  /** Keeps the earliest beginning. */
  begin(fromMs: number, reason: string | null): void;
  explain(reason: string): void;
  /** Null where there is none. */
  readonly fromMs: number | null;
  /** What was missed is being made up for: there is no gap. */
  forget(): void;
  /** Reports the gap, where there is one. */
  end(): void;
}

export function createOutage(clock: Clock, gap: (fromMs: number, toMs: number, reason: string) => void): Outage {
  let down: { readonly fromMs: number; readonly reason: string | null } | null = null;
  return {
    get fromMs() {
      return down?.fromMs ?? null;
    },
    forget: () => {
      down = null;
    },
    begin: (fromMs, reason) => {
      down ??= { fromMs, reason };
    },
    explain: (reason) => {
      if (down !== null) down = { fromMs: down.fromMs, reason: down.reason ?? reason };
    },
    end: () => {
      if (down !== null) gap(down.fromMs, clock.nowMs(), down.reason ?? 'connection lost');
      down = null;
    },
  };
}
