/** Reports on policies as a person may meet them: useful and useless ones, incomplete, from files, hostile. */
import type { PolicyReport, PolicyUse } from '../../src/model/policy-report.ts';
import type { Summary } from '../../src/model/summary.ts';
import { full, hostile, offline, partial } from './summaries.ts';

const UNSEEN = {
  ...{ allowed: 0, redirected: 0, audited: 0, denied: 0, attempts: 0, shared: 0 },
  ...{ defaultDenied: 0, defaultAudited: 0, ambiguous: 0, firstSeen: null, lastSeen: null },
};
const NONE = { allowed: 0, redirected: 0, audited: 0, denied: 0, attempts: 0 };
const SEEN = { ...UNSEEN, firstSeen: '2026-11-20T12:03:06.000Z', lastSeen: '2026-11-20T12:03:30.000Z' };
const ENFORCED = { status: 'enforced', enforced: 2, known: 2, reasons: [], message: null } as const;

function use(name: string, changes: Partial<PolicyUse> = {}): PolicyUse {
  return {
    policy: { kind: 'CiliumNetworkPolicy', namespace: 'shop', name },
    standing: 'seen',
    exists: true,
    created: '2026-11-01T08:00:00Z',
    isolates: ['ingress'],
    selects: {
      ...{ pods: 2, others: 0, listened: 2, specs: 1, emptySpecs: 0, isComplete: true },
      examples: [{ namespace: 'shop', pod: 'cart-0', node: 'k8s-node1' }],
    },
    enforcement: ENFORCED,
    seen: UNSEEN,
    byDirection: { ingress: NONE, egress: NONE },
    nodes: { total: 2, heard: 2, seen: 0 },
    silent: 0,
    observedSeconds: 34,
    ...changes,
  };
}

const NOBODY = { pods: 0, others: 0, listened: 0, specs: 1, emptySpecs: 1, isComplete: true, examples: [] };
const UNKNOWN = { status: 'unknown', enforced: 0, known: 0, reasons: [], message: null } as const;

function reportOf(summary: Summary, policies: readonly PolicyUse[], changes: Partial<PolicyReport> = {}): PolicyReport {
  const { apiVersion, window, source, targets, completeness, records } = summary;
  return {
    ...{ apiVersion, kind: 'PolicyReport', scope: { kind: 'cluster', namespace: null }, window, source },
    ...{ listedFrom: 'api', targets, completeness, records, rateLimited: [], policies, unattributed: 0 },
    ...changes,
  };
}

function every(): PolicyUse[] {
  return [
    use('old', {
      standing: 'selects-nobody',
      selects: NOBODY,
      enforcement: UNKNOWN,
      nodes: { total: 0, heard: 0, seen: 0 },
    }),
    use('typo', {
      standing: 'not-enforced',
      enforcement: { ...ENFORCED, status: 'not-enforced', enforced: 0, reasons: ['rejected'], message: 'invalid port' },
    }),
    use('half', {
      standing: 'not-seen',
      selects: { ...NOBODY, pods: 3, listened: 3, specs: 3 },
      enforcement: {
        ...ENFORCED,
        status: 'partly',
        enforced: 1,
        known: 3,
        reasons: ['enforcement-off', 'not-realized'],
      },
    }),
    use('young', { standing: 'not-seen', isolates: [], created: '2026-11-20T12:03:31Z', observedSeconds: 3 }),
    use('nodes', {
      policy: { kind: 'CiliumClusterwideNetworkPolicy', namespace: null, name: 'nodes' },
      standing: 'unclear',
      selects: { ...NOBODY, others: 2, emptySpecs: 0 },
      enforcement: UNKNOWN,
      nodes: { total: 2, heard: 0, seen: 0 },
    }),
    use('muted', { standing: 'unclear', silent: 2 }),
    use('port-9999', {
      standing: 'rules-not-seen',
      seen: { ...SEEN, defaultDenied: 7 },
      nodes: { total: 2, heard: 2, seen: 1 },
    }),
    use('audited', {
      enforcement: { ...ENFORCED, status: 'audited', enforced: 0, reasons: ['audit-mode'] },
      seen: { ...SEEN, audited: 4, defaultAudited: 2 },
      nodes: { total: 2, heard: 2, seen: 2 },
    }),
    use('gone', {
      exists: false,
      created: null,
      isolates: [],
      selects: null,
      enforcement: null,
      nodes: { total: 1, heard: 1, seen: 1 },
      seen: { ...SEEN, allowed: 5 },
      observedSeconds: null,
    }),
    use('front', {
      policy: { kind: 'NetworkPolicy', namespace: 'shop', name: 'front' },
      seen: { ...SEEN, allowed: 64, redirected: 3, denied: 2, attempts: 1, shared: 9, defaultDenied: 7 },
      byDirection: {
        ingress: { ...NONE, allowed: 60, redirected: 3, denied: 2, attempts: 1 },
        egress: { ...NONE, allowed: 4 },
      },
      nodes: { total: 2, heard: 2, seen: 2 },
    }),
  ];
}

