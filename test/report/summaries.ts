/** Summaries as a quiet day, a bad one and a hostile cluster make them. */
import type { PolicyRow, Summary, SummaryAgent } from '../../src/model/summary.ts';

export const HOSTILE = 'evil\u001b[2J\u001b]0;owned\u0007\r\u009b31m\u202egnp.exe\u200b\u0000\n';

export function row(changes: Partial<PolicyRow> = {}): PolicyRow {
  return {
    policy: { kind: 'CiliumNetworkPolicy', namespace: 'default', name: 'rule1' },
    direction: 'ingress',
    attribution: 'derived',
    reason: null,
    ambiguous: false,
    isolatedBy: [],
    allowed: 3,
    redirected: 0,
    audited: 0,
    denied: 0,
    attempts: 0,
    shared: 0,
    deniedInAuditMode: 0,
    drops: [],
    ratePerSecond: 0.1,
    recentPerSecond: 0.3,
    firstSeen: '2026-11-20T12:03:06.000Z',
    lastSeen: '2026-11-20T12:03:30.000Z',
    nodes: ['k8s-node1'],
    peers: [{ identity: 12530, name: 'default/tiefighter', labels: ['k8s:org=empire'], allowed: 3, denied: 0 }],
    ports: [{ protocol: 'TCP', port: 80, allowed: 3, denied: 0 }],
    ...changes,
  };
}

const DEFAULT_DENY = row({
  policy: { kind: null, namespace: null, name: 'implicit-default-deny' },
  attribution: 'default-deny',
  isolatedBy: [{ kind: 'CiliumNetworkPolicy', namespace: 'default', name: 'rule1' }],
  allowed: 0,
  denied: 21,
  attempts: 3,
  ratePerSecond: 0.7,
  recentPerSecond: 1.4,
  lastSeen: '2026-11-20T12:03:34.000Z',
  peers: [
    { identity: 2371, name: 'default/xwing', labels: ['k8s:org=alliance'], allowed: 0, denied: 20 },
    { identity: 16777217, name: null, labels: [], allowed: 0, denied: 1 },
  ],
  ports: [
    { protocol: 'TCP', port: 80, allowed: 0, denied: 20 },
    { protocol: 'ICMP', port: null, allowed: 0, denied: 1 },
  ],
});

function agent(changes: Partial<SummaryAgent> = {}): SummaryAgent {
  return {
    node: 'k8s-node1',
    namespace: 'kube-system',
    pod: 'cilium-5l2dg',
    version: '1.19.0',
    dialect: 'cilium',
    state: 'streaming',
    ...changes,
  };
}

export function full(changes: Partial<Summary> = {}): Summary {
  return {
    apiVersion: 'policystat/v1',
    kind: 'Summary',
    window: { start: '2026-11-20T12:03:04.000Z', end: '2026-11-20T12:03:34.000Z', seconds: 30 },
    source: {
      kind: 'monitor',
      agents: [agent(), agent({ node: 'k8s-node2', pod: 'cilium-x7k2p' })],
      files: [],
      types: ['policy-verdict'],
      filters: [],
    },
    targets: [
      { namespace: 'default', pod: 'deathstar-77dd4fb786-8c4bw', node: 'k8s-node2', endpoint: 733, identity: 18031 },
      { namespace: 'default', pod: 'deathstar-77dd4fb786-pjs8v', node: 'k8s-node1', endpoint: 425, identity: 18031 },
    ],
    completeness: { status: 'full', lost: 0, gaps: [], missingNodes: [], reasons: [] },
    records: {
      received: 27,
      counted: 24,
      ignored: { banner: 1, 'other-endpoint': 2 },
      unparsed: 0,
      unparsedReasons: {},
      unparsedSamples: [],
    },
    totals: {
      ingress: { allowed: 3, redirected: 0, audited: 0, denied: 21, attempts: 3 },
      egress: { allowed: 0, redirected: 0, audited: 0, denied: 0, attempts: 0 },
    },
    policies: [DEFAULT_DENY, row()],
    groups: null,
    drops: [],
    l7: [],
    ...changes,
  };
}

