/** Checks whom policies select, and which of them isolate in which direction. */
import { describe, expect, test } from 'vitest';
import { policiesOfEndpoint } from '../../src/attribution/isolation.ts';
import { readPolicyObject } from '../../src/attribution/policy-object.ts';
import { EVERYONE, stateOf } from './state-maker.ts';

const DEATHSTAR = [
  'k8s:class=deathstar',
  'k8s:io.cilium.k8s.namespace.labels.team=empire',
  'k8s:io.kubernetes.pod.namespace=default',
  'k8s:org=empire',
];

const NO_ENTRIES = { ingress: [], egress: [] };

const selectsStar = { endpointSelector: { matchLabels: { class: 'deathstar' } } };
const cilium = (spec: unknown, kind = 'CiliumNetworkPolicy', namespace: string | undefined = 'default') => ({
  kind,
  metadata: { name: 'p', ...(kind === 'CiliumNetworkPolicy' ? { namespace } : {}) },
  spec,
});
const kubernetes = (spec: unknown) => ({ kind: 'NetworkPolicy', metadata: { name: 'p', namespace: 'default' }, spec });

function isolated(policy: unknown, labels: readonly string[] = DEATHSTAR): string {
  const read = readPolicyObject(policy);
  expect(read).not.toBeNull();
  const { isolating, selecting } = policiesOfEndpoint(read === null ? [] : [read], { labels, entries: NO_ENTRIES });
  const directions = [isolating.ingress.length > 0 ? 'in' : '', isolating.egress.length > 0 ? 'out' : ''].join('');
  return selecting.length === 0 ? 'not selected' : directions;
}

describe('whom a policy selects', () => {
  const by = (endpointSelector: unknown) => cilium({ endpointSelector, ingress: [{}] });
  const expression = (key: string, operator: string, values?: string[]) =>
    by({ matchExpressions: [{ key, operator, ...(values === undefined ? {} : { values }) }] });
  const cases: [string, unknown, string, string[]?][] = [
    ['one label', by({ matchLabels: { class: 'deathstar' } }), 'in'],
    ['with its source', by({ matchLabels: { 'k8s:class': 'deathstar' } }), 'in'],
    ['from any source', by({ matchLabels: { 'any:class': 'deathstar' } }), 'in'],
    ['from another source', by({ matchLabels: { 'container:class': 'deathstar' } }), 'not selected'],
    ['another value', by({ matchLabels: { class: 'tiefighter' } }), 'not selected'],
    ['one of two labels', by({ matchLabels: { class: 'deathstar', org: 'alliance' } }), 'not selected'],
    ['everything in the namespace', by({}), 'in'],
    ['In', expression('org', 'In', ['alliance', 'empire']), 'in'],
    ['NotIn', expression('org', 'NotIn', ['empire']), 'not selected'],
    ['NotIn, not there', expression('colour', 'NotIn', ['red']), 'in'],
    ['Exists', expression('org', 'Exists'), 'in'],
    ['DoesNotExist', expression('k8s:org', 'DoesNotExist'), 'not selected'],
    ["a namespace's label", by({ matchLabels: { 'k8s:io.cilium.k8s.namespace.labels.team': 'empire' } }), 'in'],
    [
      'another namespace',
      cilium({ ...selectsStar, ingress: [{}] }, 'CiliumNetworkPolicy', 'elsewhere'),
      'not selected',
    ],
    [
      'clusterwide',
      cilium({ endpointSelector: { matchLabels: { org: 'empire' } }, ingress: [{}] }, 'CiliumClusterwideNetworkPolicy'),
      'in',
    ],
    [
      'clusterwide, by namespace',
      cilium(
        {
          endpointSelector: {
            matchExpressions: [{ key: 'k8s:io.kubernetes.pod.namespace', operator: 'In', values: ['other'] }],
          },
          ingress: [{}],
        },
        'CiliumClusterwideNetworkPolicy',
      ),
      'not selected',
    ],
    ['nodes, not pods', cilium({ nodeSelector: {}, ingress: [{}] }, 'CiliumClusterwideNetworkPolicy'), 'not selected'],
    [
      'nodes',
      cilium({ nodeSelector: { matchLabels: { role: 'db' } }, ingress: [{}] }, 'CiliumClusterwideNetworkPolicy'),
      'in',
      ['reserved:host', 'k8s:role=db'],
    ],
    [
      'pods, not nodes',
      cilium({ endpointSelector: {}, ingress: [{}] }, 'CiliumClusterwideNetworkPolicy'),
      'not selected',
      ['reserved:host'],
    ],
    ['pods without a namespace yet', by({ matchLabels: { 'reserved:init': '' } }), 'in', ['reserved:init']],
    ['NetworkPolicy', kubernetes({ podSelector: { matchLabels: { org: 'empire' } } }), 'in'],
    ['NetworkPolicy, everything', kubernetes({ podSelector: {} }), 'in'],
    ['NetworkPolicy, others', kubernetes({ podSelector: { matchLabels: { org: 'alliance' } } }), 'not selected'],
  ];
  test.each(cases)('%s', (_, policy, expected, labels) => expect(isolated(policy, labels)).toBe(expected));
});

