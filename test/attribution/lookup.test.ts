/** Checks which policies a verdict is derived from, kind of entry by kind of entry. */
import { describe, expect, test } from 'vitest';
import { createAnswers } from '../../src/attribution/answers.ts';
import { attributeVerdict } from '../../src/attribution/attribute.ts';
import type { Verdict } from '../../src/model/event.ts';
import { EVERYONE, selecting, stateOf, withCidr } from './state-maker.ts';
import { verdictOf } from './verdict.ts';

const EMPIRE = selecting('any.org: empire', 'k8s.io.kubernetes.pod.namespace: default');
const ALLIANCE = selecting('any.org: alliance', 'k8s.io.kubernetes.pod.namespace: default');
const WORLD = selecting('reserved.world: ');
const CIDR = withCidr('10.0.0.0/8');
const CIDR_EXCEPT = withCidr('10.0.0.0/8', '10.1.0.0/16');
const FQDN = 'MatchName: , MatchPattern: *.example.com';
const DENY = { IsDeny: true };
const identities = {
  [EMPIRE]: [12530, 18031],
  [ALLIANCE]: [2371],
  [WORLD]: [2, 16777217],
  [CIDR]: [16777217],
  [CIDR_EXCEPT]: [16777217],
  [FQDN]: [16777218],
  [EVERYONE]: [1, 2, 2371, 12530, 18031],
};

const answers = createAnswers();

const state = stateOf({
  identities,
  namedPorts: [
    { name: 'http', port: 8080, protocol: 'TCP' },
    { name: 'metrics', port: 9090, protocol: 'TCP' },
  ],
  ingress: [
    { port: 80, rules: { [EMPIRE]: { by: ['default/a', 'default/b'] }, [EVERYONE]: { by: ['default/any'] } } },
    { port: 8000, endPort: 8999, rules: { [EMPIRE]: { by: ['default/range'] } } },
    { port: 8500, rules: { [EMPIRE]: { by: ['default/exact'] } } },
    { port: 8600, endPort: 8603, rules: { [EMPIRE]: { by: ['default/inner'] } } },
    { port: 8192, endPort: 8703, rules: { [EMPIRE]: { by: ['default/twin'] } } },
    { port: 7000, endPort: 7015, rules: { [EMPIRE]: { by: ['default/no-range'], rule: DENY } } },
    { port: 7005, rules: { [EMPIRE]: { by: ['default/no-port'], rule: DENY } } },
    { portName: 'metrics', rules: { [EMPIRE]: { by: ['default/named'] } } },
    { port: 443, rules: { [ALLIANCE]: { by: ['default/deny'], rule: DENY }, [EVERYONE]: { by: ['default/tls'] } } },
    {
      port: 81,
      rules: {
        [EMPIRE]: { by: ['default/l7'], rule: { http: [{ method: 'POST' }] } },
        [EVERYONE]: { by: ['default/l4'] },
      },
    },
    { protocol: 'UDP', rules: { [EMPIRE]: { by: ['default/udp'] }, [EVERYONE]: { by: ['default/all-udp'] } } },
    { port: 8, protocol: 'ICMP', rules: { [EMPIRE]: { by: ['default/ping'] } } },
    { port: 0, protocol: 'ICMP', rules: { [EMPIRE]: { by: ['default/pong'] } } },
    { port: 128, protocol: 'ICMPv6', rules: { [EVERYONE]: { by: ['default/ping6'] } } },
    { port: 132, protocol: 'SCTP', rules: { [EMPIRE]: { by: ['default/sctp'] } } },
    {
      protocol: 'ANY',
      rules: {
        [WORLD]: { by: ['wide'] },
        [CIDR]: { by: ['NetworkPolicy:default/np'] },
        [ALLIANCE]: { by: ['default/no-alliance'], rule: DENY },
        [EVERYONE]: { by: ['default/open'] },
      },
    },
  ],
});

type Case = [string, Partial<Verdict>, readonly string[] | null];

