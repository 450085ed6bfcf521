/** Checks attribution over time: a policy that changes under traffic, states read too early, endpoints that come and go. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createAnswers } from '../../src/attribution/answers.ts';
import { attributeVerdict, type EndpointState } from '../../src/attribution/attribute.ts';
import { type Attributor, createAttributor } from '../../src/attribution/attributor.ts';
import type { Asked } from '../../src/attribution/state.ts';
import type { Action, MatchType } from '../../src/model/event.ts';
import { EVERYONE, type StateSpec, selecting, stateOf } from './state-maker.ts';
import { verdictOf } from './verdict.ts';

const EMPIRE = selecting('any.org: empire');
const landing = verdictOf({});
const refused = verdictOf({ action: 'deny', match: 'none' });

function stateBy(
  policy: string,
  revision: number,
  identities: readonly number[] = [12530],
  more: Partial<StateSpec> = {},
): EndpointState {
  return stateOf({
    ...more,
    revision,
    identities: { [EMPIRE]: identities },
    ingress: [{ port: 80, rules: { [EMPIRE]: { by: [`default/${policy}`] } } }],
    policies: [
      {
        kind: 'CiliumNetworkPolicy',
        metadata: { name: policy, namespace: 'default' },
        spec: { endpointSelector: {}, ingress: [{ fromEntities: ['all'] }] },
      },
    ],
  });
}

function outcome(attributor: Attributor, atMs: number, verdict = landing): string {
  const { reason, policies, isolatedBy } = attributor.attribute(verdict, atMs);
  return [reason ?? '', ...policies.map(({ name }) => name), ...isolatedBy.map(({ name }) => `← ${name}`)]
    .filter((word) => word !== '')
    .join(' ');
}

function wanted(attributor: Attributor): number[] {
  return [...attributor.wanted().endpoints.keys()];
}

/** Asked and answered in the same moment. */
const at = (ms: number): Asked => ({ askedMs: ms, answeredMs: ms });

const updated = (revision: number) =>
  ({ type: 'agent', notice: 'Policy updated', text: `{"revision":${revision}}` }) as const;
const LABELS = stateOf({}).endpoint.labels;
const regenerated = (labels: readonly string[] = LABELS) =>
  ({ type: 'agent', notice: 'Endpoint regenerated', text: JSON.stringify({ id: 1026, labels }) }) as const;
const deleted = { type: 'agent', notice: 'Endpoint deleted', text: '{"id":1026}' } as const;
const created = { type: 'agent', notice: 'Endpoint created', text: '{"id":1026}' } as const;

