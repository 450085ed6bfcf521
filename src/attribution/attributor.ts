/** Owns attribution for one agent's stream: printed names where they are printed, else the state of the endpoint at the verdict's time. */
import type { AgentNotice, L7Record, Verdict } from '../model/event.ts';
import type { HubbleFlow } from '../model/hubble.ts';
import type { Attribution, PolicyRef } from '../model/policy.ts';
import { AnswerCache } from './answer-cache.ts';
import type { Answers } from './answers.ts';
import { attributeVerdict, type EndpointState, peerGroup } from './attribute.ts';
import { createHubbleNames, otherLabels } from './correlated.ts';
import { createEndpointStates } from './endpoint-states.ts';
import { readNotice } from './notice.ts';
import { createPrintedNames, type Printed, readL7Name } from './printed-name.ts';
import { createRumours } from './rumours.ts';
import type { SelectorTable } from './selectors.ts';
import { type Asked, isStanding, stateAt } from './state.ts';
import type { Wanted } from './wants.ts';

export interface Attributor {
  /** `atMs` is when the verdict was made, or where nobody knows, when it arrived; `heardMs` is when it arrived. */
  attribute(verdict: Verdict, atMs: number, heardMs?: number): Attribution;
  /** Null where the line named no policy: nothing else tells whose rule a request was held against. */
  attributeL7(record: L7Record): Attribution | null;
  /** What the agent says of itself in the same stream: policies and endpoints that change, come and go. */
  notice(notice: AgentNotice, atMs: number): void;
  /** The stream is down from now on: nothing that is asked counts until `gap` tells that it is over. */
  lost(atMs: number): void;
  /** The stream was down up to this time, or the agent is another: every state has to be read again. */
  gap(atMs: number): void;
  /** False where the state may be older than an announced change: ask again. */
  setEndpointState(endpoint: number, state: EndpointState, asked: Asked): boolean;
  /** A fresher table for the states that stand. */
  setSelectors(selectors: SelectorTable, askedMs: number): void;
  /** What the verdicts so far could do with. */
  wanted(): Wanted;
  /** Nobody knows this endpoint, or its state does not come: until something happens to it, it is not wanted. */
  letGo(endpoint: number): void;
}

/** The answers already given: to the very question, and to that of a peer that the same selectors select. */
export interface GivenAnswers {
  readonly byIdentity: AnswerCache;
  readonly byGroup: AnswerCache;
}

export function createGivenAnswers(): GivenAnswers {
  return { byIdentity: new AnswerCache(), byGroup: new AnswerCache() };
}

