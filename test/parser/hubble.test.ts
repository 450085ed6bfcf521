/** Hubble's JSON: the same verdicts as monitor's lines over the same seconds, and every other kind of record that it has. */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it, test } from 'vitest';
import type { Dialect, MonitorRecord, Verdict } from '../../src/model/event.ts';
import { createReader } from '../../src/parser/reader.ts';

/** The verdict is one object that is used again. */
function readAll(text: string, dialect: Dialect | null = null): MonitorRecord[] {
  const records: MonitorRecord[] = [];
  const reader = createReader((record) => records.push(kept(record)), { dialect });
  reader.push(new TextEncoder().encode(text));
  reader.end();
  return records;
}

function kept(record: MonitorRecord): MonitorRecord {
  if (record.type !== 'policy-verdict') return record;
  const { source, destination, tcpFlags, icmp, flow, flowKey, direction, action, audit, auth, protocol } = record;
  return { ...record, source, destination, tcpFlags, icmp, flow, flowKey, direction, action, audit, auth, protocol };
}

const SCENARIOS = new URL('../../fixtures/captures/scenarios/', import.meta.url);
const NODES = ['node1', 'node2'];

function recordsOf(file: string): MonitorRecord[] {
  return readAll(readFileSync(new URL(file, SCENARIOS), 'utf8'));
}

function only(line: object | string): MonitorRecord {
  const [record, ...others] = readAll(`${typeof line === 'string' ? line : JSON.stringify(line)}\n`);
  if (record === undefined || others.length > 0) throw new Error('not one record');
  return record;
}

/** What both sources tell. */
function decision(record: Verdict) {
  const { endpoint, direction, action, audit, remoteIdentity, protocol, match, source, destination } = record;
  const { destinationPort, tcpFlags, icmp, flowKey, dialect } = record;
  const packet = { source, destination, destinationPort, tcpFlags, icmp, flowKey };
  return JSON.stringify({ dialect, endpoint, direction, action, audit, remoteIdentity, protocol, match, ...packet });
}

const verdictsIn = (records: readonly MonitorRecord[]) =>
  records.flatMap((record) => (record.type === 'policy-verdict' ? [record] : []));

describe.each(readdirSync(SCENARIOS))('%s', (scenario) => {
  it.each(NODES)('on %s Hubble tells the verdicts that monitor printed', (node) => {
    const hubble = recordsOf(`${scenario}/${node}--hubble.stdout`);
    const monitor = recordsOf(`${scenario}/${node}--monitor.stdout`);
    expect(hubble.filter(({ type }) => type === 'unparsed')).toEqual([]);
    expect(verdictsIn(hubble).length).toBeGreaterThan(0);
    expect(verdictsIn(hubble).map(decision).sort()).toEqual(verdictsIn(monitor).map(decision).sort());
  });

  it.each(NODES)('on %s Hubble tells the drops that monitor printed', (node) => {
    const dropsIn = (file: string) =>
      recordsOf(`${scenario}/${node}--${file}`).flatMap((record) => {
        if (record.type !== 'drop') return [];
        const { reason, reasonCode, sourceIdentity, destinationIdentity, file: program, fileLine, flowKey } = record;
        return [
          JSON.stringify({ reason, reasonCode, sourceIdentity, destinationIdentity, program, fileLine, flowKey }),
        ];
      });
    expect(dropsIn('hubble.stdout').sort()).toEqual(dropsIn('monitor.stdout').sort());
  });
});

const END = { identity: 12530, namespace: 'default', pod_name: 'tiefighter', labels: ['k8s:org=empire'] };
const FLOW = {
  time: '2026-11-22T19:04:45.981216810Z',
  verdict: 'FORWARDED',
  IP: { source: '10.244.0.111', destination: '10.244.0.94', ipVersion: 'IPv4' },
  l4: { TCP: { source_port: 42596, destination_port: 80, flags: { SYN: true } } },
  source: { ID: 1995, ...END },
  destination: { ID: 733, identity: 18031, workloads: [{ name: 'deathstar', kind: 'Deployment' }] },
  node_name: 'lab/k8s-node1',
  event_type: { type: 5 },
  traffic_direction: 'INGRESS',
  policy_match_type: 2,
};
const LABELS = [
  'k8s:io.cilium.k8s.policy.derived-from=CiliumClusterwideNetworkPolicy',
  'k8s:io.cilium.k8s.policy.name=guard',
];