describe('a policy that changes while traffic flows', () => {
  test('nothing before it goes to the new one, nothing after it to the old one', () => {
    const attributor = createAttributor(createAnswers());
    expect(outcome(attributor, 0)).toBe('no-state');
    expect(wanted(attributor)).toEqual([1026]);
    expect(attributor.setEndpointState(1026, stateBy('old', 2), at(100))).toBe(true);
    expect(wanted(attributor)).toEqual([]);
    expect(outcome(attributor, 50)).toBe('no-state');
    expect(outcome(attributor, 100)).toBe('old');
    expect(outcome(attributor, 5000, refused)).toBe('implicit-default-deny ← old');

    attributor.notice(updated(3), 6000);
    expect(wanted(attributor)).toEqual([1026]);
    expect(outcome(attributor, 5999)).toBe('old');
    expect(outcome(attributor, 6000)).toBe('policy-changed');
    expect(outcome(attributor, 6001, refused)).toBe('implicit-default-deny');

    expect(attributor.setEndpointState(1026, stateBy('old', 2), at(6100))).toBe(false);
    expect(outcome(attributor, 6200)).toBe('policy-changed');
    expect(attributor.setEndpointState(1026, stateBy('new', 3), at(6300))).toBe(true);
    expect(outcome(attributor, 6400)).toBe('policy-changed');
    expect(wanted(attributor)).toEqual([]);
    expect(outcome(attributor, 7300)).toBe('new');
    expect(outcome(attributor, 5999)).toBe('old');
    expect(outcome(attributor, 9000, refused)).toBe('implicit-default-deny ← new');
  });

  test('a state with the announced revision does for the announcement, before or after it', () => {
    const attributor = createAttributor(createAnswers());
    attributor.setEndpointState(1026, stateBy('old', 2), at(0));
    attributor.setEndpointState(1026, stateBy('new', 3), at(5000));
    attributor.notice(updated(3), 5001);
    expect(wanted(attributor)).toEqual([]);
    expect(outcome(attributor, 3999)).toBe('old');
    // It was announced, or even done, before anybody asked.
    expect(outcome(attributor, 4001)).toBe('policy-changed');
    expect(outcome(attributor, 5500)).toBe('policy-changed');
    expect(outcome(attributor, 6500)).toBe('new');
  });

  test('a first state that was asked for before the announcement is not taken', () => {
    const attributor = createAttributor(createAnswers());
    attributor.notice(updated(3), 500);
    expect(attributor.setEndpointState(1026, stateBy('old', 2), at(400))).toBe(false);
    expect(attributor.setEndpointState(1026, stateBy('new', 3), at(700))).toBe(true);
    expect(outcome(attributor, 1699)).toBe('policy-changed');
    expect(outcome(attributor, 1700)).toBe('new');
  });

  test('a change that the first state has already is told of afterwards: who came before it was not judged by that', () => {
    const attributor = createAttributor(createAnswers());
    attributor.setEndpointState(1026, stateBy('new', 3), { askedMs: 100, answeredMs: 400 });
    attributor.notice(updated(3), 150);
    expect(wanted(attributor)).toEqual([]);
    expect([90, 100, 149, 151, 1149].map((atMs) => outcome(attributor, atMs))).toEqual(Array(5).fill('policy-changed'));
    expect(outcome(attributor, 120, refused)).toBe('implicit-default-deny');
    expect(outcome(attributor, 1150)).toBe('new');
    // The same announcement, when the data that it was found in has its turn.
    attributor.notice(updated(3), 9000);
    expect(outcome(attributor, 9000)).toBe('new');
  });

  test('an answer that took long is known to hold from its end only', () => {
    const attributor = createAttributor(createAnswers());
    attributor.setEndpointState(1026, stateBy('old', 2), at(0));
    attributor.notice(updated(3), 5000);
    attributor.setEndpointState(1026, stateBy('new', 3), { askedMs: 5100, answeredMs: 9000 });
    expect(outcome(attributor, 9999)).toBe('policy-changed');
    expect(outcome(attributor, 10_000)).toBe('new');
  });

  test('an endpoint that is asked about long after a change has its state at once', () => {
    const attributor = createAttributor(createAnswers());
    attributor.notice(updated(3), 500);
    attributor.setEndpointState(1026, stateBy('new', 3), { askedMs: 60_000, answeredMs: 60_300 });
    expect(outcome(attributor, 59_999)).toBe('no-state');
    expect(outcome(attributor, 60_000)).toBe('new');
  });

  test('an announcement without a revision goes by the time', () => {
    const attributor = createAttributor(createAnswers());
    attributor.setEndpointState(1026, stateBy('old', 2), at(0));
    attributor.notice({ type: 'agent', notice: 'Policy deleted', text: 'rules gone' }, 1000);
    expect(attributor.setEndpointState(1026, stateBy('old', 2), at(900))).toBe(false);
    expect(attributor.setEndpointState(1026, stateBy('new', 2), at(1100))).toBe(true);
    expect(outcome(attributor, 2100)).toBe('new');
  });

  test('a gap ends every state, and a new agent counts its revisions anew', () => {
    const attributor = createAttributor(createAnswers());
    attributor.setEndpointState(1026, stateBy('old', 50), at(0));
    attributor.notice(updated(51), 1000);
    attributor.gap(2000);
    expect(outcome(attributor, 2050)).toBe('no-state');
    expect(attributor.setEndpointState(1026, stateBy('new', 1), at(2100))).toBe(true);
    expect(outcome(attributor, 50)).toBe('old');
    expect(outcome(attributor, 2100)).toBe('new');
  });
});

