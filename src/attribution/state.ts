/** Owns what was known of one endpoint at which time: a verdict is attributed with the state of its own moment, or not at all. */
import type { EndpointState } from './attribute.ts';

/** How long after a state was read verdicts of the one before it may still arrive. */
const SETTLE_MS = 1000;

/** Periods that are kept, for records that come with their own, earlier time. */
const KEPT = 8;

interface Period {
  readonly state: EndpointState;
  readonly fromMs: number;
  /** Null while it lasts. */
  readonly toMs: number | null;
  /** Present where nobody heard of a change at its end: the stream was down. */
  readonly lost?: true;
}

/** A change that the agent announced: no state counts that may be older. */
export interface Announced {
  readonly atMs: number;
  /** Null where the agent did not say; then only the time decides. */
  readonly revision: number | null;
  /** False where nobody heard of a change, but of nothing else either: the stream was down. */
  readonly heard: boolean;
}

export interface History {
  /** The newest is the first; empty before the first state. */
  readonly periods: readonly Period[];
  /** Null where the newest state is still good. */
  readonly announced: Announced | null;
}

export type StateAt =
  | { readonly known: true; readonly state: EndpointState }
  | { readonly known: false; readonly reason: 'no-state' | 'policy-changed' };

const NO_STATE: StateAt = Object.freeze({ known: false, reason: 'no-state' });
const CHANGED: StateAt = Object.freeze({ known: false, reason: 'policy-changed' });

/** Whether there is a state that nothing was said against. */
export function isStanding({ periods }: History): boolean {
  return periods[0]?.toMs === null;
}

/** Something was said to change: from now on the state may be another, until it is read again. */
export function endState(history: History, change: Announced): History {
  const [newest, ...older] = history.periods;
  if (newest?.toMs === null && isRealized(newest.state, change)) return history;
  const announced = { ...change, revision: change.revision ?? history.announced?.revision ?? null };
  if (newest?.toMs !== null) return { periods: history.periods, announced };
  return { periods: [{ ...newest, toMs: change.atMs }, ...older], announced };
}

/** The stream was down: whatever was announced in that time, revisions of a new agent included, was not heard. */
export function breakState(history: History, atMs: number): History {
  const ended = history.periods.map((period) =>
    period.toMs === null ? { ...period, toMs: atMs, lost: true as const } : period,
  );
  return { periods: ended, announced: { atMs, revision: null, heard: false } };
}

/** The same history where the state, asked for at `fromMs`, may be older than what was announced. */
export function addState(history: History, state: EndpointState, fromMs: number): History {
  const { announced, periods } = history;
  if (announced !== null && !isNewEnough(state, fromMs, announced)) return history;
  const [newest, ...older] = periods;
  if (newest === undefined) return { periods: [first(state, fromMs, announced)], announced: null };
  const isOpen = newest.toMs === null;
  if (isOpen && newest.state.endpoint.revision === state.endpoint.revision) {
    // The same policy, with fresher identities: no change to wait for.
    return { periods: [{ ...newest, state }, ...older], announced: null };
  }
  const ended = isOpen ? { ...newest, toMs: fromMs } : newest;
  const begun = { state, fromMs: Math.max(fromMs, announced?.atMs ?? 0) + settleMs(announced), toMs: null };
  return { periods: [begun, ended, ...older].slice(0, KEPT), announced: null };
}

/** The newest state where it is good for the moment; the short way for nearly every verdict. */
export function standingState({ periods }: History, atMs: number): EndpointState | null {
  const newest = periods[0];
  return newest?.toMs === null && atMs >= newest.fromMs ? newest.state : null;
}

export function stateAt({ periods, announced }: History, atMs: number): StateAt {
  // Nothing is known to have changed, but what counts now was not read yet.
  if (announced?.heard === false && atMs >= announced.atMs) return NO_STATE;
  const period = periods.find(({ fromMs }) => atMs >= fromMs);
  // Before the very first state there was none; before the oldest that is kept there was another.
  if (period === undefined) return periods.length < KEPT ? NO_STATE : CHANGED;
  if (period.toMs === null || atMs < period.toMs) return { known: true, state: period.state };
  return period.lost === true && announced === null ? NO_STATE : CHANGED;
}

/** A new connection brings nothing from before it, so that no verdict of an older state can still arrive. */
function settleMs(announced: Announced | null): number {
  return announced?.heard === false ? 0 : SETTLE_MS;
}

/** Nothing came before it; only a change that was announced just now is still settling. */
function first(state: EndpointState, readMs: number, announced: Announced | null): Period {
  return {
    state,
    fromMs: announced === null ? readMs : Math.max(readMs, announced.atMs + settleMs(announced)),
    toMs: null,
  };
}

function isNewEnough(state: EndpointState, fromMs: number, announced: Announced): boolean {
  const { revision } = state.endpoint;
  if (announced.revision === null || revision === null) return fromMs >= announced.atMs;
  return revision >= announced.revision;
}

function isRealized({ endpoint }: EndpointState, { revision }: Announced): boolean {
  return revision !== null && endpoint.revision !== null && endpoint.revision >= revision;
}