describe('a verdict of Hubble', () => {
  it('has Hubble’s time, node, ends and workloads', () => {
    expect(only({ flow: FLOW })).toMatchObject({
      endpoint: 733,
      remoteIdentity: 12530,
      flow: null,
      hubble: {
        time: '2026-11-22T19:04:45.981216810Z',
        timeMs: Date.parse('2026-11-22T19:04:45.981Z'),
        node: 'k8s-node1',
        source: { endpoint: 1995, namespace: 'default', pod: 'tiefighter' },
        destination: { pod: null, workloads: [{ kind: 'Deployment', name: 'deathstar' }] },
      },
    });
  });

  it('is read bare as well, as older programs print it', () => {
    expect(only(FLOW)).toEqual(only({ flow: FLOW }));
  });

  test.each([
    [
      'with all fields',
      { name: 'rule1', namespace: 'default', kind: 'CiliumNetworkPolicy' },
      'CiliumNetworkPolicy',
      'default',
    ],
    [
      'before 1.17, with the kind in a label',
      { name: 'guard', labels: LABELS },
      'CiliumClusterwideNetworkPolicy',
      null,
    ],
    ['of a kind that nobody knows', { name: 'rule1', namespace: 'default', kind: 'NewPolicy' }, null, 'default'],
  ])('names a policy %s', (_, policy, kind, namespace) => {
    expect(only({ flow: { ...FLOW, ingress_allowed_by: [policy] } })).toMatchObject({
      hubble: { policies: [{ kind, namespace, name: policy.name }] },
    });
  });

  it('names nobody for what the agent allows by itself, and takes no name of the other direction', () => {
    const allowed = { labels: ['reserved:io.cilium.policy.derived-from=allow-any-ingress'], revision: '6' };
    const flow = {
      ...FLOW,
      ingress_allowed_by: [allowed],
      egress_allowed_by: [{ name: 'other', namespace: 'default' }],
    };
    expect(only({ flow })).toMatchObject({ hubble: { policies: [], byAgentItself: true } });
    expect(only({ flow: FLOW })).toMatchObject({ hubble: { policies: [], byAgentItself: false } });
  });

  it('calls a rule that was given to the agent without Kubernetes by its labels', () => {
    const given = { labels: ['unspec:owner=ops', 'unspec:tier=1'], revision: '6' };
    const named = { name: 'rule1', namespace: 'default', kind: 'CiliumNetworkPolicy' };
    expect(only({ flow: { ...FLOW, ingress_allowed_by: [given, named] } })).toMatchObject({
      hubble: {
        policies: [{ kind: null, namespace: null, name: 'unspec:owner=ops,unspec:tier=1' }, { name: 'rule1' }],
      },
    });
  });

  test.each([
    ['6', 6],
    [7, 7],
    [undefined, null],
    ['-1', null],
    ['x', null],
  ])('tells the revision %j of the policy that Hubble looked in', (revision, expected) => {
    const flow = { ...FLOW, ingress_allowed_by: [{ name: 'rule1', namespace: 'default', revision }] };
    expect(only({ flow })).toMatchObject({ hubble: { policyRevision: expected } });
  });

  // 1.15 looks up the exact key, then the identity's, then everybody's, whatever matched (pkg/policy/correlation).
  test.each([
    ['L3-L4', 2, 1],
    ['L3-Only', 1, 1],
    ['all', 4, 1],
    ['L4-Only', 3, 0],
    ['L3-Proto', 5, 0],
    ['Proto-Only', 6, 0],
  ])('named before 1.17 for %s is believed where Hubble looked up what matched', (_, match, before) => {
    const named = { name: 'rule1', namespace: 'default', labels: LABELS };
    const countOf = (policy: object) => {
      const record = only({ flow: { ...FLOW, policy_match_type: match, ingress_allowed_by: [policy] } });
      return record.type === 'policy-verdict' ? record.hubble?.policies.length : null;
    };
    expect(countOf(named)).toBe(before);
    expect(countOf({ ...named, kind: 'CiliumClusterwideNetworkPolicy' })).toBe(1);
  });

  it('has the patched Cilium’s name and audit mode', () => {
    const flow = { ...FLOW, verdict: 'DROPPED', policy_name: 'rule1', audit_mode: true };
    expect(only({ flow })).toMatchObject({ dialect: 'accuknox', policyName: 'rule1', audit: true, action: 'deny' });
  });

  test.each([
    ['a reply to an echo', { ICMPv4: {} }, { protocol: 'ICMP', icmp: { type: 0, code: 0 } }],
    ['ICMPv4', { ICMPv4: { type: 3, code: 3 } }, { protocol: 'ICMP', icmp: { type: 3, code: 3 } }],
    ['SCTP', { SCTP: { source_port: 1, destination_port: 2 } }, { protocol: 'SCTP', destinationPort: 2 }],
    ['no transport', undefined, { protocol: 'unknown', destinationPort: null }],
    ['VRRP', { VRRP: { type: 1 } }, { protocol: '112' }],
  ])('of %s', (_, l4, expected) => {
    expect(only({ flow: { ...FLOW, l4 } })).toMatchObject(expected);
  });

  test.each([
    ['IPv6', { source: 'fd00::1', destination: 'fd00::2' }, { source: { ip: 'fd00::1', port: 42596 } }],
    ['nothing known of its packet', undefined, { source: null, flowKey: 0 }],
  ])('with %s', (_, IP, expected) => {
    expect(only({ flow: { ...FLOW, IP } })).toMatchObject(expected);
  });

  test.each([
    ['no direction', { ...FLOW, traffic_direction: 'TRAFFIC_DIRECTION_UNKNOWN' }],
    ['a verdict that is none', { ...FLOW, verdict: 'VERDICT_UNKNOWN' }],
    ['an address that is none', { ...FLOW, IP: { source: 'a', destination: 'b' } }],
  ])('is not understood with %s', (_, flow) => {
    expect(only({ flow })).toMatchObject({ type: 'unparsed', reason: 'bad-field' });
  });

  it('is cut where its end is missing', () => {
    expect(only(JSON.stringify({ flow: FLOW }).slice(0, 200))).toMatchObject({ type: 'unparsed', reason: 'truncated' });
  });
});

