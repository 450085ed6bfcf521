/** Checks the policies that an agent prints itself, in the form of 1.19 and in the one before. */
import { describe, expect, test } from 'vitest';
import { readAgentPolicies } from '../../src/attribution/agent-rules.ts';
import { policiesOfEndpoint } from '../../src/attribution/isolation.ts';

const STAR = ['k8s:class=deathstar', 'k8s:io.kubernetes.pod.namespace=default', 'k8s:org=empire'];
const subject = { matchLabels: { 'any:class': 'deathstar', 'k8s:io.kubernetes.pod.namespace': 'default' } };
const empire = { matchLabels: { 'any:org': 'empire', 'k8s:io.kubernetes.pod.namespace': 'default' } };
const toPorts = [{ ports: [{ port: '80', protocol: 'TCP' }] }];
const rule1 = { kind: 'CiliumNetworkPolicy', namespace: 'default', name: 'rule1' };

function labelsOf(name: string, namespace?: string) {
  const label = (key: string, value: string) => ({ key: `io.cilium.k8s.policy.${key}`, value, source: 'k8s' });
  const kind = namespace === undefined ? 'CiliumClusterwideNetworkPolicy' : 'CiliumNetworkPolicy';
  const where = namespace === undefined ? [] : [label('namespace', namespace)];
  return [label('derived-from', kind), label('name', name), ...where, label('uid', '1')];
}

function read(rules: readonly unknown[] | null) {
  const found = readAgentPolicies(JSON.stringify({ policy: JSON.stringify(rules), revision: 6 }));
  expect(found?.revision).toBe(6);
  return policiesOfEndpoint(found?.policies ?? [], { labels: STAR, entries: { ingress: [], egress: [] } });
}

describe('1.19', () => {
  const entry = {
    Authentication: null,
    Log: {},
    Subject: subject,
    L3: [empire],
    Requirements: null,
    L4: toPorts,
    Labels: labelsOf('rule1', 'default'),
    DefaultDeny: true,
    Deny: false,
    Ingress: true,
    Node: false,
  };

  test('entries of one policy are one policy', () => {
    const found = read([
      entry,
      { ...entry, L3: null },
      { ...entry, L3: [{}], L4: null },
      { ...entry, L3: null, L4: null },
    ]);
    expect(found.selecting).toEqual([rule1]);
    expect(found.isolating).toEqual({ ingress: [rule1], egress: [] });
    // What names neither peers nor ports matches nothing.
    expect(found.rules.ingress.map(({ rule }) => rule.peers[0]?.kind)).toEqual(['labels', 'everyone', 'everyone']);
    expect(found.rules.ingress.map(({ rule }) => rule.ports)).toEqual([
      [{ protocol: 'TCP', port: 80, endPort: 80 }],
      [{ protocol: 'TCP', port: 80, endPort: 80 }],
      [{ protocol: 'ANY', port: 0, endPort: 0 }],
    ]);
  });

  test('egress, denial, no default deny', () => {
    const found = read([{ ...entry, Ingress: false, Deny: true, DefaultDeny: false, L3: [{}, 'cidr'] }]);
    expect(found.isolating).toEqual({ ingress: [], egress: [] });
    expect(found.rules.egress[0]?.rule.deny).toBe(true);
    expect(found.rules.egress[0]?.rule.peers.map(({ kind }) => kind)).toEqual(['everyone', 'unreadable']);
  });

  test('nodes and others are not selected', () => {
    expect(read([{ ...entry, Node: true }]).selecting).toEqual([]);
    expect(read([{ ...entry, Subject: { matchLabels: { 'any:class': 'xwing' } } }]).selecting).toEqual([]);
  });
});

describe('up to 1.18', () => {
  const rule = {
    endpointSelector: subject,
    ingress: [{ fromEndpoints: [empire], toPorts }],
    labels: labelsOf('rule1', 'default'),
    enableDefaultDeny: { ingress: true, egress: false },
  };

  test('a rule', () => {
    const found = read([rule]);
    expect(found.isolating).toEqual({ ingress: [rule1], egress: [] });
    expect(found.rules.ingress[0]?.rule.ports).toEqual([{ protocol: 'TCP', port: 80, endPort: 80 }]);
  });

  test('clusterwide, and without a name', () => {
    const wide = { ...rule, labels: labelsOf('wide') };
    const own = { ...rule, labels: [{ key: 'mine', value: '', source: 'unspec' }] };
    expect(read([wide, own]).selecting).toEqual([
      { kind: 'CiliumClusterwideNetworkPolicy', namespace: null, name: 'wide' },
      { kind: null, namespace: null, name: 'unspec:mine' },
    ]);
  });
});

test('no rules, and no answer', () => {
  expect(read(null).selecting).toEqual([]);
  expect(readAgentPolicies('Error: cannot connect')).toBeNull();
  expect(readAgentPolicies('{"policy":"oops"}')).toBeNull();
});