describe('ingress, with rules by selector', () => {
  const icmp = { protocol: 'ICMP', destinationPort: null };
  const cases: Case[] = [
    ['L3-L4, shared by two', {}, ['a', 'b']],
    ['L4-Only', { match: 'L4-Only' }, ['any']],
    ['L4-Only of somebody who is named elsewhere', { match: 'L4-Only', remoteIdentity: 2371 }, ['any']],
    ['L3-L4 of somebody who is not named', { remoteIdentity: 2371 }, null],
    ['a range, its first port', { destinationPort: 8000 }, ['range']],
    ['a range, its last port', { destinationPort: 8999 }, ['range']],
    ['past the range', { destinationPort: 9000 }, null],
    ['a port inside of a range', { destinationPort: 8500 }, ['exact']],
    ['a range inside of a range', { destinationPort: 8601 }, ['inner']],
    ['ranges that meet in the same prefix', { destinationPort: 8700 }, ['range', 'twin']],
    ['a denied port inside of a denied range', { action: 'deny', destinationPort: 7005 }, ['no-range']],
    ['a named port', { destinationPort: 9090 }, ['named']],
    ['a deny rule', { action: 'deny', destinationPort: 443, remoteIdentity: 2371 }, ['deny']],
    [
      'a deny rule whose entry was narrowed',
      { action: 'deny', match: 'L3-L4', destinationPort: 22, remoteIdentity: 2371 },
      ['no-alliance'],
    ],
    ['beside a deny rule', { match: 'L4-Only', destinationPort: 443 }, ['tls']],
    ['audit of a deny rule', { action: 'audit', audit: true, destinationPort: 443, remoteIdentity: 2371 }, ['deny']],
    ['redirect', { action: 'redirect', destinationPort: 81 }, ['l7']],
    ['redirect without a section for it', { action: 'redirect', match: 'L4-Only', destinationPort: 81 }, ['l4']],
    ['denied for want of authentication', { action: 'deny', auth: 'spire' }, ['a', 'b']],
    ['L3-Proto', { protocol: 'UDP', match: 'L3-Proto' }, ['udp']],
    ['Proto-Only', { protocol: 'UDP', match: 'Proto-Only' }, ['all-udp']],
    ['ICMP', { ...icmp, icmp: { text: 'EchoRequest', type: 8, code: 0 } }, ['ping']],
    ['ICMP type 0', { ...icmp, icmp: { text: 'EchoReply', type: 0, code: 0 } }, ['pong']],
    [
      'ICMP type 0 as a protocol',
      { ...icmp, match: 'L3-Proto', icmp: { text: 'EchoReply', type: 0, code: 0 } },
      ['pong'],
    ],
    ['ICMP of another type', { ...icmp, icmp: { text: 'TimeExceeded', type: 11, code: 0 } }, null],
    [
      'ICMPv6',
      {
        protocol: 'ICMPv6',
        match: 'L4-Only',
        destinationPort: null,
        icmp: { text: 'EchoRequest', type: 128, code: 0 },
      },
      ['ping6'],
    ],
    ['SCTP', { protocol: 'SCTP', destinationPort: 132 }, ['sctp']],
    ['an entity', { match: 'L3-Only', remoteIdentity: 2 }, ['wide']],
    ['a CIDR, beside its entity', { match: 'L3-Only', remoteIdentity: 16777217 }, ['np', 'wide']],
    ['all', { match: 'all' }, ['open']],
    ['a fragment, which has no port', { destinationPort: null }, null],
    ['a match type newer than the program, several answers', { match: 'unknown' }, null],
    [
      'a match type newer than the program, one answer',
      { match: 'unknown', protocol: '47', destinationPort: null },
      ['open'],
    ],
    ['an unknown identity', { match: 'L3-Only', remoteIdentity: 999 }, null],
    ['no identity', { match: 'L3-Only', remoteIdentity: null }, null],
  ];
  test.each(cases)('%s', (_, changes, names) => {
    const got = attributeVerdict(verdictOf(changes), state, answers);
    expect(got.policies.map((policy) => policy.name)).toEqual(names ?? []);
    expect(got.grade).toBe(names === null ? 'unattributed' : 'derived');
    expect(got.reason).toBe(names === null ? 'not-in-realized-policy' : null);
    expect(attributeVerdict(verdictOf(changes), state, answers)).toBe(got);
  });

  test('kinds and namespaces come from the labels', () => {
    const cidr = attributeVerdict(verdictOf({ match: 'L3-Only', remoteIdentity: 16777217 }), state, answers);
    expect(cidr.policies).toEqual([
      { kind: 'NetworkPolicy', namespace: 'default', name: 'np' },
      { kind: 'CiliumClusterwideNetworkPolicy', namespace: null, name: 'wide' },
    ]);
  });
});