export function wholeCluster(): PolicyReport {
  return reportOf(full(), every());
}

export function partlyHeard(): PolicyReport {
  const changes = { scope: { kind: 'namespace', namespace: 'shop' }, listedFrom: 'agents', unattributed: 3 } as const;
  return reportOf(partial(), every().slice(2, 8), changes);
}

/** With packets and bytes, and an agent that tells neither all of them nor all events. */
export function measured(): PolicyReport {
  const traffic = { packets: 4711, bytes: 1_048_576, shared: true, lowerBound: false };
  const told = (name: string, changes: Partial<PolicyUse>) => {
    const ingress = { ...NONE, traffic: changes.traffic ?? null };
    return use(name, { byDirection: { ingress, egress: { ...NONE, traffic: null } }, ...changes });
  };
  const report = reportOf(full(), [
    told('old', { standing: 'selects-nobody', selects: NOBODY, nodes: { total: 0, heard: 0, seen: 0 }, traffic: null }),
    told('idle', { standing: 'not-seen', traffic: { packets: 0, bytes: 0, shared: false, lowerBound: true } }),
    told('busy', { traffic }),
  ]);
  const agents = report.source.agents.map((agent, at) => ({
    ...agent,
    dialect: 'accuknox' as const,
    counters: at === 0 ? ('read' as const) : ('unread' as const),
  }));
  return { ...report, source: { ...report.source, agents }, rateLimited: [{ node: 'k8s-node1', perSecond: 10 }] };
}

export function fromRecording(): PolicyReport {
  const unknown = { exists: null, created: null, isolates: [], selects: null, enforcement: null } as const;
  const told = (name: string, changes: Partial<PolicyUse>) =>
    use(name, { ...unknown, observedSeconds: null, nodes: { total: 2, heard: 2, seen: 1 }, ...changes });
  const uses = [
    told('closed', { standing: 'rules-not-seen', seen: { ...SEEN, defaultDenied: 7 } }),
    told('open', { seen: { ...SEEN, allowed: 3 } }),
  ];
  return reportOf(full(), uses, { scope: { kind: 'files', namespace: null }, listedFrom: null });
}

export function fromFiles(): PolicyReport {
  const unknown = { exists: null, created: null, isolates: [], selects: null, enforcement: null, nodes: null } as const;
  const printed = use('rule1', {
    ...{ ...unknown, observedSeconds: null, seen: { ...UNSEEN, allowed: 3 } },
    policy: { kind: null, namespace: null, name: 'rule1' },
  });
  return reportOf(offline(), [printed], {
    scope: { kind: 'files', namespace: null },
    listedFrom: null,
    unattributed: 6,
  });
}

export function hostileNames(): PolicyReport {
  const summary = hostile();
  const bad = summary.policies.map(({ policy }) =>
    use('', {
      policy,
      standing: 'not-enforced',
      enforcement: { ...ENFORCED, status: 'not-enforced', enforced: 0, reasons: ['rejected'], message: policy.name },
    }),
  );
  return reportOf(summary, bad, {
    scope: { kind: 'namespace', namespace: summary.policies[0]?.policy.namespace ?? null },
  });
}

export function nothing(): PolicyReport {
  return reportOf(full(), [], { scope: { kind: 'targets', namespace: null } });
}