describe('a stream that broke', () => {
  test('leaves a time without a state, in which nobody heard of a change', () => {
    const attributor = createAttributor(createAnswers());
    attributor.setEndpointState(1026, stateBy('old', 2), at(0));
    attributor.gap(2000);
    attributor.setEndpointState(1026, stateBy('old', 2), at(9000));
    expect([1999, 2000, 8999, 9000].map((atMs) => outcome(attributor, atMs))).toEqual([
      'old',
      'no-state',
      'no-state',
      'old',
    ]);
  });

  test('with a change that was heard afterwards, the state is known to have changed', () => {
    const attributor = createAttributor(createAnswers());
    attributor.setEndpointState(1026, stateBy('old', 2), at(0));
    attributor.gap(2000);
    attributor.notice(updated(3), 3000);
    expect(outcome(attributor, 3500)).toBe('policy-changed');
  });
});

describe('an agent that takes its time', () => {
  test.each(['waiting-to-regenerate', 'regenerating', 'not-ready', 'restoring', 'waiting-for-identity'])(
    'what it tells of an endpoint that is %s may be half old and half new',
    (state) => {
      const attributor = createAttributor(createAnswers());
      expect(attributor.setEndpointState(1026, stateBy('old', 2, [12530], { state }), at(0))).toBe(false);
      expect(wanted(attributor)).toEqual([1026]);
      expect(outcome(attributor, 10)).toBe('no-state');
      expect(attributor.setEndpointState(1026, stateBy('new', 2), at(2000))).toBe(true);
      expect(outcome(attributor, 2000)).toBe('new');
    },
  );

  test('an endpoint that it never worked out has no revision, and is behind every other', () => {
    const attributor = createAttributor(createAnswers());
    attributor.notice(updated(3), 0);
    expect(attributor.setEndpointState(1026, stateBy('old', 0), at(100))).toBe(false);
    expect(attributor.setEndpointState(1026, stateBy('new', 3), at(2000))).toBe(true);
    expect(outcome(attributor, 3000)).toBe('new');
  });

  test('a change that was announced before anybody listened is done after the first answer: it is asked for again, once', () => {
    const attributor = createAttributor(createAnswers());
    attributor.setEndpointState(1026, stateBy('old', 2), at(0));
    attributor.notice(regenerated(), 5000);
    expect(wanted(attributor)).toEqual([1026]);
    attributor.setEndpointState(1026, stateBy('new', 3), at(5100));
    expect(outcome(attributor, 4000)).toBe('old');
    expect(outcome(attributor, 4500)).toBe('policy-changed');
    expect(outcome(attributor, 6100)).toBe('new');
    attributor.notice(regenerated(), 7000);
    expect(wanted(attributor)).toEqual([]);
    attributor.gap(8000);
    attributor.setEndpointState(1026, stateBy('new', 3), at(8000));
    attributor.notice(regenerated(), 8100);
    expect(wanted(attributor)).toEqual([1026]);
  });

  test('where a change was announced since, or much time has passed, what is done brings no question', () => {
    const attributor = createAttributor(createAnswers());
    attributor.setEndpointState(1026, stateBy('old', 2), at(0));
    attributor.notice(regenerated(), 40_000);
    expect(wanted(attributor)).toEqual([]);
    attributor.notice(updated(3), 50_000);
    attributor.setEndpointState(1026, stateBy('new', 3), at(50_500));
    attributor.notice(regenerated(), 50_600);
    expect(wanted(attributor)).toEqual([]);
    expect(outcome(attributor, 51_500)).toBe('new');
  });

  test('a state is read again as soon as the change that was announced is done', () => {
    const attributor = createAttributor(createAnswers());
    attributor.setEndpointState(1026, stateBy('old', 2), at(0));
    attributor.notice(updated(3), 1000);
    expect(attributor.wanted().endpoints.get(1026)).toBe(1000);
    attributor.notice(regenerated(), 1900);
    expect(attributor.wanted().endpoints.get(1026)).toBe(1900);
    // Its revision tells that the question was none too early.
    expect(attributor.setEndpointState(1026, stateBy('new', 3), { askedMs: 1800, answeredMs: 1950 })).toBe(true);
    expect(outcome(attributor, 2949)).toBe('policy-changed');
    expect(outcome(attributor, 2950)).toBe('new');
  });
});

