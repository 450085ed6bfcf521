/** Summaries to be compared, by what they say. */
import type { ComparedRow, CompareInput } from '../../src/model/compare.ts';
import type { PeerCount, Summary } from '../../src/model/summary.ts';
import { full, row } from '../report/summaries.ts';

const ALLOWED = { allowed: 3, denied: 0 };
const DENIED = { allowed: 0, denied: 21 };
export const TIEFIGHTER = { identity: 12530, name: 'default/tiefighter', labels: ['k8s:class=tiefighter'] };
export const XWING = { identity: 2371, name: 'default/xwing', labels: ['k8s:class=xwing'] };

type Peer = Omit<PeerCount, 'allowed' | 'denied'>;

/** A row that let one peer through. */
export function allowing(peer: Peer, changes: Partial<ComparedRow> = {}): ComparedRow {
  return row({ peers: [{ ...peer, ...ALLOWED }], ...changes });
}

/** A default deny of one peer. */
export function denying(peer: Peer, changes: Partial<ComparedRow> = {}): ComparedRow {
  return row({
    policy: { kind: null, namespace: null, name: 'implicit-default-deny' },
    attribution: 'default-deny',
    isolatedBy: [{ kind: 'CiliumNetworkPolicy', namespace: 'default', name: 'rule1' }],
    ...{ allowed: 0, denied: 21, attempts: 3 },
    peers: [{ ...peer, ...DENIED }],
    ports: [{ protocol: 'TCP', port: 80, ...DENIED }],
    ...changes,
  });
}

/** A summary with these rows, and the totals that they add up to. */
export function side(policies: readonly ComparedRow[], changes: Partial<Summary> = {}): CompareInput {
  const totals = (direction: 'ingress' | 'egress') => {
    const rows = policies.filter((each) => each.direction === direction);
    const sum = (name: 'allowed' | 'redirected' | 'audited' | 'denied' | 'attempts') =>
      rows.reduce((total, each) => total + each[name], 0);
    return {
      allowed: sum('allowed'),
      redirected: sum('redirected'),
      audited: sum('audited'),
      denied: sum('denied'),
      attempts: sum('attempts'),
    };
  };
  return { ...full(), ...changes, totals: { ingress: totals('ingress'), egress: totals('egress') }, policies };
}

export const PARTIAL: Summary['completeness'] = {
  status: 'partial',
  lost: 12,
  gaps: [],
  missingNodes: [],
  reasons: ['lost-events'],
};

export const OFFLINE: Partial<Summary> = {
  source: { kind: 'file', agents: [], files: ['monitor.txt'], types: null, filters: [] },
  targets: [],
  completeness: { status: 'unknown', lost: 0, gaps: [], missingNodes: [], reasons: ['offline-input'] },
};