describe('egress and agents before 1.14, without rules by selector', () => {
  const policy = (name: string, rules: Readonly<Record<string, unknown>>) => ({
    kind: 'CiliumNetworkPolicy',
    metadata: { name, namespace: 'default' },
    spec: { endpointSelector: { matchLabels: { class: 'deathstar' } }, ...rules },
  });
  const tcp = (port: string) => [{ ports: [{ port, protocol: 'TCP' }] }];
  const policies = [
    policy('to-empire', { egress: [{ toEndpoints: [{ matchLabels: { org: 'empire' } }], toPorts: tcp('80') }] }),
    policy('to-all', { egress: [{ toEntities: ['all'], toPorts: tcp('80') }] }),
    policy('no-alliance', {
      egressDeny: [{ toEndpoints: [{ matchLabels: { org: 'alliance' } }], toPorts: tcp('80') }],
    }),
    policy('to-cidr', {
      egress: [{ toCIDRSet: [{ cidr: '10.0.0.0/8', except: ['10.1.0.0/16'] }], toPorts: tcp('80') }],
    }),
    policy('to-names', { egress: [{ toFQDNs: [{ matchPattern: '*.example.com' }], toPorts: tcp('80') }] }),
    policy('to-service', {
      egress: [{ toServices: [{ k8sService: { serviceName: 'x' } }], toPorts: [...tcp('53'), ...tcp('54')] }],
    }),
    policy('to-dns', { egress: [{ toPorts: tcp('53') }] }),
    policy('to-named', { egress: [{ toPorts: tcp('web') }] }),
  ];
  const known = stateOf({
    identities,
    policies,
    egress: [
      {
        port: 80,
        bySelector: false,
        rules: {
          [EMPIRE]: { by: ['default/to-empire'] },
          [EVERYONE]: { by: ['default/to-all'] },
          [ALLIANCE]: { by: ['default/no-alliance'], rule: DENY },
          [CIDR_EXCEPT]: { by: ['default/to-cidr'] },
          [FQDN]: { by: ['default/to-names'] },
        },
      },
      {
        port: 53,
        bySelector: false,
        rules: {
          [EMPIRE]: { by: ['default/to-service'] },
          [EVERYONE]: { by: ['default/to-dns'] },
        },
      },
      {
        port: 54,
        bySelector: false,
        rules: { [EMPIRE]: { by: ['default/to-service', 'default/elsewhere'] } },
      },
      { portName: 'web', bySelector: false, rules: { [EVERYONE]: { by: ['default/to-named'] } } },
    ],
  });
  const cases: Case[] = [
    ['labels', {}, ['to-empire']],
    ['everyone', { match: 'L4-Only' }, ['to-all']],
    ['deny', { action: 'deny', remoteIdentity: 2371 }, ['no-alliance']],
    ['a CIDR with exceptions', { remoteIdentity: 16777217 }, ['to-cidr']],
    ['a name', { remoteIdentity: 16777218 }, ['to-names']],
    ['a service, which may be any selector', { destinationPort: 53 }, ['to-service']],
    ['one without labels', { destinationPort: 53, match: 'L4-Only' }, ['to-dns']],
    ["a port by the remote pod's name", { destinationPort: 8443, match: 'L4-Only' }, ['to-named']],
  ];
  test.each(cases)('%s', (_, changes, names) => {
    const got = attributeVerdict(verdictOf({ direction: 'egress', ...changes }), known, answers);
    expect(got.policies.map((found) => found.name)).toEqual(names ?? []);
    expect(got.ambiguous).toBe(false);
  });

  test('a policy that is not among those that exist may have made what a service may have', () => {
    const got = attributeVerdict(verdictOf({ direction: 'egress', destinationPort: 54 }), known, answers);
    expect(got.policies.map((found) => found.name)).toEqual(['elsewhere', 'to-service']);
    expect(got.ambiguous).toBe(true);
  });

  test('without the policies, all that made the entry are named', () => {
    const blind = { ...known, policies: stateOf({}).policies };
    const got = attributeVerdict(verdictOf({ direction: 'egress' }), blind, answers);
    expect(got.policies.map((found) => found.name)).toEqual([
      'no-alliance',
      'to-all',
      'to-cidr',
      'to-empire',
      'to-names',
    ]);
    expect(got.ambiguous).toBe(true);
  });
});

describe('what is nobody’s policy', () => {
  const open = stateOf({ enabled: 'egress', identities });
  const observing = stateOf({ identities, ingress: [{ protocol: 'ANY', rules: { [EVERYONE]: { by: [] } } }] });
  test.each([
    ['a direction that is not enforced', open, { match: 'all' }],
    ['the own host', state, { match: 'L3-Only', remoteIdentity: 1 }],
    ['what enableDefaultDeny: false leaves open', observing, { match: 'all' }],
  ] as const)('%s', (_, known, changes) => {
    const got = attributeVerdict(verdictOf(changes), known, answers);
    expect(got.reason).toBe('no-policy-applies');
    expect(got.grade).toBe('unattributed');
  });

  test.each([
    ['an entry of a policy, where the state has nothing that is enforced', open, { match: 'L3-L4' }],
    ['an entry for everyone of one', open, { match: 'L4-Only' }],
  ] as const)('not so: %s', (_, known, changes) => {
    expect(attributeVerdict(verdictOf(changes), known, answers).reason).toBe('not-in-realized-policy');
  });
});
