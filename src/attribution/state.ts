/** Owns what was known of one endpoint at which time: a verdict is attributed with the state of its own moment, or not at all. */
import type { EndpointState } from './attribute.ts';

/** How long after a state was read verdicts of the one before it may still arrive. */
const SETTLE_MS = 1000;

/** A change that is told so soon after an answer may be in a part of it already: the parts are read one by one. */
const TORN_MS = 250;

/** Periods that are kept, for records that come with their own, earlier time. */
const KEPT = 8;

interface Period {
  readonly state: EndpointState;
  readonly fromMs: number;
  /** Null while it lasts. */
  readonly toMs: number | null;
  /** When the agent had answered. */
  readonly answeredMs: number;
  /** Present where another state, that nobody read, came before it. */
  readonly changed?: true;
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

/** When a state was asked for, and when all of the answer was there: it is that of some moment in between. */
export interface Asked {
  readonly askedMs: number;
  readonly answeredMs: number;
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
  const { periods } = history;
  const [newest, ...older] = periods;
  if (newest?.toMs === null && isRealized(newest.state, change)) {
    // The answer was ahead of the announcement: what came before that was decided by a state that nobody read.
    const fromMs = Math.max(newest.fromMs, change.atMs + SETTLE_MS);
    return { periods: [{ ...newest, fromMs, changed: true }, ...older], announced: history.announced };
  }
  const announced = { ...change, revision: change.revision ?? history.announced?.revision ?? null };
  if (newest?.toMs !== null) return { periods, announced };
  const isTorn = change.atMs < newest.answeredMs + TORN_MS;
  const ended = { ...newest, toMs: change.atMs, ...(isTorn ? { fromMs: change.atMs, changed: true as const } : {}) };
  return { periods: [ended, ...older], announced };
}

/** The stream was down: whatever was announced in that time, revisions of a new agent included, was not heard. */
export function breakState(history: History, atMs: number): History {
  const ended = history.periods.map((period) =>
    period.toMs === null ? { ...period, toMs: atMs, lost: true as const } : period,
  );
  return { periods: ended, announced: { atMs, revision: null, heard: false } };
}

/** The same history where the state may be older than what was announced. */
export function addState(history: History, state: EndpointState, asked: Asked): History {
  const { announced, periods } = history;
  const { askedMs, answeredMs } = asked;
  if (announced !== null && !isNewEnough(state, askedMs, announced)) return history;
  const [newest, ...older] = periods;
  const isOpen = newest?.toMs === null;
  if (isOpen && newest.state.endpoint.revision === state.endpoint.revision) {
    // The same policy, with fresher identities: no change to wait for.
    return { periods: [{ ...newest, state }, ...older], announced: null };
  }
  const hasChanged = isOpen || (announced?.heard === true && (newest !== undefined || isNear(announced, askedMs)));
  // Where nothing changed it held when it was asked for; else it does for sure since the answer,
  // but what arrives then may have been decided before.
  const fromMs = hasChanged ? Math.max(answeredMs, announced?.atMs ?? 0) + SETTLE_MS : startMs(asked, announced);
  const begun = { state, fromMs, toMs: null, answeredMs, ...(hasChanged ? { changed: true as const } : {}) };
  const ended = isOpen ? [{ ...newest, toMs: askedMs }, ...older] : periods;
  return { periods: [begun, ...ended].slice(0, KEPT), announced: null };
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
  if (period === undefined) return isFirst(periods) ? NO_STATE : CHANGED;
  if (period.toMs === null || atMs < period.toMs) return { known: true, state: period.state };
  return period.lost === true && announced === null ? NO_STATE : CHANGED;
}

/** For an endpoint that nobody asked about before: whether the change may still be on its way there. */
function isNear({ atMs }: Announced, askedMs: number): boolean {
  return atMs + SETTLE_MS > askedMs;
}

function isFirst(periods: readonly Period[]): boolean {
  return periods.length < KEPT && periods.at(-1)?.changed !== true;
}

/** A new connection brings nothing from before it, so that no verdict of an older state can still arrive. */
function startMs({ askedMs }: Asked, announced: Announced | null): number {
  return Math.max(askedMs, announced?.atMs ?? askedMs);
}

function isNewEnough(state: EndpointState, askedMs: number, announced: Announced): boolean {
  const { revision } = state.endpoint;
  if (announced.revision === null || revision === null) return askedMs >= announced.atMs;
  return revision >= announced.revision;
}

function isRealized({ endpoint }: EndpointState, { revision }: Announced): boolean {
  return revision !== null && endpoint.revision !== null && endpoint.revision >= revision;
}
