/** Owns what was known of one endpoint at which time: a verdict is attributed with the state of its own moment, or not at all. */
import type { EndpointState } from './attribute.ts';

/** How long after a state was read verdicts of the one before it may still arrive, and how late its change may be announced. */
export const SETTLE_MS = 1000;

/** Periods that are kept, for records that come with their own, earlier time. */
const KEPT = 8;

interface Period {
  readonly state: EndpointState;
  readonly fromMs: number;
  /** Null while it lasts. */
  readonly toMs: number | null;
  /** When it was last asked for. */
  readonly askedMs: number;
  /** When the agent had first answered. */
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
  /** Null where the revision tells which answers are too old; else all that was asked for before this is. */
  readonly askedSinceMs: number | null;
  /** False where nobody heard of a change, but of nothing else either: the stream was down. */
  readonly heard: boolean;
  /** The endpoint's since then, where the agent told them: a state with others that was asked for before is older. */
  readonly labels?: readonly string[];
}

/** When a state was asked for, and when all of the answer was there: it is that of some moment in between. */
export interface Asked {
  readonly askedMs: number;
  readonly answeredMs: number;
  /** Present where everything is known that was announced since then, so that the state held all the time. */
  readonly heldSinceMs?: number;
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
  const announced = bothOf(history.announced, change);
  if (newest?.toMs !== null) return { periods, announced };
  return { periods: [{ ...newest, toMs: change.atMs }, ...older], announced };
}

/** The stream was down: whatever was announced in that time, revisions of a new agent included, was not heard. */
export function breakState(history: History, atMs: number): History {
  // That it was down may be known before it is known since when.
  const ended = history.periods.map((period) =>
    period.toMs === null || (period.lost === true && period.toMs > atMs)
      ? { ...period, toMs: atMs, lost: true as const }
      : period,
  );
  return { periods: ended, announced: { atMs, revision: null, askedSinceMs: atMs, heard: false } };
}

/** The same history where the state may be older than what was announced, or than the one that stands. */
export function addState(history: History, state: EndpointState, asked: Asked): History {
  const { announced, periods } = history;
  const { askedMs, answeredMs } = asked;
  const [newest, ...older] = periods;
  if (isTooEarly(asked, announced?.askedSinceMs ?? null) || askedMs < (newest?.askedMs ?? askedMs)) return history;
  if (!state.endpoint.isSettled || isBehind(state, announced?.revision ?? null)) return history;
  if (announced !== null && hasOtherLabels(state, announced) && isTooEarly(asked, announced.atMs)) return history;
  if (newest?.toMs === null) {
    if (isBehind(state, newest.state.endpoint.revision)) return history;
    if (isSamePolicy(newest.state, state)) {
      // With fresher identities: no change to wait for.
      const fresher = { ...newest, askedMs, state: { ...state, policies: newest.state.policies } };
      return { periods: [fresher, ...older], announced: null };
    }
    // Nobody heard of the change: it may have been announced, or done, some time before the question.
    const toMs = Math.max(newest.fromMs, askedMs - SETTLE_MS);
    return begun(state, asked, answeredMs + SETTLE_MS, [{ ...newest, toMs }, ...older]);
  }
  if (announced?.heard === true && (newest !== undefined || isNear(announced, asked)))
    return begun(state, asked, Math.max(asked.heldSinceMs ?? answeredMs, announced.atMs) + SETTLE_MS, periods);
  // Where nothing changed it held when it was asked for. A new connection brings nothing from before it,
  // so that no verdict of an older state can still arrive.
  const fromMs = Math.max(asked.heldSinceMs ?? askedMs, announced?.atMs ?? Number.NEGATIVE_INFINITY);
  const first = { state, fromMs, toMs: null, askedMs, answeredMs };
  return { periods: [first, ...periods].slice(0, KEPT), announced: null };
}

/** Whether it was asked before what makes every earlier answer worthless. */
export function isTooEarly({ askedMs, heldSinceMs }: Asked, sinceMs: number | null): boolean {
  return sinceMs !== null && heldSinceMs === undefined && askedMs < sinceMs;
}

/** The same, where the endpoint's number was another pod's before. */
export function ownSince({ periods, announced }: History, sinceMs: number): History {
  const [newest, ...older] = periods;
  if (newest === undefined || newest.fromMs >= sinceMs) return { periods, announced };
  return { periods: [{ ...newest, fromMs: sinceMs, changed: true }, ...older], announced };
}

/** When the newest state was last asked for. */
export function askedAt({ periods }: History): number {
  return periods[0]?.askedMs ?? Number.NEGATIVE_INFINITY;
}

/** After a change it holds for sure since the answer, but what arrives then may have been decided before. */
function begun(
  state: EndpointState,
  { askedMs, answeredMs }: Asked,
  fromMs: number,
  older: readonly Period[],
): History {
  const period = { state, fromMs, toMs: null, askedMs, answeredMs, changed: true as const };
  return { periods: [period, ...older].slice(0, KEPT), announced: null };
}

function bothOf(before: Announced | null, change: Announced): Announced {
  const labels = change.labels ?? before?.labels;
  return {
    ...change,
    ...(labels === undefined ? {} : { labels }),
    revision: change.revision ?? before?.revision ?? null,
    askedSinceMs: change.askedSinceMs ?? before?.askedSinceMs ?? null,
  };
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
function isNear({ atMs }: Announced, { askedMs, heldSinceMs }: Asked): boolean {
  return atMs + SETTLE_MS > (heldSinceMs ?? askedMs);
}

function isFirst(periods: readonly Period[]): boolean {
  return periods.length < KEPT && periods.at(-1)?.changed !== true;
}

/** An agent prints no revision of an endpoint that it never worked out. */
export function isBehind({ endpoint }: EndpointState, revision: number | null): boolean {
  return revision !== null && (endpoint.revision ?? 0) < revision;
}

function hasOtherLabels({ endpoint }: EndpointState, { labels }: Announced): boolean {
  return labels !== undefined && !isSameSet(endpoint.labels, labels);
}

function isRealized(state: EndpointState, { revision }: Announced): boolean {
  return revision !== null && !isBehind(state, revision);
}

function isSamePolicy({ endpoint: some }: EndpointState, { endpoint: other }: EndpointState): boolean {
  return some.revision === other.revision && some.identity === other.identity && isSameSet(some.labels, other.labels);
}

export function isSameSet(some: readonly string[], others: readonly string[]): boolean {
  return some.length === others.length && some.every((label) => others.includes(label));
}