describe('what else Hubble prints', () => {
  test.each([
    [
      'http',
      { http: { code: 403, method: 'PUT', url: 'http://deathstar/v1/exhaust-port' } },
      { status: 403, method: 'PUT' },
    ],
    ['dns', { dns: { query: 'a.example.', qtypes: ['A'], ips: ['192.0.2.1'], ttl: 30 } }, { types: ['A'], ttl: 30 }],
    ['kafka', { kafka: { api_key: 'fetch', topic: 'plans', error_code: 29 } }, { topic: 'plans', errorCode: 29 }],
  ])('an L7 record: %s', (protocol, details, expected) => {
    const flow = { ...FLOW, verdict: 'DROPPED', event_type: { type: 129 }, l7: { type: 'REQUEST', ...details } };
    const l7 = { protocol, ...expected };
    expect(only({ flow })).toMatchObject({
      type: 'l7',
      verdict: 'Denied',
      flowType: 'Request',
      destinationEndpoint: 733,
      l7,
    });
  });

  it('a trace', () => {
    const flow = { ...FLOW, event_type: { type: 4 }, trace_observation_point: 'TO_ENDPOINT', trace_reason: 'NEW' };
    expect(only({ flow })).toMatchObject({
      type: 'trace',
      observationPoint: 'to-endpoint',
      state: 'new',
      endpoint: 733,
    });
  });

  it('a translation', () => {
    const flow = {
      ...FLOW,
      verdict: 'TRANSLATED',
      event_type: { type: 7 },
      sock_xlate_point: 'SOCK_XLATE_POINT_POST_DIRECTION_FWD',
      socket_cookie: '18446744073709551615',
      cgroup_id: '8321',
    };
    expect(only({ flow })).toMatchObject({
      type: 'nat',
      phase: 'post',
      translation: 'forward',
      socketCookie: '18446744073709551615',
      cgroupId: 8321,
      from: null,
      to: { ip: '10.244.0.94', port: 80 },
    });
  });

  it('a node that is not heard', () => {
    const status = { state_change: 'NODE_UNAVAILABLE', node_names: ['lab/k8s-node2'], message: 'timeout' };
    expect(only({ node_status: status, node_name: 'relay' })).toEqual({
      type: 'node-status',
      state: 'unavailable',
      nodes: ['k8s-node2'],
      message: 'timeout',
    });
  });

  it('a flow of a kind that nobody knows is left out', () => {
    expect(only({ flow: { ...FLOW, event_type: { type: 99 } } })).toEqual({ type: 'ignored', reason: 'other-record' });
  });
});

