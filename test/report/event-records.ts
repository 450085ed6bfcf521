/** One record of each type, as monitor and Hubble tell them, and the circumstances in which they arrive. */
import type { Circumstances, StreamGap } from '../../src/model/attributed.ts';
import type { Drop, Trace, Translation } from '../../src/model/datapath-event.ts';
import type { MonitorRecord, Verdict } from '../../src/model/event.ts';
import type { HubbleEndpoint, HubbleFlow } from '../../src/model/hubble.ts';
import type { L7Record } from '../../src/model/l7.ts';
import type { Attribution } from '../../src/model/policy.ts';
import * as base from '../records.ts';

const TIEFIGHTER = { ip: '10.244.0.111', port: 42596 };
const DEATHSTAR = { ip: '10.244.0.94', port: 80 };

export function verdict(changes: Partial<Verdict> = {}): Verdict {
  return base.verdict({ flow: '0xe52a0cd4', flowKey: 4711, ...changes });
}

export function drop(changes: Partial<Drop> = {}): Drop {
  return base.drop({
    extError: null,
    interface: '17',
    source: { ip: '10.244.1.126', port: 50471 },
    flow: '0x748ca60a',
    flowKey: 4712,
    ...changes,
  });
}

export function trace(changes: Partial<Trace> = {}): Trace {
  return {
    type: 'trace',
    observationPoint: 'to-endpoint',
    endpoint: 733,
    sourceEndpoint: null,
    proxyPort: null,
    encrypted: false,
    sourceIdentity: 12530,
    destinationIdentity: 18031,
    state: 'established',
    interface: 'lxc1',
    originalIp: '10.244.0.111',
    protocol: 'TCP',
    source: TIEFIGHTER,
    destination: DEATHSTAR,
    tcpFlags: ['ACK'],
    icmp: null,
    flow: '0xe52a0cd4',
    ipTraceId: null,
    hubble: null,
    ...changes,
  };
}

export function l7(changes: Partial<L7Record> = {}): L7Record {
  return {
    type: 'l7',
    direction: 'ingress',
    flowType: 'Request',
    verdict: 'Denied',
    sourceEndpoint: 0,
    sourceIdentity: 12530,
    sourceLabels: ['k8s:org=empire'],
    destinationEndpoint: 733,
    destinationIdentity: 18031,
    destinationLabels: ['k8s:class=deathstar'],
    source: null,
    destination: null,
    l7: { protocol: 'http', method: 'PUT', url: 'http://deathstar/v1/exhaust-port', status: 403 },
    audit: null,
    policyName: null,
    hubble: null,
    ...changes,
  };
}

export function nat(changes: Partial<Translation> = {}): Translation {
  return {
    type: 'nat',
    phase: 'pre',
    translation: 'forward',
    cgroupId: 8321,
    socketCookie: '18446744073709551615',
    protocol: 'TCP',
    from: { ip: '10.96.0.10', port: 53, service: null },
    to: null,
    hubble: null,
    ...changes,
  };
}

function end(changes: Partial<HubbleEndpoint>): HubbleEndpoint {
  return {
    endpoint: null,
    identity: null,
    namespace: null,
    pod: null,
    labels: [],
    workloads: [],
    cluster: null,
    names: [],
    service: null,
    ...changes,
  };
}

export const FLOW: HubbleFlow = {
  time: '2026-11-20T12:03:06.123456789Z',
  timeMs: Date.parse('2026-11-20T12:03:06.123Z'),
  node: 'k8s-node2',
  uuid: '5ba9c9c6-7c2c-4a5a-9b11-6ee5b2a2a3a1',
  isReply: false,
  source: end({
    endpoint: 1042,
    identity: 12530,
    namespace: 'default',
    pod: 'tiefighter',
    labels: ['k8s:org=empire'],
    workloads: [{ kind: 'Pod', name: 'tiefighter' }],
  }),
  destination: end({ identity: 2, names: ['deathstar.empire.example'] }),
  policies: [],
  policyRevision: null,
  byAgentItself: false,
};

export function attribution(changes: Partial<Attribution> = {}): Attribution {
  return {
    grade: 'derived',
    policies: [{ kind: 'CiliumNetworkPolicy', namespace: 'default', name: 'rule1' }],
    isolatedBy: [],
    reason: null,
    ambiguous: false,
    ...changes,
  };
}

export const DEFAULT_DENY = attribution({
  grade: 'default-deny',
  policies: [{ kind: null, namespace: null, name: 'implicit-default-deny' }],
  isolatedBy: [{ kind: 'CiliumNetworkPolicy', namespace: 'default', name: 'rule1' }],
});

export const LIVE: Circumstances = { node: 'k8s-node1', atMs: Date.parse('2026-11-20T12:03:06.000Z'), wanted: true };

