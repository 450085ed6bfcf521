/** Owns attribution for one agent's stream: printed names where they are printed, else the state of the endpoint at the verdict's time. */
import type { AgentNotice, L7Record, Verdict } from '../model/event.ts';
import type { Attribution, PolicyRef } from '../model/policy.ts';
import { AnswerCache } from './answer-cache.ts';
import type { Answers } from './answers.ts';
import { attributeVerdict, type EndpointState } from './attribute.ts';
import { createHubbleNames } from './correlated.ts';
import { readNotice } from './notice.ts';
import { createPrintedNames, type Printed, readL7Name } from './printed-name.ts';
import { createRumours } from './rumours.ts';
import type { SelectorTable } from './selectors.ts';
import {
  type Announced,
  type Asked,
  addState,
  breakState,
  endState,
  type History,
  isStanding,
  standingState,
  stateAt,
} from './state.ts';

export interface Attributor {
  /** `atMs` is when the verdict was made, or where nobody knows, when it arrived; `heardMs` is when it arrived. */
  attribute(verdict: Verdict, atMs: number, heardMs?: number): Attribution;
  /** Null where the line named no policy: nothing else tells whose rule a request was held against. */
  attributeL7(record: L7Record): Attribution | null;
  /** What the agent says of itself in the same stream: policies and endpoints that change, come and go. */
  notice(notice: AgentNotice, atMs: number): void;
  /** The stream was down up to this time, or the agent is another: every state has to be read again. */
  gap(atMs: number): void;
  /** False where the state may be older than an announced change: ask again. */
  setEndpointState(endpoint: number, state: EndpointState, asked: Asked): boolean;
  /** A fresher table for the states that stand. */
  setSelectors(selectors: SelectorTable): void;
  /** What the verdicts so far could do with. */
  wanted(): Wanted;
}

interface Wanted {
  /** Endpoints with verdicts whose state was never read, or was announced to change. */
  readonly endpoints: readonly number[];
  /** A remote identity was met that no selector knows: the table is probably older than its pod. */
  readonly selectors: boolean;
}

/** Each unknown identity is worth one question only, and so many of them. */
const MOST_ASKED = 4096;