describe('a dialect that is told', () => {
  const patched = { ...FLOW, policy_match_type: 4, policy_name: 'rule1', audit_mode: true };
  const l7 = { ...FLOW, event_type: { type: 129 }, l7: { type: 'REQUEST', http: { method: 'GET', url: '/' } } };

  test.each<[Dialect | null, string, object, string]>([
    ['accuknox', 'its own', patched, 'policy-verdict'],
    ['accuknox', 'one without a name', { ...FLOW, policy_match_type: 4 }, 'policy-verdict'],
    ['accuknox', 'a default deny without the name for it', { ...FLOW, policy_match_type: 0 }, 'other-dialect'],
    ['accuknox', 'a match that it never reports', FLOW, 'other-dialect'],
    [
      'accuknox',
      'policies that stock Cilium names',
      { ...FLOW, policy_match_type: 4, egress_allowed_by: [] },
      'other-dialect',
    ],
    ['accuknox', 'a request of its own', { ...l7, policy_name: 'rule1' }, 'l7'],
    ['accuknox', 'a drop, which both tell alike', { ...FLOW, event_type: { type: 1, sub_type: 133 } }, 'drop'],
    ['cilium', 'its own', FLOW, 'policy-verdict'],
    ['cilium', 'the patched name', patched, 'other-dialect'],
    ['cilium', 'the patched flag', { ...FLOW, audit_mode: true }, 'other-dialect'],
    ['cilium', 'a request with the patched name', { ...l7, policy_name: 'rule1' }, 'other-dialect'],
    [null, 'stock', FLOW, 'policy-verdict'],
    [null, 'patched', patched, 'policy-verdict'],
  ])('%s: %s', (dialect, _, flow, kind) => {
    // Twice: what came before is compared, and not read anew.
    const records = readAll(`${JSON.stringify({ flow })}\n`.repeat(2), dialect);
    expect(records.map((one) => (one.type === 'unparsed' ? one.reason : one.type))).toEqual([kind, kind]);
  });
});

describe('what Hubble prints for people', () => {
  test.each([
    'Nov 22 19:04:45.981: default/tiefighter:42596 (ID:12530) -> default/deathstar-77dd4fb786-pjs8v:80 (ID:18031) policy-verdict:none TRAFFIC_DIRECTION_UNKNOWN ALLOWED (TCP Flags: SYN)',
    '  TIMESTAMP: Nov 22 19:04:45.981',
    'DESTINATION: default/deathstar-77dd4fb786-pjs8v:80',
    '       TYPE: policy-verdict:none TRAFFIC_DIRECTION_UNKNOWN',
    '    VERDICT: ALLOWED',
    'TIMESTAMP             SOURCE                     DESTINATION            TYPE                         VERDICT   SUMMARY',
    'Nov 22 19:04:45.981   default/tiefighter:42596   default/deathstar:80   policy-verdict:L3-L4 INGRESS   ALLOWED   TCP Flags: SYN',
    'Nov 22 19:04:45.981 [lab/k8s-node1]: 10.0.0.1:42596 (world) <> default/deathstar:80 (ID:18031) policy-verdict:none INGRESS DENIED (TCP Flags: SYN)',
  ])('%s', (line) => {
    expect(only(line)).toMatchObject({ type: 'unparsed', reason: 'hubble-text' });
  });

  it('takes no longer for a line without an end', () => {
    const began = performance.now();
    expect(only(`x: y -> z ${'a  ALLOWED (b  '.repeat(4_000)}`)).toMatchObject({ reason: 'unknown-line' });
    expect(performance.now() - began).toBeLessThan(1_000);
  });
});
