/** Owns what verdicts could do with: endpoints whose state is to be read, and identities that no selector knew. */
import { createRecent } from './recent.ts';

export interface Wanted {
  /**
   * Endpoints with verdicts whose state was never read, or may be another by now, and when the agent last said something
   * of them: from then on another question is worth it.
   */
  readonly endpoints: ReadonlyMap<number, number>;
  /** A remote identity was met that no selector knows: the table is probably older than its pod. */
  readonly selectors: boolean;
}

export interface Wants {
  /** `newsMs` is when the agent said something of it. */
  endpoint(endpoint: number, newsMs?: number): void;
  /** The same, for each reason once. */
  endpointOnce(endpoint: number, reason: string | number, newsMs: number): void;
  /** Nobody needs it, until something happens again. */
  letGo(endpoint: number): void;
  isWanted(endpoint: number): boolean;
  /** Each unknown one is worth one question only; it was there at that time. */
  identity(identity: number, atMs: number): void;
  selectorsRead(askedMs: number): void;
  /** Numbers may be others' now. */
  gap(): void;
  wanted(): Wanted;
}

const MOST_ASKED = 4096;

export function createWants(): Wants {
  const endpoints = new Map<number, number>();
  const asked = createRecent<number, true>(MOST_ASKED);
  const askedOnce = createRecent<string, true>(MOST_ASKED);
  let selectorsSinceMs: number | null = null;

  function want(endpoint: number, newsMs = Number.NEGATIVE_INFINITY): void {
    const before = endpoints.get(endpoint);
    if (before === undefined || newsMs > before) endpoints.set(endpoint, newsMs);
  }

  return {
    endpoint: want,
    endpointOnce: (endpoint, reason, newsMs) => {
      const key = `${endpoint} ${reason}`;
      if (askedOnce.get(key) === undefined) want(endpoint, newsMs);
      askedOnce.set(key, true);
    },
    letGo: (endpoint) => endpoints.delete(endpoint),
    isWanted: (endpoint) => endpoints.has(endpoint),
    identity: (identity, atMs) => {
      if (asked.get(identity) === undefined) selectorsSinceMs = Math.max(selectorsSinceMs ?? atMs, atMs);
      asked.set(identity, true);
    },
    selectorsRead: (askedMs) => {
      if (selectorsSinceMs !== null && askedMs >= selectorsSinceMs) selectorsSinceMs = null;
    },
    gap: () => {
      asked.clear();
      askedOnce.clear();
    },
    wanted: () => ({ endpoints, selectors: selectorsSinceMs !== null }),
  };
}
