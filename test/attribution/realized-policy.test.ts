/** Checks what is read out of the agent's JSON, and that what is no such JSON is refused without a throw. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readRealizedPolicies } from '../../src/attribution/realized-policy.ts';
import { readSelectors, readSelectorText } from '../../src/attribution/selectors.ts';
import { readScenario } from './scenario.ts';
import { EVERYONE, selecting, stateOf, withCidr } from './state-maker.ts';

test('an endpoint as the agent prints it', () => {
  const { endpoint } = readScenario('12-no-default-deny', 'node1').states.get(1026) ?? stateOf({});
  expect(endpoint).toMatchObject({
    endpoint: 1026,
    identity: 18031,
    namespace: 'default',
    pod: 'deathstar-77dd4fb786-pjs8v',
    enforced: { ingress: true, egress: false },
  });
  expect(endpoint.revision).toBeGreaterThan(0);
  expect(endpoint.labels).toContain('k8s:class=deathstar');
  // The agent prints them in no order of its own.
  const [rest, tcp, udp] = [...endpoint.entries.ingress].sort((a, b) => a.port - b.port);
  expect(udp).toMatchObject({ protocol: 'UDP', port: 5353, selectors: [{ deny: true, redirects: false }] });
  expect(tcp).toMatchObject({ protocol: 'TCP', port: 80, endPort: 80, selectors: [{ deny: false }] });
  expect(rest).toMatchObject({
    protocol: 'ANY',
    port: 0,
    policies: [],
    selectors: [{ meaning: { kind: 'everyone' } }],
  });
});

describe('what a selector’s rule does', () => {
  test.each([
    [null, 'allows'],
    [{ IsDeny: true }, 'denies'],
    [{ verdict: 1 }, 'denies'],
    [{ verdict: 'Deny', priority: 3 }, 'denies'],
    [{ verdict: 'Allow' }, 'allows'],
    // It decides nothing: the rules of the next tier do.
    [{ verdict: 2 }, ''],
    [{ verdict: 'Pass' }, ''],
    [{ priority: 3 }, 'allows'],
    [{ auth: { mode: 'required' } }, 'allows'],
    [{ http: [{ method: 'GET' }] }, 'redirects'],
    [{ listener: 'default/envoy', listenerPriority: 1 }, 'redirects'],
    [{ serverNames: { 'example.com': {} } }, 'redirects'],
  ])('%j %s', (rule, what) => {
    const { endpoint } = stateOf({ ingress: [{ port: 80, rules: { [EVERYONE]: { by: ['default/a'], rule } } }] });
    const found = endpoint.entries.ingress[0]?.selectors.map(({ deny, redirects }) =>
      deny ? 'denies' : redirects ? 'redirects' : 'allows',
    );
    expect(found?.join()).toBe(what);
  });
});

test('an endpoint is settled where the agent is done with it, and with every policy that it set out to work out', () => {
  const settled = (state: unknown, desired: number | null) => {
    const policy = {
      realized: { 'policy-revision': 5 },
      spec: desired === null ? undefined : { 'policy-revision': desired },
    };
    return readRealizedPolicies(JSON.stringify([{ id: 1, status: { state, policy } }]))?.[0]?.isSettled;
  };
  expect([settled('ready', 5), settled('ready', 4), settled('ready', null), settled(undefined, null)]).toEqual(
    Array(4).fill(true),
  );
  expect([settled('ready', 6), settled('regenerating', 5), settled('not-ready', 5)]).toEqual(Array(3).fill(false));
  const { endpoint } = readScenario('01-rule1', 'node1').states.get(1026) ?? stateOf({});
  expect(endpoint.isSettled).toBe(true);
});

describe('enforcement', () => {
  test.each([
    ['none', false, false],
    ['ingress', true, false],
    ['egress', false, true],
    ['both', true, true],
    ['audit-ingress', true, false],
    ['audit-both', true, true],
  ])('%s', (enabled, ingress, egress) => expect(stateOf({ enabled }).endpoint.enforced).toEqual({ ingress, egress }));
});

describe('what a selector says', () => {
  const cases: [string, unknown][] = [
    [EVERYONE, { kind: 'everyone' }],
    ['&LabelSelector{MatchLabels:map[string]string{},MatchExpressions:[],}', { kind: 'everyone' }],
    [selecting('reserved.all: '), { kind: 'everyone' }],
    [
      selecting('any.org: empire', 'k8s.app.kubernetes.io/name: x'),
      {
        kind: 'labels',
        requirements: [
          { source: 'any', key: 'org', operator: 'In', values: ['empire'] },
          { source: 'k8s', key: 'app.kubernetes.io/name', operator: 'In', values: ['x'] },
        ],
      },
    ],
    [
      selecting('reserved.host: '),
      { kind: 'labels', requirements: [{ source: 'reserved', key: 'host', operator: 'In', values: [''] }] },
    ],
    [
      withCidr('192.0.2.0/24'),
      { kind: 'labels', requirements: [{ source: 'cidr', key: '192.0.2.0/24', operator: 'Exists', values: [] }] },
    ],
    [
      '&LabelSelector{MatchLabels:map[string]string{},MatchExpressions:[]LabelSelectorRequirement{LabelSelectorRequirement{Key:any.org,Operator:In,Values:[rebels empire],},},}',
      {
        kind: 'labels',
        requirements: [{ source: 'any', key: 'org', operator: 'In', values: ['empire', 'rebels'] }],
      },
    ],
    ['MatchName: , MatchPattern: *.example.com', { kind: 'fqdn', name: '', pattern: '*.example.com' }],
    ['MatchName: example.com, MatchPattern: ', { kind: 'fqdn', name: 'example.com', pattern: '' }],
    ['something new', { kind: 'unknown' }],
  ];
  test.each(cases)('%s', (text, meaning) => expect(readSelectorText(text)).toEqual(meaning));
});

test('a range, a named port, and a rule that is no JSON', () => {
  const { endpoint } = stateOf({
    ingress: [
      { port: 8000, endPort: 8999, rules: {} },
      { portName: 'http', rules: {} },
    ],
  });
  expect(endpoint.entries.ingress).toMatchObject([
    { port: 8000, endPort: 8999, portName: null },
    { port: 0, endPort: 0, portName: 'http' },
  ]);
  const broken = [{ id: 1, status: { policy: { realized: { l4: { ingress: [{ rule: 'oops' }] } } } } }];
  expect(readRealizedPolicies(JSON.stringify(broken))?.[0]?.entries.ingress).toEqual([]);
});

test('what these commands never print is refused', () => {
  expect(readRealizedPolicies('Cannot get endpoint 7: endpoint not found')).toBeNull();
  expect(readRealizedPolicies('[{"id":"x"},{"id":2,"status":{}}]')).toHaveLength(1);
  expect(readSelectors('')).toBeNull();
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
      readRealizedPolicies(text);
      readSelectors(text);
      readSelectorText(text);
    }),
  );
});
