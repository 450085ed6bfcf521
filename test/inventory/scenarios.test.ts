/** What the captured clusters' policies are good for, by the objects and the agents' state of that moment. */
import { readdirSync, readFileSync } from 'node:fs';
import * as v from 'valibot';
import { expect, test } from 'vitest';
import { readPolicyObject } from '../../src/attribution/policy-object.ts';
import { readRealizedPolicies } from '../../src/attribution/realized-policy.ts';
import { takeCensus } from '../../src/inventory/census.ts';
import { reportPolicies } from '../../src/inventory/report.ts';
import { makeAggregator } from '../aggregator/records.ts';

const ROOT = new URL('../../fixtures/captures/scenarios/', import.meta.url);
const CLUSTER = { kind: 'cluster', namespace: null } as const;

function usesIn(scenario: string) {
  const read = (file: string) => readFileSync(new URL(`${scenario}/${file}`, ROOT), 'utf8');
  const { items } = v.parse(
    v.pipe(v.string(), v.parseJson(), v.object({ items: v.array(v.unknown()) })),
    read('policies.json'),
  );
  const agents = ['node1', 'node2'].map((node) => ({
    node,
    endpoints: readRealizedPolicies(read(`${node}--endpoint_list.json`)),
    isWholeNodeWanted: true,
    isStreaming: true,
  }));
  const policies = items.flatMap((item) => readPolicyObject(item) ?? []);
  const census = takeCensus({
    scope: CLUSTER,
    agents,
    listed: null,
    targets: [],
    missingNodes: [],
    nodesByAddress: new Map(),
  });
  const summary = makeAggregator().summary(Date.parse('2026-11-22T20:00:00Z'));
  return reportPolicies(summary, CLUSTER, { listedFrom: 'api', rateLimited: [], policies, census }).policies;
}

test.each(readdirSync(ROOT).sort())('%s', (scenario) => {
  const told = usesIn(scenario).map(({ policy, standing, selects, enforcement, isolates, nodes }) => ({
    policy: `${policy.kind ?? ''} ${policy.namespace ?? ''}/${policy.name}`,
    standing,
    pods: selects?.examples.map(({ pod }) => pod?.replace(/-[^-]+-[^-]+$/, '')),
    enforcement: `${enforcement?.status ?? ''} at ${enforcement?.enforced ?? ''} of ${enforcement?.known ?? ''}`,
    isolates,
    nodes: `${nodes?.seen ?? ''} of ${nodes?.heard ?? ''} of ${nodes?.total ?? ''}`,
  }));
  expect(told).toMatchSnapshot();
});
