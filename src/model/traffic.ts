/** What entries of the agents' policy maps counted, beside the verdicts: every packet of a connection's own direction. */
import type { Direction } from './event.ts';
import type { Attribution } from './policy.ts';

/** Counted between two looks at one entry. */
export interface TrafficDelta {
  readonly direction: Direction;
  readonly attribution: Attribution;
  readonly packets: bigint;
  readonly bytes: bigint;
  /** A counter was thrown out or began anew in between, so that there were as many or more. */
  readonly lowerBound: boolean;
}

/**
 * What an agent told of its counters at the last look: all of it; not all, or nothing; or that some of its
 * endpoints count nothing (`--policy-accounting=false`, Cilium 1.16 on).
 */
export const COUNTERS_STATES = ['read', 'unread', 'off'] as const;
export type CountersState = (typeof COUNTERS_STATES)[number];