describe('answers that come late', () => {
  test('one that was asked for before another that counts is not taken, whatever its revision', () => {
    const attributor = createAttributor(createAnswers());
    expect(attributor.setEndpointState(1026, stateBy('new', 3), at(500))).toBe(true);
    expect(attributor.setEndpointState(1026, stateBy('old', 2), { askedMs: 0, answeredMs: 900 })).toBe(false);
    expect(attributor.setEndpointState(1026, stateBy('odd', 4), { askedMs: 0, answeredMs: 900 })).toBe(false);
    expect(attributor.setEndpointState(1026, stateBy('old', 2), { askedMs: 600, answeredMs: 900 })).toBe(false);
    expect(outcome(attributor, 5000)).toBe('new');
  });

  test('one of the agent before is not taken for the one that has started anew', () => {
    const attributor = createAttributor(createAnswers());
    attributor.setEndpointState(1026, stateBy('old', 50), at(0));
    attributor.gap(2000);
    attributor.notice(updated(3), 2100);
    expect(attributor.setEndpointState(1026, stateBy('old', 50), { askedMs: 1500, answeredMs: 2200 })).toBe(false);
    expect(attributor.setEndpointState(1026, stateBy('new', 3), at(2300))).toBe(true);
    attributor.notice(updated(4), 9000);
    expect(attributor.setEndpointState(1026, stateBy('old', 50), { askedMs: 1500, answeredMs: 9100 })).toBe(false);
    expect(outcome(attributor, 9200)).toBe('policy-changed');
  });

  test('while a stream is down no answer counts', () => {
    const attributor = createAttributor(createAnswers());
    attributor.setEndpointState(1026, stateBy('old', 2), at(0));
    attributor.lost(1000);
    expect(attributor.wanted().endpoints.size).toBe(0);
    expect(attributor.setEndpointState(1026, stateBy('old', 2), at(1500))).toBe(false);
    expect(outcome(attributor, 1600)).toBe('no-state');
    attributor.gap(2000);
    expect(wanted(attributor)).toEqual([1026]);
    expect(attributor.setEndpointState(1026, stateBy('new', 1), at(2000))).toBe(true);
    expect(outcome(attributor, 999)).toBe('old');
    expect(outcome(attributor, 2000)).toBe('new');
  });

  test('a stream that turns out to have been down for longer holds no state in that time', () => {
    const attributor = createAttributor(createAnswers());
    attributor.setEndpointState(1026, stateBy('old', 2), at(0));
    attributor.lost(8000);
    attributor.gap(1000);
    attributor.gap(9000);
    attributor.setEndpointState(1026, stateBy('new', 3), at(9000));
    expect([999, 1000, 8500, 9000].map((atMs) => outcome(attributor, atMs))).toEqual([
      'old',
      'no-state',
      'no-state',
      'new',
    ]);
  });

  test('one of before the labels changed is not taken, whether there was a state or not, and whatever else was announced', () => {
    const rebels = ['k8s:org=rebels'];
    for (const isKnown of [false, true]) {
      const attributor = createAttributor(createAnswers());
      if (isKnown) attributor.setEndpointState(1026, stateBy('old', 2), at(0));
      attributor.notice(updated(3), 1000);
      attributor.notice(regenerated(rebels), 1200);
      expect(attributor.setEndpointState(1026, stateBy('old', 3), { askedMs: 1100, answeredMs: 1300 })).toBe(false);
      const relabelled = stateBy('new', 3, [12530], { labels: rebels, identity: 777 });
      expect(attributor.setEndpointState(1026, relabelled, at(1400))).toBe(true);
      expect(outcome(attributor, 1900)).toBe('policy-changed');
      expect(outcome(attributor, 2400)).toBe('new');
    }
  });

  test('one of labels that were others for a while is not taken when they have come back', () => {
    const attributor = createAttributor(createAnswers());
    attributor.setEndpointState(1026, stateBy('old', 2), at(0));
    attributor.gap(1000);
    attributor.notice(updated(3), 1100);
    attributor.notice(regenerated(), 4000);
    const meanwhile = stateBy('odd', 3, [12530], { labels: ['k8s:org=rebels'], identity: 777 });
    expect(attributor.setEndpointState(1026, meanwhile, { askedMs: 1200, answeredMs: 3900 })).toBe(false);
    expect(wanted(attributor)).toEqual([1026]);
    expect(attributor.setEndpointState(1026, stateBy('new', 3), { askedMs: 1200, answeredMs: 4100 })).toBe(true);
    expect(outcome(attributor, 5100)).toBe('new');
  });

  test('labels that are others at the same revision are another state', () => {
    const attributor = createAttributor(createAnswers());
    attributor.setEndpointState(1026, stateBy('old', 2), at(0));
    attributor.setEndpointState(
      1026,
      stateBy('new', 2, [12530], { labels: ['k8s:org=rebels'], identity: 777 }),
      at(5000),
    );
    expect(outcome(attributor, 3999)).toBe('old');
    expect(outcome(attributor, 5500)).toBe('policy-changed');
    expect(outcome(attributor, 6000)).toBe('new');
  });

  test('one of the pod before is not taken for the one that has its number now, nor are its last verdicts', () => {
    const attributor = createAttributor(createAnswers());
    attributor.setEndpointState(1026, stateBy('old', 2), at(0));
    attributor.notice(deleted, 1000);
    expect(attributor.setEndpointState(1026, stateBy('old', 2), { askedMs: 900, answeredMs: 1100 })).toBe(false);
    expect(outcome(attributor, 1150)).toBe('no-state');
    attributor.notice(created, 1200);
    attributor.notice(regenerated(), 1300);
    expect(attributor.setEndpointState(1026, stateBy('new', 2), at(1400))).toBe(true);
    expect(outcome(attributor, 1999)).toBe('policy-changed');
    expect(outcome(attributor, 2000)).toBe('new');
    // The same, when the data that it was found in has its turn.
    for (const notice of [deleted, created, regenerated()]) attributor.notice(notice, 1300);
    expect(outcome(attributor, 2000)).toBe('new');
  });

  test('one that the agent’s work has overtaken may have been made before it or after it', () => {
    const attributor = createAttributor(createAnswers());
    attributor.notice(regenerated(), 300);
    expect(attributor.setEndpointState(1026, stateBy('odd', 2), { askedMs: 100, answeredMs: 200 })).toBe(false);
    expect(wanted(attributor)).toEqual([1026]);
    expect(attributor.setEndpointState(1026, stateBy('new', 2), at(900))).toBe(true);
    expect(outcome(attributor, 200)).toBe('policy-changed');
    expect(outcome(attributor, 1299)).toBe('policy-changed');
    expect(outcome(attributor, 1300)).toBe('new');
  });

  test('a pod that was made meanwhile has its state as soon as it is read', () => {
    const attributor = createAttributor(createAnswers());
    attributor.notice(created, 1000);
    attributor.notice(regenerated(), 1300);
    expect(attributor.setEndpointState(1026, stateBy('new', 2), at(1400))).toBe(true);
    expect(outcome(attributor, 1400)).toBe('new');
  });
});