/** Packets and bytes beside the verdicts: of a policy alone, shared with a lost counter, and of one without a verdict. */
export function measured(): Summary {
  const rule = (name: string) => ({ kind: 'CiliumNetworkPolicy', namespace: 'default', name }) as const;
  const idle = { allowed: 0, ratePerSecond: 0, recentPerSecond: 0, firstSeen: null, lastSeen: null };
  return full({
    policies: [
      { ...DEFAULT_DENY, traffic: null },
      row({ traffic: { packets: 18, bytes: 1566, shared: false, lowerBound: false } }),
      row({
        policy: rule('rule2'),
        ...idle,
        peers: [],
        ports: [],
        traffic: { packets: 40_120, bytes: 52_428_800, shared: true, lowerBound: true },
      }),
    ],
  });
}

/** Drops and requests beside the verdicts. */
export function dropping(): Summary {
  const times = { firstSeen: '2026-11-20T12:03:10.000Z', lastSeen: '2026-11-20T12:03:32.000Z' };
  return full({
    source: { kind: 'monitor', agents: [agent()], files: [], types: ['policy-verdict', 'drop', 'l7'], filters: [] },
    policies: [
      { ...DEFAULT_DENY, drops: [{ reason: 'Policy denied', code: 133, packets: 21 }] },
      row({ redirected: 3 }),
    ],
    drops: [
      {
        ...{ reason: 'Policy denied', code: 133, direction: 'ingress', packets: 22, alsoDenied: 21, ...times },
        peers: [{ identity: 2371, name: 'default/xwing', packets: 22 }],
      },
      {
        ...{ reason: 'Unsupported L3 protocol', code: 139, direction: null, packets: 4, alsoDenied: 0, ...times },
        peers: [
          { identity: 12530, name: 'default/tiefighter', packets: 3 },
          { identity: 16777220, name: null, packets: 1 },
        ],
      },
    ],
    l7: [
      {
        policy: { kind: 'CiliumNetworkPolicy', namespace: 'default', name: 'rule1' },
        ...{ direction: 'ingress', protocol: 'http', forwarded: 2, denied: 1, errors: 0, redirected: 0, responses: 2 },
        ...times,
      },
      {
        policy: null,
        ...{ direction: 'egress', protocol: 'dns', forwarded: 1, denied: 0, errors: 0, redirected: 0, responses: 1 },
        ...times,
      },
    ],
  });
}

/** By what was asked for, cut short, with what did not fit. */
export function grouped(): Summary {
  const times = { firstSeen: '2026-11-20T12:03:10.000Z', lastSeen: '2026-11-20T12:03:32.000Z' };
  const zero = {
    allowed: 0,
    redirected: 0,
    audited: 0,
    denied: 0,
    attempts: 0,
    shared: 0,
    ambiguous: 0,
    ratePerSecond: 0,
  };
  const pod = { namespace: 'default', name: 'deathstar-77dd4fb786-8c4bw', node: 'k8s-node2', endpoint: 733 };
  return full({
    groups: {
      by: ['peer', 'port', 'policy', 'action', 'match', 'node', 'pod'],
      rows: [
        {
          ...{ ...zero, ...times, denied: 20, attempts: 3, ratePerSecond: 0.667, other: false, direction: 'ingress' },
          peer: { identity: 2371, name: 'default/xwing', labels: ['k8s:org=alliance'] },
          port: { protocol: 'TCP', port: 80 },
          policy: { kind: null, namespace: null, name: 'implicit-default-deny' },
          ...{ action: 'deny', match: 'none', node: 'k8s-node2', pod },
        },
        {
          ...{
            ...zero,
            ...times,
            allowed: 3,
            shared: 2,
            ambiguous: 1,
            ratePerSecond: 0.1,
            other: false,
            direction: 'ingress',
          },
          peer: { identity: 16777217, name: null, labels: [] },
          port: { protocol: 'ICMP', port: null },
          policy: { kind: 'CiliumNetworkPolicy', namespace: 'default', name: 'rule1' },
          ...{ action: 'allow', match: 'L3-L4', node: null },
          pod: { namespace: null, name: null, node: null, endpoint: 425 },
        },
        {
          ...{ ...zero, ...times, allowed: 40_000, denied: 12, attempts: 4, ratePerSecond: 1333.733, other: true },
          ...{ direction: 'ingress', peer: null, port: null, policy: null, action: null, match: null, node: null },
          pod: null,
        },
      ],
    },
    omittedRows: 12,
  });
}