describe('where a policy isolates', () => {
  const star = (sections: Readonly<Record<string, unknown>>) => cilium({ ...selectsStar, ...sections });
  const pods = (sections: Readonly<Record<string, unknown>>) => kubernetes({ podSelector: {}, ...sections });
  const cases: [string, unknown, string][] = [
    ['ingress', star({ ingress: [{ fromEntities: ['all'] }] }), 'in'],
    ['an empty rule', star({ ingress: [{}] }), 'in'],
    ['an empty list', star({ ingress: [], egress: [{}] }), 'out'],
    ['both', star({ ingress: [{}], egress: [{}] }), 'inout'],
    ['a deny section', star({ egressDeny: [{ toEntities: ['world'] }] }), 'out'],
    ['switched off', star({ ingress: [{}], egress: [{}], enableDefaultDeny: { ingress: false } }), 'out'],
    ['switched on without rules', star({ ingress: [{}], enableDefaultDeny: { egress: true } }), 'in'],
    ['NetworkPolicy without types', pods({}), 'in'],
    ['NetworkPolicy without types, with egress', pods({ egress: [{}] }), 'inout'],
    ['NetworkPolicy with types', pods({ policyTypes: ['Egress'] }), 'out'],
    ['NetworkPolicy with types only', pods({ policyTypes: ['Ingress', 'Egress'] }), 'inout'],
  ];
  test.each(cases)('%s', (_, policy, expected) => expect(isolated(policy)).toBe(expected));

  test('several specs of one policy are one policy, and each selects for itself', () => {
    const policy = readPolicyObject({
      kind: 'CiliumNetworkPolicy',
      metadata: { name: 'many', namespace: 'default' },
      specs: [
        { ...selectsStar, ingress: [{}] },
        { ...selectsStar, ingress: [{ fromEntities: ['host'] }] },
        { endpointSelector: { matchLabels: { class: 'xwing' } }, egress: [{}] },
      ],
    });
    const found = policiesOfEndpoint(policy === null ? [] : [policy], { labels: DEATHSTAR, entries: NO_ENTRIES });
    const many = { kind: 'CiliumNetworkPolicy', namespace: 'default', name: 'many' };
    expect(found.selecting).toEqual([many]);
    expect(found.isolating).toEqual({ ingress: [many], egress: [] });
    expect(found.ruling).toEqual({ ingress: [many], egress: [] });
  });

  test('what Cilium refused isolates nobody, but where it holds to what it took before', () => {
    const conditions = [{ type: 'Valid', status: 'False', message: 'port out of range' }];
    const refused = { ...cilium({ ...selectsStar, ingress: [{}] }), status: { conditions } };
    expect(isolated(refused)).toBe('not selected');
    const policy = readPolicyObject(refused);
    const held = stateOf({ ingress: [{ port: 80, rules: { [EVERYONE]: { by: ['default/p'] } } }] }).endpoint;
    const found = policiesOfEndpoint(policy === null ? [] : [policy], held);
    expect(found.isolating.ingress.map(({ name }) => name)).toEqual(['p']);
  });

  test('what is no policy is none', () => {
    expect(readPolicyObject(null)).toBeNull();
    expect(readPolicyObject({ kind: 'Pod', metadata: { name: 'p' } })).toBeNull();
    expect(readPolicyObject({ kind: 'NetworkPolicy', metadata: {} })).toBeNull();
    expect(readPolicyObject({ metadata: { name: 'p' }, spec: {} }, 'NetworkPolicy')?.ref.kind).toBe('NetworkPolicy');
  });
});