test('Hubble tells of which labels a flow was: those of others are not looked up in this state', () => {
  const attributor = createAttributor(createAnswers());
  const end = { endpoint: 1026, namespace: 'default', pod: 'deathstar-0', labels: [], workloads: [], cluster: null };
  const flowOf = (identity: number | null) =>
    verdictOf({
      hubble: {
        ...{ time: null, timeMs: null, node: null, uuid: null, isReply: null, source: null, policies: [] },
        ...{ policyRevision: null, byAgentItself: false },
        destination: { ...end, identity, names: [], service: null },
      },
    });
  attributor.setEndpointState(1026, stateBy('old', 2), at(0));
  for (const identity of [18031, null, 0, 1]) expect(outcome(attributor, 10, flowOf(identity))).toBe('old');
  expect(wanted(attributor)).toEqual([]);
  // The second finds what was kept for the others.
  for (let flow = 0; flow < 2; flow += 1) expect(outcome(attributor, 10, flowOf(777))).toBe('policy-changed');
  expect(wanted(attributor)).toEqual([1026]);
  attributor.setEndpointState(1026, stateBy('old', 2), at(20));
  expect(outcome(attributor, 30, flowOf(777))).toBe('policy-changed');
  expect(wanted(attributor)).toEqual([]);
});

describe('endpoints and identities that come and go', () => {
  test('an endpoint that was regenerated as it was keeps its state', () => {
    const attributor = createAttributor(createAnswers());
    const state = stateBy('old', 2);
    attributor.setEndpointState(1026, state, at(0));
    attributor.notice(regenerated([...state.endpoint.labels].reverse()), 10);
    expect(outcome(attributor, 20)).toBe('old');
    attributor.notice(regenerated(['k8s:org=rebels']), 30);
    expect(outcome(attributor, 40)).toBe('policy-changed');
    expect(wanted(attributor)).toEqual([1026]);
  });

  test('a deleted endpoint is forgotten', () => {
    const attributor = createAttributor(createAnswers());
    attributor.setEndpointState(1026, stateBy('old', 2), at(0));
    attributor.notice({ type: 'agent', notice: 'Endpoint deleted', text: '{"id":1026,"pod-name":"x"}' }, 10);
    expect(outcome(attributor, 20)).toBe('no-state');
  });

  test('an identity that no selector knows asks for the selectors, once', () => {
    const attributor = createAttributor(createAnswers());
    const young = verdictOf({ remoteIdentity: 777 });
    attributor.setEndpointState(1026, stateBy('old', 2), at(0));
    expect(outcome(attributor, 10, young)).toBe('not-in-realized-policy');
    expect(attributor.wanted()).toEqual({ endpoints: new Map(), selectors: true });
    attributor.setSelectors(stateBy('old', 2).selectors, 9);
    // It was asked for before the identity was met.
    expect(attributor.wanted().selectors).toBe(true);
    attributor.setSelectors(stateBy('old', 2).selectors, 10);
    expect(outcome(attributor, 20, young)).toBe('not-in-realized-policy');
    expect(attributor.wanted().selectors).toBe(false);
    attributor.setSelectors(stateBy('old', 2, [12530, 777]).selectors, 25);
    expect(outcome(attributor, 30, young)).toBe('old');
    // An older table, that came later.
    attributor.setEndpointState(1026, stateBy('old', 2, [12530, 777]), at(30));
    attributor.setSelectors(stateBy('old', 2).selectors, 5);
    expect(outcome(attributor, 30, young)).toBe('old');
  });

  test('after a gap, a number may be somebody else’s: it is asked for once more', () => {
    const attributor = createAttributor(createAnswers());
    const young = verdictOf({ remoteIdentity: 16_777_217 });
    attributor.setEndpointState(1026, stateBy('old', 2), at(0));
    expect(outcome(attributor, 10, young)).toBe('not-in-realized-policy');
    attributor.setSelectors(stateBy('old', 2).selectors, 20);
    attributor.gap(30);
    attributor.setEndpointState(1026, stateBy('old', 2), at(30));
    expect(outcome(attributor, 40, young)).toBe('not-in-realized-policy');
    expect(attributor.wanted().selectors).toBe(true);
  });

  test('however many nobody knew before, a new one is asked for', () => {
    const attributor = createAttributor(createAnswers());
    attributor.setEndpointState(1026, stateBy('old', 2), at(0));
    for (let remoteIdentity = 20_000; remoteIdentity < 25_000; remoteIdentity += 1)
      outcome(attributor, 10, verdictOf({ remoteIdentity }));
    attributor.setSelectors(stateBy('old', 2).selectors, 20);
    expect(attributor.wanted().selectors).toBe(false);
    outcome(attributor, 30, verdictOf({ remoteIdentity: 777 }));
    expect(attributor.wanted().selectors).toBe(true);
  });

  test('notices that say nothing of it change nothing', () => {
    const attributor = createAttributor(createAnswers());
    attributor.setEndpointState(1026, stateBy('old', 2), at(0));
    attributor.notice({ type: 'agent', notice: 'IPCache entry upserted', text: '{}' }, 1);
    attributor.notice({ type: 'agent', notice: 'Endpoint regenerated', text: 'not JSON' }, 1);
    expect(outcome(attributor, 10)).toBe('old');
  });
});