/** What would be denied: by the default, by a deny rule, and refused all the same. */
export function audited(): Summary {
  const times = { firstSeen: '2026-11-20T12:03:10.000Z', lastSeen: '2026-11-20T12:03:32.000Z' };
  const rule1 = { kind: 'CiliumNetworkPolicy', namespace: 'default', name: 'rule1' } as const;
  const row = { direction: 'ingress', reason: null, refused: 0, ...times } as const;
  const peer = { labels: [], refused: 0, ...times };
  return full({
    audit: {
      endpoints: {
        audited: [
          {
            namespace: 'default',
            pod: 'deathstar-77dd4fb786-8c4bw',
            node: 'k8s-node2',
            endpoint: 733,
            directions: ['ingress'],
          },
          { namespace: null, pod: null, node: 'k8s-node2', endpoint: 734, directions: ['ingress', 'egress'] },
        ],
        ...{ enforced: 1, open: 2, unknown: 1 },
      },
      wouldDeny: [
        {
          ...row,
          policy: { kind: null, namespace: null, name: 'implicit-default-deny' },
          attribution: 'default-deny',
          isolatedBy: [rule1],
          connections: 45,
          peers: [
            { ...peer, identity: 2371, name: 'default/xwing', port: { protocol: 'TCP', port: 80 }, connections: 40 },
            { ...peer, identity: 16777217, name: null, port: { protocol: 'ICMP', port: null }, connections: 4 },
            { ...peer, identity: null, name: 'other', port: null, connections: 1 },
          ],
        },
        {
          ...row,
          policy: rule1,
          attribution: 'datapath',
          isolatedBy: [],
          ...{ connections: 0, refused: 7 },
          peers: [
            { ...peer, identity: 2, name: 'world', port: { protocol: 'UDP', port: 53 }, connections: 0, refused: 7 },
          ],
        },
      ],
    },
  });
}

/** Audit mode is on nowhere, and nothing would be denied. */
export function unaudited(): Summary {
  return full({ audit: { endpoints: { audited: [], enforced: 2, open: 0, unknown: 0 }, wouldDeny: [] } });
}

export function partial(): Summary {
  return full({
    source: {
      kind: 'monitor',
      agents: [agent(), agent({ node: 'k8s-node2', pod: 'cilium-x7k2p', state: 'reconnecting', version: null })],
      files: [],
      types: ['policy-verdict'],
      filters: [],
    },
    targets: [
      { namespace: 'default', pod: 'deathstar-77dd4fb786-8c4bw', node: 'k8s-node2', endpoint: null, identity: null },
    ],
    completeness: {
      status: 'partial',
      lost: 12,
      gaps: [
        {
          node: 'k8s-node1',
          from: '2026-11-20T12:03:04.000Z',
          to: '2026-11-20T12:03:09.000Z',
          seconds: 5,
          reason: 'broken',
        },
        { node: 'k8s-node2', from: '2026-11-20T12:03:30.000Z', to: null, seconds: 4, reason: 'reconnecting' },
      ],
      missingNodes: ['k8s-node3'],
      reasons: ['lost-events', 'gap', 'missing-node', 'not-streaming', 'unparsed-lines'],
    },
    records: {
      received: 28,
      counted: 24,
      ignored: { banner: 1, 'other-endpoint': 2 },
      unparsed: 1,
      unparsedReasons: { truncated: 1 },
      unparsedSamples: ['Policy verd'],
    },
    policies: [
      DEFAULT_DENY,
      row({ redirected: 2, audited: 1, shared: 2 }),
      row({
        policy: { kind: null, namespace: null, name: 'unattributed' },
        direction: 'egress',
        attribution: 'unattributed',
        reason: 'no-state',
        allowed: 1,
      }),
    ],
  });
}

