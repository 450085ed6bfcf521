/** Owns the histories of an agent's endpoints, and what the agent's own announcements mean for them. */
import type { EndpointState } from './attribute.ts';
import type { News } from './notice.ts';
import { createRecent } from './recent.ts';
import type { SelectorTable } from './selectors.ts';
import {
  type Announced,
  type Asked,
  addState,
  askedAt,
  breakState,
  endState,
  type History,
  isBehind,
  isSameSet,
  isStanding,
  isTooEarly,
  ownSince,
  SETTLE_MS,
} from './state.ts';
import { createWants, type Wanted } from './wants.ts';

export interface EndpointStates {
  historyOf(endpoint: number): History;
  /** A verdict could do with its state. */
  want(endpoint: number): void;
  /** The same, where a flow tells that the endpoint's identity is another than in the state that stands. */
  wantOther(endpoint: number, identity: number, atMs: number): void;
  /** A verdict came from an identity that no selector knows. */
  wantIdentity(identity: number, atMs: number): void;
  heed(news: News, atMs: number): void;
  lost(atMs: number): void;
  gap(atMs: number): void;
  /** False where it does not count. */
  add(endpoint: number, state: EndpointState, asked: Asked): boolean;
  setSelectors(selectors: SelectorTable, askedMs: number): void;
  wanted(): Wanted;
  letGo(endpoint: number): void;
}

/** What the agent said of an endpoint whose state was not read since. */
interface Unread {
  /** When its number became its own, and since when verdicts can be about nobody else. */
  readonly bornMs: number;
  readonly ownSinceMs: number;
  /** It was made, and decided about nothing yet. */
  readonly isNew: boolean;
  /** When the agent had last worked on it, its labels then, and whether it decided by something else before. */
  readonly worked: { readonly atMs: number; readonly labels: readonly string[]; readonly isAgain: boolean } | null;
}

/** As many as a node has, and those that had their numbers before. */
const MOST_UNREAD = 1024;
/** The agent may still have been at work on a change of which nobody heard, because it was announced before. */
const AT_WORK_MS = 30_000;
const LONG_AGO_MS = Number.NEGATIVE_INFINITY;
const NEVER_SEEN: Unread = { bornMs: LONG_AGO_MS, ownSinceMs: LONG_AGO_MS, isNew: false, worked: null };
const NOTHING: Wanted = { endpoints: new Map(), selectors: false };