test('the patched Cilium goes by what it prints, with the kind from the state', () => {
  const attributor = createAttributor(createAnswers());
  const printed = verdictOf({ dialect: 'accuknox', match: 'all', policyName: 'old' });
  expect(attributor.attribute(printed, 0).policies).toEqual([{ kind: null, namespace: null, name: 'old' }]);
  expect(wanted(attributor)).toEqual([1026]);
  attributor.setEndpointState(1026, stateBy('old', 2), at(10));
  expect(wanted(attributor)).toEqual([]);
  const { grade, policies } = attributor.attribute(printed, 20);
  expect(grade).toBe('datapath');
  expect(policies).toEqual([{ kind: 'CiliumNetworkPolicy', namespace: 'default', name: 'old' }]);
});

test('answers that are kept are the answers that would be found', () => {
  const answers = createAnswers();
  const state = stateOf({
    identities: { [EMPIRE]: [1, 2, 3], [EVERYONE]: [1, 2, 3, 4] },
    ingress: [
      {
        port: 1,
        rules: { [EMPIRE]: { by: ['default/a'] }, [EVERYONE]: { by: ['default/b'], rule: { IsDeny: true } } },
      },
      { port: 2, endPort: 4, rules: { [EMPIRE]: { by: ['default/c'] } } },
      { protocol: 'UDP', rules: { [EVERYONE]: { by: ['default/d'] } } },
      { port: 2, protocol: 'ICMP', rules: { [EMPIRE]: { by: ['default/e'] } } },
      { protocol: 'ANY', rules: { [EMPIRE]: { by: ['default/f'] }, [EVERYONE]: { by: ['default/g'] } } },
    ],
  });
  const attributor = createAttributor(answers);
  for (let endpoint = 0; endpoint < 4; endpoint += 1) attributor.setEndpointState(endpoint, state, at(0));
  const actions: readonly Action[] = ['allow', 'deny', 'redirect', 'audit'];
  const matches: readonly MatchType[] = [
    'none',
    'L3-Only',
    'L3-L4',
    'L4-Only',
    'all',
    'L3-Proto',
    'Proto-Only',
    'unknown',
  ];
  const verdict = fc.record({
    endpoint: fc.nat(3),
    direction: fc.constantFrom('ingress' as const, 'egress' as const),
    action: fc.constantFrom(...actions),
    match: fc.constantFrom(...matches),
    protocol: fc.constantFrom('TCP', 'UDP', 'ICMP', 'ICMPv6', 'SCTP', '47', 'odd'),
    remoteIdentity: fc.option(fc.constantFrom(1, 2, 4, 4294967295)),
    destinationPort: fc.option(fc.nat(5)),
    icmp: fc.option(fc.record({ text: fc.constant('x'), type: fc.option(fc.nat(3)), code: fc.constant(null) })),
    auth: fc.constantFrom(null, 'disabled', 'spire'),
  });
  fc.assert(
    fc.property(fc.array(verdict, { minLength: 1, maxLength: 2000 }), (made) => {
      for (const changes of made) {
        const one = verdictOf(changes);
        expect(attributor.attribute(one, 1)).toBe(attributeVerdict(one, state, answers));
      }
    }),
    { numRuns: 40 },
  );
});