/** What is shared by all agents: the same answer from two of them is one object, and the table's bound is the process's. */
export function createAttributor(answers: Answers, answered: AnswerCache = new AnswerCache()): Attributor {
  const histories = new Map<number, History>();
  const cache = answered.view();
  const wantedEndpoints = new Set<number>();
  const askedFor = new Set<number>();
  let wantsSelectors = false;
  let announced: Announced | null = null;
  /** From then on every standing state counts: what is kept then needs no look at the history. */
  let standsFromMs = Number.NEGATIVE_INFINITY;
  const noState = answers.unattributed('no-state');
  const changed = answers.unattributed('policy-changed');
  const unexplained = answers.defaultDeny([]);
  const rumours = createRumours();
  const hubbleNames = createHubbleNames(answers);
  const printedName = createPrintedNames(
    (endpoint) => histories.get(endpoint)?.periods[0]?.state.policies ?? null,
    answers,
    (printed, name) => former(printed, name) ?? rumours.of(name, namespaceOf(printed.endpoint)),
  );

  /** As the last state says that had a policy of that name. */
  function former({ endpoint, direction }: Printed, name: string): readonly PolicyRef[] | null {
    const rulings = histories.get(endpoint)?.periods.map(({ state }) => state.policies.ruling[direction]) ?? [];
    const sharing = rulings.map((ruling) => ruling.filter((ref) => ref.name === name));
    return sharing.find((refs) => refs.length > 0) ?? null;
  }

  function namespaceOf(endpoint: number): string | null {
    return histories.get(endpoint)?.periods[0]?.state.endpoint.namespace ?? null;
  }

  /** The short way, for nearly every verdict. */
  function kept(verdict: Verdict, atMs: number): Attribution | null {
    const { hubble, dialect } = verdict;
    const isNamed = dialect === 'accuknox' || (hubble !== null && hubble.policies.length > 0);
    return isNamed || atMs < standsFromMs ? null : cache.get(verdict);
  }

  function attribute(verdict: Verdict, atMs: number, heardMs: number): Attribution {
    const history = histories.get(verdict.endpoint);
    const named = hubbleNames.of(verdict, { atMs, heardMs }, history);
    if (named !== null) return named;
    if (verdict.dialect !== 'accuknox') return deriveAnew(verdict, atMs);
    // The name is there, its kind and namespace are not.
    if (history === undefined) wantedEndpoints.add(verdict.endpoint);
    return printedName(verdict, history !== undefined && !stateAt(history, atMs).known);
  }

  function deriveAnew(verdict: Verdict, atMs: number): Attribution {
    const history = histories.get(verdict.endpoint) ?? { periods: [], announced };
    const standing = standingState(history, atMs);
    if (standing !== null) return answer(verdict, standing, true);
    const moment = stateAt(history, atMs);
    if (moment.known) return answer(verdict, moment.state, false);
    if (!isStanding(history)) wantedEndpoints.add(verdict.endpoint);
    return withoutState(verdict, moment.reason);
  }

  function answer(verdict: Verdict, state: EndpointState, isKept: boolean): Attribution {
    const fresh = attributeVerdict(verdict, state, answers);
    if (fresh.reason === 'not-in-realized-policy') askFor(verdict, state);
    if (isKept) cache.set(verdict, fresh);
    return fresh;
  }

  /** That nothing matched is the agent's own word; only what isolates is open then. */
  function withoutState({ action, match }: Verdict, reason: 'no-state' | 'policy-changed'): Attribution {
    if (match === 'none' && (action === 'deny' || action === 'audit')) return unexplained;
    return reason === 'no-state' ? noState : changed;
  }

  function askFor({ remoteIdentity }: Verdict, state: EndpointState): void {
    if (remoteIdentity === null || state.selectors.knows(remoteIdentity)) return;
    if (askedFor.has(remoteIdentity) || askedFor.size >= MOST_ASKED) return;
    askedFor.add(remoteIdentity);
    wantsSelectors = true;
  }

  function replace(endpoint: number, history: History): void {
    histories.set(endpoint, history);
    standsFromMs = Math.max(standsFromMs, history.periods[0]?.fromMs ?? standsFromMs);
    if (isStanding(history)) wantedEndpoints.delete(endpoint);
    else if (history.periods.length > 0) wantedEndpoints.add(endpoint);
    cache.clear();
  }

  function forget(endpoint: number): void {
    histories.delete(endpoint);
    wantedEndpoints.delete(endpoint);
    cache.clear();
  }

  return {
    attribute: (verdict, atMs, heardMs = atMs) => kept(verdict, atMs) ?? attribute(verdict, atMs, heardMs),
    attributeL7: (record) => {
      const printed = readL7Name(record);
      return printed === null ? null : printedName(printed);
    },
    notice: (notice, atMs) => {
      const news = readNotice(notice);
      if (news?.what === 'policy') {
        if (isOld(news.revision, announced)) return;
        const change = { atMs, revision: news.revision, heard: true };
        announced = endState({ periods: [], announced }, change).announced;
        if (news.policy !== null) rumours.add(news.policy);
        hubbleNames.changed(change);
        for (const [endpoint, history] of histories) replace(endpoint, endState(history, change));
      } else if (news?.what === 'endpoint-gone') {
        forget(news.endpoint);
      } else if (news?.what === 'endpoint-labels') {
        const history = histories.get(news.endpoint);
        const known = history?.periods[0]?.state.endpoint.labels;
        // Regenerated as it was: its policy revision tells the rest.
        if (history === undefined || known === undefined || isSameSet(known, news.labels)) return;
        replace(news.endpoint, endState(history, { atMs, revision: null, heard: true }));
      }
    },
    gap: (atMs) => {
      hubbleNames.forget();
      announced = { atMs, revision: null, heard: false };
      for (const [endpoint, history] of histories) replace(endpoint, breakState(history, atMs));
    },
    setEndpointState: (endpoint, state, asked) => {
      const before = histories.get(endpoint) ?? { periods: [], announced };
      const after = addState(before, state, asked);
      if (after === before) return false;
      replace(endpoint, after);
      return true;
    },
    setSelectors: (selectors) => {
      wantsSelectors = false;
      for (const [endpoint, { periods, announced }] of histories) {
        const [newest, ...older] = periods;
        if (newest?.toMs !== null) continue;
        replace(endpoint, { periods: [{ ...newest, state: { ...newest.state, selectors } }, ...older], announced });
      }
    },
    wanted: () => ({ endpoints: [...wantedEndpoints], selectors: wantsSelectors }),
  };
}

/** Revisions only grow while a stream lasts: one that was heard of before tells nothing. */
function isOld(revision: number | null, announced: Announced | null): boolean {
  return (
    revision !== null && announced?.heard === true && announced.revision !== null && revision <= announced.revision
  );
}

function isSameSet(some: readonly string[], others: readonly string[]): boolean {
  return some.length === others.length && some.every((label) => others.includes(label));
}