/** `changed` is called whenever an answer may be another now. */
export function createEndpointStates(changed: (newest: History | null) => void): EndpointStates {
  const histories = new Map<number, History>();
  const unread = createRecent<number, Unread>(MOST_UNREAD);
  const wants = createWants();
  let announced: Announced | null = null;
  let isLost = false;

  function historyOf(endpoint: number): History {
    return histories.get(endpoint) ?? { periods: [], announced };
  }

  function want(endpoint: number): void {
    const told = unread.get(endpoint);
    wants.endpoint(endpoint, told?.worked?.atMs ?? told?.bornMs);
  }

  function replace(endpoint: number, history: History): void {
    histories.set(endpoint, history);
    if (isStanding(history)) wants.letGo(endpoint);
    else wants.endpoint(endpoint, history.announced?.atMs);
    changed(history);
  }

  function breakAll(atMs: number): void {
    announced = breakState({ periods: [], announced }, atMs).announced;
    for (const [endpoint, history] of histories) replace(endpoint, breakState(history, atMs));
  }

  function heedPolicy({ revision }: Extract<News, { what: 'policy' }>, atMs: number): void {
    if (isHeard(revision, announced)) return;
    const change = { atMs, revision, askedSinceMs: revision === null ? atMs : null, heard: true };
    announced = endState({ periods: [], announced }, change).announced;
    for (const [endpoint, history] of histories) replace(endpoint, endState(history, change));
  }

  /** What is read from now on is another's. */
  function heedOwner({ endpoint, isMade }: Extract<News, { what: 'endpoint-gone' }>, atMs: number): void {
    const history = historyOf(endpoint);
    const before = unread.get(endpoint);
    // Found ahead of its turn, it was heeded before.
    if (askedAt(history) >= atMs || (before?.worked?.atMs ?? before?.bornMs ?? atMs) > atMs) return;
    const sinceMs = isMade && history.periods.length === 0 ? atMs : atMs + SETTLE_MS;
    const ownSinceMs = Math.max(before?.ownSinceMs ?? sinceMs, sinceMs);
    histories.delete(endpoint);
    wants.letGo(endpoint);
    unread.set(endpoint, { bornMs: atMs, ownSinceMs, isNew: isMade, worked: null });
    changed(null);
  }

  function heedLabels({ endpoint, labels }: Extract<News, { what: 'endpoint-labels' }>, atMs: number): void {
    const history = historyOf(endpoint);
    const newest = history.periods[0];
    if (askedAt(history) >= atMs) return;
    if (newest === undefined) {
      const before = unread.get(endpoint);
      if ((before?.worked?.atMs ?? LONG_AGO_MS) >= atMs) return;
      const worked = { atMs, labels, isAgain: before?.isNew !== true };
      unread.set(endpoint, { ...(before ?? NEVER_SEEN), isNew: false, worked });
      if (wants.isWanted(endpoint)) want(endpoint);
    } else if (!isSameSet(newest.state.endpoint.labels, labels)) {
      replace(endpoint, endState(history, { atMs, revision: null, askedSinceMs: atMs, heard: true }));
    } else if (newest.toMs !== null) {
      // What was announced, or begun unheard, is done; where nobody heard its revision, no answer of before may have it.
      const askedSinceMs = (history.announced?.revision ?? null) === null ? atMs : null;
      replace(endpoint, endState(history, { atMs, revision: null, askedSinceMs, heard: true, labels }));
    } else if ((announced?.revision ?? null) === null && newest.answeredMs + AT_WORK_MS > atMs) {
      wants.endpointOnce(endpoint, 'regenerated', atMs);
    }
  }

  /** Whether the agent has worked on the endpoint since it was asked, on something that the state may not have. */
  function isOvertaken(state: EndpointState, asked: Asked, { worked }: Unread): boolean {
    if (worked === null || !isTooEarly(asked, worked.atMs)) return false;
    const revision = announced?.revision ?? null;
    return revision === null || isBehind(state, revision) || !isSameSet(state.endpoint.labels, worked.labels);
  }

  return {
    historyOf,
    want,
    wantOther: (endpoint, identity, atMs) => wants.endpointOnce(endpoint, identity, atMs),
    wantIdentity: (identity, atMs) => wants.identity(identity, atMs),
    heed: (news, atMs) => {
      if (news.what === 'policy') heedPolicy(news, atMs);
      else if (news.what === 'endpoint-gone') heedOwner(news, atMs);
      else heedLabels(news, atMs);
    },
    lost: (atMs) => {
      isLost = true;
      breakAll(atMs);
    },
    gap: (atMs) => {
      isLost = false;
      wants.gap();
      breakAll(atMs);
    },
    add: (endpoint, state, asked) => {
      if (isLost) return false;
      const before = historyOf(endpoint);
      const told = unread.get(endpoint);
      const isOld = told !== undefined && (isTooEarly(asked, told.bornMs) || isOvertaken(state, asked, told));
      const after = isOld ? before : addState(before, state, asked);
      if (after === before) {
        if (!isStanding(before)) want(endpoint);
        return false;
      }
      replace(endpoint, told === undefined ? after : ownSince(after, firstVerdictMs(told)));
      unread.delete(endpoint);
      return true;
    },
    setSelectors: (selectors, askedMs) => {
      wants.selectorsRead(askedMs);
      for (const [endpoint, history] of histories) {
        const [newest, ...older] = history.periods;
        if (newest?.toMs !== null || askedMs < newest.askedMs) continue;
        replace(endpoint, { ...history, periods: [{ ...newest, state: { ...newest.state, selectors } }, ...older] });
      }
    },
    wanted: () => (isLost ? NOTHING : wants.wanted()),
    letGo: (endpoint) => wants.letGo(endpoint),
  };
}

/** Those of before may be late ones, that another policy decided. */
function firstVerdictMs({ ownSinceMs, worked }: Unread): number {
  return worked?.isAgain === true ? Math.max(ownSinceMs, worked.atMs + SETTLE_MS) : ownSinceMs;
}

/** Revisions only grow while a stream lasts: one that was heard of before tells nothing. */
function isHeard(revision: number | null, announced: Announced | null): boolean {
  return (
    revision !== null && announced?.heard === true && announced.revision !== null && revision <= announced.revision
  );
}