/** What a busy minute prints. */
export const EVENTS: readonly (readonly [MonitorRecord | StreamGap, Attribution | null])[] = [
  [{ type: 'agent', notice: 'Policy updated', text: '{"revision":2,"rule_count":1}' }, null],
  [verdict(), attribution()],
  [verdict({ action: 'deny', match: 'none', remoteIdentity: 2371, flow: '0x0' }), DEFAULT_DENY],
  [
    verdict({ direction: 'egress', action: 'redirect', remoteIdentity: 2, source: DEATHSTAR, destination: TIEFIGHTER }),
    attribution({ grade: 'unattributed', policies: [], reason: 'policy-changed' }),
  ],
  [
    verdict({ dialect: 'accuknox', action: 'deny', audit: true, match: 'all', auth: null, policyName: 'rule1' }),
    attribution({ grade: 'datapath', ambiguous: true }),
  ],
  [verdict({ action: 'audit', audit: true, match: 'none', remoteIdentity: null }), DEFAULT_DENY],
  [
    verdict({
      protocol: 'ICMPv6',
      source: { ip: 'fd00::111', port: null },
      destination: { ip: 'fd00::94', port: null },
      destinationPort: null,
      tcpFlags: [],
      icmp: { text: 'EchoRequest', type: 128, code: 0 },
    }),
    attribution({ policies: [{ kind: 'CiliumClusterwideNetworkPolicy', namespace: null, name: 'ping' }] }),
  ],
  [verdict({ hubble: FLOW, flow: null, direction: 'egress' }), attribution({ grade: 'correlated' })],
  [drop(), null],
  [drop({ reason: 'Stale or unroutable IP', reasonCode: 151, extError: -3, direction: 'egress', hubble: FLOW }), null],
  [trace(), null],
  [
    trace({
      observationPoint: 'to-proxy',
      proxyPort: 10_001,
      encrypted: true,
      originalIp: '10.96.0.10',
      state: null,
      endpoint: null,
    }),
    null,
  ],
  [l7(), null],
  [l7({ verdict: 'Forwarded', audit: false, policyName: 'l7-http-rules' }), attribution({ grade: 'datapath' })],
  [
    l7({
      flowType: 'Response',
      verdict: 'Forwarded',
      direction: 'egress',
      l7: {
        protocol: 'dns',
        observation: 'proxy',
        query: 'deathstar.empire.example.',
        types: ['A', 'AAAA'],
        ttl: 30,
        ips: ['203.0.113.7'],
        cnames: [],
      },
    }),
    null,
  ],
  [l7({ l7: { protocol: 'kafka', apiKey: 'produce', topic: 'plans', errorCode: 29 } }), null],
  [l7({ verdict: 'Error', l7: { protocol: 'memcache', fields: { command: 'get', key: 'a' }, status: null } }), null],
  [
    {
      type: 'capture',
      point: '-> lxc1',
      endpoint: null,
      protocol: 'UDP',
      source: { ip: 'fd00::1', port: 53 },
      destination: { ip: 'fd00::2', port: 4000 },
      tcpFlags: [],
      icmp: null,
    },
    null,
  ],
  [{ type: 'debug', cpu: 3, endpoint: 733, text: 'Conntrack lookup 1/2' }, null],
  [nat(), null],
  [
    nat({
      phase: 'post',
      from: { ip: '10.96.0.10', port: 53, service: 'kube-system/kube-dns' },
      to: { ip: '10.244.0.7', port: 53, service: null },
    }),
    null,
  ],
  [
    {
      type: 'recorder',
      direction: 'ingress',
      ruleId: 7,
      capturedBytes: 66,
      bytes: 1500,
      protocol: 'UDP',
      source: { ip: '10.0.1.23', port: 42596 },
      destination: { ip: '10.0.1.24', port: 53 },
      tcpFlags: [],
      icmp: null,
    },
    null,
  ],
  [{ type: 'lost', events: 12, where: 'kernel-ring', cpu: 3 }, null],
  [{ type: 'lost', events: 1, where: 'unknown', cpu: null }, null],
  [
    {
      type: 'lost',
      events: 18_446_744_073_709_552_000,
      exactEvents: '18446744073709551615',
      where: 'kernel-ring',
      cpu: 3,
    },
    null,
  ],
  [
    {
      type: 'gap',
      fromMs: Date.parse('2026-11-20T12:03:00Z'),
      toMs: Date.parse('2026-11-20T12:03:05.500Z'),
      reason: 'agent restarted',
    },
    null,
  ],
  [{ type: 'node-status', state: 'unavailable', nodes: ['k8s-node3'], message: 'connection refused' }, null],
  [{ type: 'node-status', state: 'connected', nodes: ['k8s-node3', 'k8s-node4'], message: null }, null],
  [{ type: 'unknown-event', text: 'CPU 03: Unknown event: [99 1 2 3]' }, null],
  [{ type: 'unparsed', reason: 'truncated', line: 'Policy verdict log: flow 0x0 local EP' }, null],
  [{ type: 'ignored', reason: 'blank' }, null],
];
