/** Checks what a verdict line tells without any state of the agent. */
import { describe, expect, test } from 'vitest';
import type { EndpointPolicies } from '../../src/attribution/isolation.ts';
import { createPrintedNames } from '../../src/attribution/printed-name.ts';
import type { Verdict } from '../../src/model/event.ts';
import type { PolicyRef } from '../../src/model/policy.ts';
import { verdictOf } from './verdict.ts';

const patched = { dialect: 'accuknox', auth: null, match: 'all' } as const;

describe('without policies', () => {
  const attribute = createPrintedNames();
  const cases: [string, Partial<Verdict>, string, string | null, string | null][] = [
    ['a name', { ...patched, policyName: 'rule1' }, 'datapath', 'rule1', null],
    ['a name on a denial', { ...patched, action: 'deny', policyName: 'no-go' }, 'datapath', 'no-go', null],
    ['an odd name', { ...patched, policyName: 'a, local EP ID 7' }, 'datapath', 'a, local EP ID 7', null],
    [
      'default deny',
      { ...patched, action: 'deny', policyName: 'implicit-default-deny' },
      'default-deny',
      'implicit-default-deny',
      null,
    ],
    [
      'default deny that audit mode reports',
      { ...patched, action: 'deny', audit: true, policyName: 'implicit-default-deny' },
      'default-deny',
      'implicit-default-deny',
      null,
    ],
    [
      'default deny that audit mode let through',
      { ...patched, audit: true, policyName: 'implicit-default-deny' },
      'default-deny',
      'implicit-default-deny',
      null,
    ],
    [
      'rule id 0 on allowed traffic',
      { ...patched, policyName: 'implicit-default-deny' },
      'unattributed',
      null,
      'no-policy-applies',
    ],
    [
      'rule id 0 on redirected traffic',
      { ...patched, action: 'redirect', policyName: 'implicit-default-deny' },
      'unattributed',
      null,
      'no-policy-applies',
    ],
    ['an empty name', { ...patched, policyName: '' }, 'unattributed', null, 'name-empty'],
    ['no name from the patched Cilium', { ...patched, policyName: null }, 'unattributed', null, 'name-not-found'],
    ['stock, allowed', {}, 'unattributed', null, 'name-not-printed'],
    ['stock, deny rule', { action: 'deny', match: 'L3-L4' }, 'unattributed', null, 'name-not-printed'],
    ['stock, deny', { action: 'deny', match: 'none' }, 'default-deny', 'implicit-default-deny', null],
    ['stock, audit', { action: 'audit', audit: true, match: 'none' }, 'default-deny', 'implicit-default-deny', null],
    [
      'stock, audit of a rule',
      { action: 'audit', audit: true, match: 'all' },
      'unattributed',
      null,
      'name-not-printed',
    ],
    ['stock, allowed without a match', { match: 'none' }, 'unattributed', null, 'name-not-printed'],
  ];
  test.each(cases)('%s', (_, changes, grade, name, reason) => {
    const got = attribute(verdictOf(changes));
    expect(got.grade).toBe(grade);
    expect(got.policies).toEqual(name === null ? [] : [{ kind: null, namespace: null, name }]);
    expect(got.reason).toBe(reason);
    expect(got.isolatedBy).toEqual([]);
    expect(got.ambiguous).toBe(false);
    expect(attribute(verdictOf({ ...changes, endpoint: 7, direction: 'egress' }))).toBe(got);
    expect(Object.isFrozen(got)).toBe(true);
  });
});

describe('with the policies that select the endpoint', () => {
  const rule1: PolicyRef = { kind: 'CiliumNetworkPolicy', namespace: 'default', name: 'rule1' };
  const twin: PolicyRef = { kind: 'NetworkPolicy', namespace: 'default', name: 'rule1' };
  const wide: PolicyRef = { kind: 'CiliumClusterwideNetworkPolicy', namespace: null, name: 'rule1' };
  const named = verdictOf({ ...patched, policyName: 'rule1' });
  const policies = (ingress: readonly PolicyRef[], egress: readonly PolicyRef[] = []): EndpointPolicies => ({
    selecting: [...ingress, ...egress],
    ruling: { ingress, egress },
    isolating: { ingress, egress },
    rules: { ingress: [], egress: [] },
  });

  test('the bare name gets its kind and namespace', () => {
    const attribute = createPrintedNames(() => known);
    const known = policies([rule1], [wide]);
    expect(attribute(named).policies).toEqual([rule1]);
    expect(attribute({ ...named, direction: 'egress' }).policies).toEqual([wide]);
    expect(attribute(named)).toBe(attribute({ ...named, endpoint: 9 }));
  });

  test('what two policies share stays open', () => {
    const inOneNamespace = createPrintedNames(() => sameNamespace)(named);
    expect(inOneNamespace.ambiguous).toBe(true);
    expect(inOneNamespace.policies).toEqual([{ kind: null, namespace: 'default', name: 'rule1' }]);
    const across = createPrintedNames(() => acrossScopes)(named);
    expect(across.ambiguous).toBe(true);
    expect(across.policies).toEqual([{ kind: null, namespace: null, name: 'rule1' }]);
  });
  const sameNamespace = policies([rule1, twin]);
  const acrossScopes = policies([rule1, wide]);

  test('a name that no selecting policy has stays bare', () => {
    const attribute = createPrintedNames(() => sameNamespace);
    const got = attribute({ ...named, policyName: 'gone' });
    expect(got.policies).toEqual([{ kind: null, namespace: null, name: 'gone' }]);
    expect(got.ambiguous).toBe(false);
  });

  test('default deny says what isolates, and follows a change', () => {
    let known = policies([rule1]);
    const attribute = createPrintedNames(() => known);
    const denied = verdictOf({ ...patched, action: 'deny', policyName: 'implicit-default-deny' });
    expect(attribute(denied).isolatedBy).toEqual([rule1]);
    expect(attribute(verdictOf({ action: 'deny', match: 'none' })).isolatedBy).toEqual([rule1]);
    known = policies([wide]);
    expect(attribute(denied).isolatedBy).toEqual([wide]);
  });
});
