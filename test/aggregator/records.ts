/** Records, attributions and streams as the other steps hand them to an aggregator. */
import { type Aggregator, type AggregatorOptions, createAggregator } from '../../src/aggregator/aggregator.ts';
import type { AgentPlan, Target } from '../../src/model/cluster.ts';
import type { L7Record } from '../../src/model/event.ts';
import type { Attribution, PolicyRef } from '../../src/model/policy.ts';
import type { PolicyRow, Summary } from '../../src/model/summary.ts';

export { drop, verdict } from '../records.ts';

export const START_MS = Date.parse('2026-11-20T12:00:00.000Z');

export function request(changes: Partial<L7Record> = {}): L7Record {
  return {
    type: 'l7',
    direction: 'ingress',
    flowType: 'Request',
    verdict: 'Forwarded',
    sourceEndpoint: 0,
    sourceIdentity: 12530,
    sourceLabels: [],
    destinationEndpoint: 733,
    destinationIdentity: 18031,
    destinationLabels: [],
    source: null,
    destination: null,
    l7: { protocol: 'http', method: 'GET', url: 'http://deathstar/v1/', status: 0 },
    audit: null,
    policyName: null,
    hubble: null,
    ...changes,
  };
}

export function policy(name: string, namespace: string | null = 'default'): PolicyRef {
  return { kind: 'CiliumNetworkPolicy', namespace, name };
}

export function attribution(changes: Partial<Attribution> = {}): Attribution {
  return { grade: 'derived', policies: [policy('rule1')], isolatedBy: [], reason: null, ambiguous: false, ...changes };
}

export function target(endpoint: number | null): Target {
  return { namespace: 'default', pod: `pod-${endpoint}`, node: 'n1', endpoint, identity: null, addresses: [] };
}

export function plan(targets: AgentPlan['targets'] = [target(733)], node = 'n1'): AgentPlan {
  return { agent: { node, namespace: 'kube-system', pod: `cilium-${node}`, container: 'cilium-agent' }, targets };
}

export function makeAggregator(changes: Partial<AggregatorOptions> = {}): Aggregator {
  return createAggregator({ startMs: START_MS, source: 'monitor', identityName: () => null, ...changes });
}

/** What a row is called, and its numbers that are not zero. */
export function rowsOf(summary: Summary): readonly unknown[] {
  return summary.policies.map((row) => [`${row.policy.name}:${row.direction}`, numbersOf(row)]);
}

function numbersOf(row: PolicyRow): Record<string, number> {
  const { allowed, redirected, audited, denied, attempts, shared, deniedInAuditMode } = row;
  const all = { allowed, redirected, audited, denied, attempts, shared, deniedInAuditMode };
  return Object.fromEntries(Object.entries(all).filter(([, count]) => count > 0));
}

export function accountedFor({ records }: Summary): boolean {
  const ignored = Object.values(records.ignored).reduce((sum, count) => sum + count, 0);
  return records.received === records.counted + ignored + records.unparsed;
}