/** What is shared by all agents: the same answer from two of them is one object, and the tables' bounds are the process's. */
export function createAttributor(answers: Answers, given: GivenAnswers = createGivenAnswers()): Attributor {
  const cache = given.byIdentity.view();
  const alikes = given.byGroup.view();
  /** From then on every standing state counts: what is kept then needs no look at the history. */
  let standsFromMs = Number.NEGATIVE_INFINITY;
  const states = createEndpointStates((newest) => {
    standsFromMs = Math.max(standsFromMs, newest?.periods[0]?.fromMs ?? standsFromMs);
    cache.clear();
    alikes.clear();
  });
  const noState = answers.unattributed('no-state');
  const changed = answers.unattributed('policy-changed');
  const unexplained = answers.defaultDeny([]);
  const rumours = createRumours();
  const hubbleNames = createHubbleNames(answers);
  const printedName = createPrintedNames(
    (endpoint) => states.historyOf(endpoint).periods[0]?.state.policies ?? null,
    answers,
    (printed, name) => former(printed, name) ?? rumours.of(name, namespaceOf(printed.endpoint)),
  );

  /** As the last state says that had a policy of that name. */
  function former({ endpoint, direction }: Printed, name: string): readonly PolicyRef[] | null {
    const rulings = states.historyOf(endpoint).periods.map(({ state }) => state.policies.ruling[direction]);
    const sharing = rulings.map((ruling) => ruling.filter((ref) => ref.name === name));
    return sharing.find((refs) => refs.length > 0) ?? null;
  }

  function namespaceOf(endpoint: number): string | null {
    return states.historyOf(endpoint).periods[0]?.state.endpoint.namespace ?? null;
  }

  function isOfState(verdict: Verdict, { policies }: HubbleFlow): boolean {
    const newest = states.historyOf(verdict.endpoint).periods[0];
    return policies.length === 0 && newest !== undefined && otherLabels(verdict, newest.state.endpoint) === null;
  }

  /** The short way, for nearly every verdict. */
  function kept(verdict: Verdict, atMs: number): Attribution | null {
    const { hubble, dialect } = verdict;
    if (dialect === 'accuknox' || atMs < standsFromMs) return null;
    if (hubble !== null && !isOfState(verdict, hubble)) return null;
    return cache.get(verdict);
  }

  function attribute(verdict: Verdict, atMs: number, heardMs: number): Attribution {
    const history = states.historyOf(verdict.endpoint);
    const named = hubbleNames.of(verdict, { atMs, heardMs }, history);
    if (named !== null) return named;
    if (verdict.dialect !== 'accuknox') return deriveAnew(verdict, atMs);
    // The name is there, its kind and namespace are not.
    if (!isStanding(history)) states.want(verdict.endpoint);
    const moment = stateAt(history, atMs);
    return printedName(verdict, moment.known ? moment.state.policies : null);
  }

  function deriveAnew(verdict: Verdict, atMs: number): Attribution {
    const history = states.historyOf(verdict.endpoint);
    const moment = stateAt(history, atMs);
    if (!moment.known) {
      if (!isStanding(history)) states.want(verdict.endpoint);
      return withoutState(verdict, moment.reason);
    }
    const isStill = moment.state === history.periods[0]?.state && isStanding(history);
    const other = otherLabels(verdict, moment.state.endpoint);
    if (other === null) return answer(verdict, atMs, moment.state, isStill);
    if (isStill) states.wantOther(verdict.endpoint, other, atMs);
    return withoutState(verdict, 'policy-changed');
  }

  function answer(verdict: Verdict, atMs: number, state: EndpointState, isKept: boolean): Attribution {
    const answered = isKept ? answerOfGroup(verdict, state) : attributeVerdict(verdict, state, answers);
    const { remoteIdentity } = verdict;
    if (
      answered.reason === 'not-in-realized-policy' &&
      remoteIdentity !== null &&
      !state.selectors.knows(remoteIdentity)
    )
      states.wantIdentity(remoteIdentity, atMs);
    if (isKept) cache.set(verdict, answered);
    return answered;
  }

  /** Many peers are new by their identities alone. */
  function answerOfGroup(verdict: Verdict, state: EndpointState): Attribution {
    const group = peerGroup(verdict, state);
    const known = group === null ? null : alikes.get(verdict, group);
    if (known !== null) return known;
    const fresh = attributeVerdict(verdict, state, answers);
    if (group !== null) alikes.set(verdict, fresh, group);
    return fresh;
  }

  /** That nothing matched is the agent's own word; only what isolates is open then. */
  function withoutState({ action, match }: Verdict, reason: 'no-state' | 'policy-changed'): Attribution {
    if (match === 'none' && (action === 'deny' || action === 'audit')) return unexplained;
    return reason === 'no-state' ? noState : changed;
  }

  return {
    attribute: (verdict, atMs, heardMs = atMs) => kept(verdict, atMs) ?? attribute(verdict, atMs, heardMs),
    attributeL7: (record) => {
      const printed = readL7Name(record);
      return printed === null ? null : printedName(printed);
    },
    notice: (notice, atMs) => {
      const news = readNotice(notice);
      if (news === null) return;
      if (news.what === 'policy') {
        if (news.policy !== null) rumours.add(news.policy);
        hubbleNames.changed({ atMs, revision: news.revision });
      }
      states.heed(news, atMs);
    },
    lost: (atMs) => states.lost(atMs),
    gap: (atMs) => {
      hubbleNames.forget();
      states.gap(atMs);
    },
    setEndpointState: (endpoint, state, asked) => states.add(endpoint, state, asked),
    setSelectors: (selectors, askedMs) => states.setSelectors(selectors, askedMs),
    wanted: () => states.wanted(),
    letGo: (endpoint) => states.letGo(endpoint),
  };
}
