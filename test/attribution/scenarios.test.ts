/** Holds what is derived from the agent's state against what Hubble named, verdict by verdict, over every captured scenario. */
import { describe, expect, test } from 'vitest';
import { createAnswers } from '../../src/attribution/answers.ts';
import { attributeVerdict } from '../../src/attribution/attribute.ts';
import { createAttributor } from '../../src/attribution/attributor.ts';
import type { Verdict } from '../../src/model/event.ts';
import type { PolicyRef } from '../../src/model/policy.ts';
import { readScenario, scenarioNames } from './scenario.ts';

const NODES = ['node1', 'node2'];

/** What isolates in each scenario, by the policies that were applied there. */
const ISOLATING: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  '01-rule1': { 'deathstar ingress': ['CiliumNetworkPolicy/default/rule1'] },
  '02-ingress-deny': { 'deathstar ingress': ['CiliumNetworkPolicy/default/deny-alliance'] },
  '03-egress': {
    'tiefighter egress': ['CiliumNetworkPolicy/default/tiefighter-egress'],
    'xwing egress': ['CiliumNetworkPolicy/default/xwing-egress-deny'],
  },
  '04-audit': { 'deathstar ingress': ['CiliumNetworkPolicy/default/rule1'] },
  '07-ccnp': { 'deathstar ingress': ['CiliumClusterwideNetworkPolicy//clusterwide-empire-only'] },
  '08-netpol': {
    'deathstar ingress': ['NetworkPolicy/default/k8s-np-empire-only'],
    'xwing egress': ['NetworkPolicy/default/k8s-np-xwing-egress'],
  },
  '10-shared-key': {
    'deathstar ingress': [
      'CiliumNetworkPolicy/default/landing-a',
      'CiliumNetworkPolicy/default/landing-any',
      'CiliumNetworkPolicy/default/landing-b',
    ],
    'tiefighter ingress': ['CiliumNetworkPolicy/default/landing-b'],
  },
  '12-no-default-deny': {},
};

const answers = createAnswers();

test('every scenario has its truth', () => {
  expect(Object.keys(ISOLATING)).toEqual(scenarioNames());
});

describe.each(scenarioNames())('%s', (name) => {
  test.each(NODES)('on %s', (node) => {
    const { states, observed } = readScenario(name, node);
    const rows = observed.map(({ verdict, named }) => {
      const state = states.get(verdict.endpoint);
      if (state === undefined) throw new Error(`no state of endpoint ${verdict.endpoint}`);
      const got = attributeVerdict(verdict, state, answers);
      const owner = /^[a-z]+/.exec(state.endpoint.pod ?? '')?.[0] ?? '';
      const isDefaultDeny = verdict.match === 'none';
      return {
        what: describeVerdict(verdict),
        derived: got.grade === 'derived' ? got.policies.map(keyOf) : [],
        hubble: [...named].sort(),
        grade: got.grade,
        isolatedBy: got.isolatedBy.map(keyOf),
        isolating: isDefaultDeny ? (ISOLATING[name]?.[`${owner} ${verdict.direction}`] ?? []) : [],
        reason: got.reason,
      };
    });
    expect(rows.length).toBeGreaterThan(0);
    for (const row of rows) {
      expect(row.derived, row.what).toEqual(row.hubble);
      expect(row.isolatedBy, row.what).toEqual(row.isolating);
      if (row.isolating.length > 0) expect(row.grade, row.what).toBe('default-deny');
      else if (row.hubble.length > 0) expect(row.grade, row.what).toBe('derived');
      else expect(row.reason, row.what).toBe('no-policy-applies');
    }
    expect(rows.map((row) => tableRow(row))).toMatchSnapshot();
  });

  test.each(NODES)('the monitor of %s leads to the same policies', (node) => {
    const { states, observed, monitored } = readScenario(name, node);
    const attributor = createAttributor(answers);
    for (const [endpoint, state] of states) attributor.setEndpointState(endpoint, state, { askedMs: 0, answeredMs: 0 });
    const hubble = new Map(observed.map(({ verdict, named }) => [describeVerdict(verdict), [...named].sort()]));
    expect(monitored.length).toBeGreaterThan(0);
    for (const verdict of monitored) {
      const got = attributor.attribute(verdict, 1);
      const what = describeVerdict(verdict);
      expect(hubble.has(what), what).toBe(true);
      expect(got.grade === 'derived' ? got.policies.map(keyOf) : [], what).toEqual(hubble.get(what));
    }
  });
});

function describeVerdict(verdict: Verdict): string {
  const { endpoint, direction, remoteIdentity, protocol, destinationPort, icmp, action, match } = verdict;
  const where = destinationPort ?? icmp?.type ?? '';
  return `${endpoint} ${direction} ${String(remoteIdentity)} ${protocol} ${where} ${action} ${match}`;
}

function tableRow(row: {
  what: string;
  grade: string;
  derived: string[];
  isolatedBy: string[];
  reason: string | null;
}) {
  const by = [...row.derived, ...row.isolatedBy.map((policy) => `← ${policy}`)].join(' ');
  return [row.what, row.grade, by, row.reason ?? ''].join(' | ');
}

function keyOf({ kind, namespace, name }: PolicyRef): string {
  return `${kind ?? ''}/${namespace ?? ''}/${name}`;
}
