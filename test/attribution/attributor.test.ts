/** Checks attribution over time: a policy that changes under traffic, states read too early, endpoints that come and go. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createAnswers } from '../../src/attribution/answers.ts';
import { attributeVerdict, type EndpointState } from '../../src/attribution/attribute.ts';
import { type Attributor, createAttributor } from '../../src/attribution/attributor.ts';
import type { Asked } from '../../src/attribution/state.ts';
import type { Action, MatchType } from '../../src/model/event.ts';
import { EVERYONE, selecting, stateOf } from './state-maker.ts';
import { verdictOf } from './verdict.ts';

const EMPIRE = selecting('any.org: empire');
const landing = verdictOf({});
const refused = verdictOf({ action: 'deny', match: 'none' });

function stateBy(policy: string, revision: number, identities: readonly number[] = [12530]): EndpointState {
  return stateOf({
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

/** Asked and answered in the same moment. */
const at = (ms: number): Asked => ({ askedMs: ms, answeredMs: ms });

const updated = (revision: number) =>
  ({ type: 'agent', notice: 'Policy updated', text: `{"revision":${revision}}` }) as const;

describe('a policy that changes while traffic flows', () => {
  test('nothing before it goes to the new one, nothing after it to the old one', () => {
    const attributor = createAttributor(createAnswers());
    expect(outcome(attributor, 0)).toBe('no-state');
    expect(attributor.wanted().endpoints).toEqual([1026]);
    expect(attributor.setEndpointState(1026, stateBy('old', 2), at(100))).toBe(true);
    expect(attributor.wanted().endpoints).toEqual([]);
    expect(outcome(attributor, 50)).toBe('no-state');
    expect(outcome(attributor, 100)).toBe('old');
    expect(outcome(attributor, 5000, refused)).toBe('implicit-default-deny ← old');

    attributor.notice(updated(3), 6000);
    expect(attributor.wanted().endpoints).toEqual([1026]);
    expect(outcome(attributor, 5999)).toBe('old');
    expect(outcome(attributor, 6000)).toBe('policy-changed');
    expect(outcome(attributor, 6001, refused)).toBe('implicit-default-deny');

    expect(attributor.setEndpointState(1026, stateBy('old', 2), at(6100))).toBe(false);
    expect(outcome(attributor, 6200)).toBe('policy-changed');
    expect(attributor.setEndpointState(1026, stateBy('new', 3), at(6300))).toBe(true);
    expect(outcome(attributor, 6400)).toBe('policy-changed');
    expect(attributor.wanted().endpoints).toEqual([]);
    expect(outcome(attributor, 7300)).toBe('new');
    expect(outcome(attributor, 5999)).toBe('old');
    expect(outcome(attributor, 9000, refused)).toBe('implicit-default-deny ← new');
  });

  test('a state with the announced revision does for the announcement, before or after it', () => {
    const attributor = createAttributor(createAnswers());
    attributor.setEndpointState(1026, stateBy('old', 2), at(0));
    attributor.setEndpointState(1026, stateBy('new', 3), at(1000));
    attributor.notice(updated(3), 1001);
    expect(attributor.wanted().endpoints).toEqual([]);
    expect(outcome(attributor, 999)).toBe('old');
    expect(outcome(attributor, 1500)).toBe('policy-changed');
    expect(outcome(attributor, 2500)).toBe('new');
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
    expect(attributor.wanted().endpoints).toEqual([]);
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

  test('a change while the parts of an answer were read makes it worthless', () => {
    const attributor = createAttributor(createAnswers());
    attributor.setEndpointState(1026, stateBy('torn', 2), { askedMs: 0, answeredMs: 300 });
    attributor.notice(updated(3), 310);
    expect(attributor.wanted().endpoints).toEqual([1026]);
    expect(outcome(attributor, 290)).toBe('policy-changed');
    expect(outcome(attributor, 290, refused)).toBe('implicit-default-deny');
    attributor.setEndpointState(1026, stateBy('new', 3), at(1000));
    expect(outcome(attributor, 290)).toBe('policy-changed');
    expect(outcome(attributor, 2000)).toBe('new');
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

describe('endpoints and identities that come and go', () => {
  const regenerated = (labels: readonly string[]) =>
    ({ type: 'agent', notice: 'Endpoint regenerated', text: JSON.stringify({ id: 1026, labels }) }) as const;

  test('an endpoint that was regenerated as it was keeps its state', () => {
    const attributor = createAttributor(createAnswers());
    const state = stateBy('old', 2);
    attributor.setEndpointState(1026, state, at(0));
    attributor.notice(regenerated([...state.endpoint.labels].reverse()), 10);
    expect(outcome(attributor, 20)).toBe('old');
    attributor.notice(regenerated(['k8s:org=rebels']), 30);
    expect(outcome(attributor, 40)).toBe('policy-changed');
    expect(attributor.wanted().endpoints).toEqual([1026]);
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
    expect(attributor.wanted()).toEqual({ endpoints: [], selectors: true });
    attributor.setSelectors(stateBy('old', 2).selectors);
    expect(outcome(attributor, 20, young)).toBe('not-in-realized-policy');
    expect(attributor.wanted().selectors).toBe(false);
    attributor.setSelectors(stateBy('old', 2, [12530, 777]).selectors);
    expect(outcome(attributor, 30, young)).toBe('old');
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
  expect(attributor.wanted().endpoints).toEqual([1026]);
  attributor.setEndpointState(1026, stateBy('old', 2), at(10));
  expect(attributor.wanted().endpoints).toEqual([]);
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