test('the host is let in without a rule, and nobody else whom the same selectors select', () => {
  const attributor = createAttributor(createAnswers());
  attributor.setEndpointState(1026, stateBy('old', 2, [1, 2, 12530]), at(0));
  const letIn = (remoteIdentity: number) => outcome(attributor, 10, verdictOf({ remoteIdentity, match: 'L3-Only' }));
  expect([2, 1, 12530].map(letIn)).toEqual(['not-in-realized-policy', 'no-policy-applies', 'not-in-realized-policy']);
});

test('two peers that were alike have their own answers once another table tells them apart', () => {
  const attributor = createAttributor(createAnswers());
  const landing = (remoteIdentity: number) => outcome(attributor, 10, verdictOf({ remoteIdentity }));
  attributor.setEndpointState(1026, stateBy('old', 2, [12530, 777]), at(0));
  expect([12530, 777].map(landing)).toEqual(['old', 'old']);
  attributor.setSelectors(stateBy('old', 2, [777]).selectors, 5);
  expect([12530, 777].map(landing)).toEqual(['not-in-realized-policy', 'old']);
});

test('a default deny of the patched Cilium is explained by the policies of its own moment', () => {
  const attributor = createAttributor(createAnswers());
  const denied = verdictOf({ dialect: 'accuknox', action: 'deny', match: 'none', policyName: 'implicit-default-deny' });
  attributor.setEndpointState(1026, stateBy('old', 2), at(0));
  attributor.notice(updated(3), 1000);
  attributor.setEndpointState(1026, stateBy('new', 3), at(1100));
  expect([999, 1001, 2099, 2100].map((atMs) => outcome(attributor, atMs, denied))).toEqual([
    'implicit-default-deny ← old',
    'implicit-default-deny',
    'implicit-default-deny',
    'implicit-default-deny ← new',
  ]);
});