export function hostile(): Summary {
  return full({
    source: {
      kind: 'monitor',
      agents: [agent({ node: HOSTILE, pod: HOSTILE, version: HOSTILE })],
      files: [],
      types: ['policy-verdict'],
      filters: [],
    },
    targets: [{ namespace: HOSTILE, pod: '日本語のとても長い名前', node: HOSTILE, endpoint: 1, identity: null }],
    completeness: {
      status: 'partial',
      lost: 0,
      gaps: [],
      missingNodes: [HOSTILE],
      reasons: ['missing-node', 'unparsed-lines'],
    },
    records: {
      received: 25,
      counted: 24,
      ignored: {},
      unparsed: 1,
      unparsedReasons: { 'unknown-line': 1 },
      unparsedSamples: [`${HOSTILE}\ud800`],
    },
    policies: [
      row({
        policy: { kind: 'CiliumNetworkPolicy', namespace: HOSTILE, name: `${HOSTILE}${'x'.repeat(300)}` },
        peers: [{ identity: 4242, name: HOSTILE, labels: [`k8s:${HOSTILE}=1`], allowed: 3, denied: 0 }],
        ports: [{ protocol: HOSTILE, port: null, allowed: 3, denied: 0 }],
      }),
      row({
        policy: { kind: 'NetworkPolicy', namespace: '日本語', name: '👩‍👩‍👧‍👦-policy-一二三四五六七八九十' },
        ambiguous: true,
      }),
      row({
        policy: { kind: null, namespace: null, name: 'two-of-a-name' },
        attribution: 'datapath',
        ambiguous: true,
      }),
    ],
  });
}

export function silent(changes: Partial<Summary> = {}): Summary {
  return full({
    records: { received: 2, counted: 0, ignored: { banner: 2 }, unparsed: 0, unparsedReasons: {}, unparsedSamples: [] },
    totals: {
      ingress: { allowed: 0, redirected: 0, audited: 0, denied: 0, attempts: 0 },
      egress: { allowed: 0, redirected: 0, audited: 0, denied: 0, attempts: 0 },
    },
    policies: [],
    ...changes,
  });
}

export function offline(): Summary {
  return full({
    source: { kind: 'file', agents: [], files: ['monitor.txt.gz', '-'], types: null, filters: [] },
    targets: [],
    completeness: { status: 'unknown', lost: 0, gaps: [], missingNodes: [], reasons: ['offline-input'] },
    policies: full().policies.map((each) => ({
      ...each,
      ratePerSecond: 0,
      recentPerSecond: 0,
      firstSeen: null,
      lastSeen: null,
      nodes: [],
    })),
  });
}

/** So many policies that no terminal shows them all. */
export function crowded(count: number): Summary {
  const policies = Array.from({ length: count }, (_, at) =>
    row({
      policy: { kind: 'CiliumNetworkPolicy', namespace: 'shop', name: `policy-${String(at).padStart(3, '0')}` },
      denied: count - at,
    }),
  );
  const agents = Array.from({ length: 50 }, (_, at) =>
    agent({ node: `node-${at}`, state: at === 33 ? 'failed' : 'streaming' }),
  );
  return full({ policies, source: { kind: 'monitor', agents, files: [], types: ['policy-verdict'], filters: [] } });
}
