/** Time as something that is passed in. */
export interface Clock {
  /** Milliseconds since the epoch. */
  nowMs(): number;
  /** Runs `then` once after `ms`; the returned function cancels it. */
  after(ms: number, then: () => void): () => void;
}

/** Both ends belong to it. */
export interface TimeWindow {
  readonly sinceMs: number;
  readonly untilMs: number;
}