test('a name that the patched Cilium printed goes by the policies before or by what the agent said of it', () => {
  const attributor = createAttributor(createAnswers());
  const printed = (policyName: string) => verdictOf({ dialect: 'accuknox', match: 'all', policyName });
  const refused = verdictOf({
    dialect: 'accuknox',
    action: 'deny',
    match: 'none',
    policyName: 'implicit-default-deny',
  });
  attributor.setEndpointState(1026, stateBy('old', 2), at(0));
  const prefix = 'k8s:io.cilium.k8s.policy';
  const labels = [`${prefix}.derived-from=NetworkPolicy`, `${prefix}.name=gone`, `${prefix}.namespace=default`];
  const deleted = { type: 'agent', notice: 'Policy deleted' } as const;
  attributor.notice({ ...deleted, text: JSON.stringify({ labels, revision: 3, rule_count: 1 }) }, 1000);
  expect(outcome(attributor, 999, refused)).toBe('implicit-default-deny ← old');
  expect(outcome(attributor, 1001, refused)).toBe('implicit-default-deny');
  attributor.setEndpointState(1026, stateBy('new', 3), at(1100));
  const refOf = (name: string) => attributor.attribute(printed(name), 3000).policies[0];
  // Hubble's flows and what the agent says of itself are two streams.
  expect(refOf('new')?.kind).toBe('CiliumNetworkPolicy');
  expect(refOf('late')).toEqual({ kind: null, namespace: null, name: 'late' });
  const named = [`${prefix}.derived-from=CiliumNetworkPolicy`, `${prefix}.name=late`, `${prefix}.namespace=default`];
  attributor.notice(
    { type: 'agent', notice: 'Policy updated', text: JSON.stringify({ labels: named, revision: 4 }) },
    2999,
  );
  expect(refOf('late')).toEqual({ kind: 'CiliumNetworkPolicy', namespace: 'default', name: 'late' });
  expect(refOf('new')).toEqual({ kind: 'CiliumNetworkPolicy', namespace: 'default', name: 'new' });
  expect(refOf('old')).toEqual({ kind: 'CiliumNetworkPolicy', namespace: 'default', name: 'old' });
  expect(refOf('gone')).toEqual({ kind: 'NetworkPolicy', namespace: 'default', name: 'gone' });
  expect(refOf('never')).toEqual({ kind: null, namespace: null, name: 'never' });
  const several = [...labels, `${prefix}.name=never`];
  attributor.notice({ ...deleted, text: JSON.stringify({ labels: several, revision: 5, rule_count: 2 }) }, 4000);
  expect(attributor.attribute(printed('also-never'), 4001).policies[0]?.kind).toBeNull();
  expect(outcome(attributor, 5000, refused)).toBe('implicit-default-deny');
});
