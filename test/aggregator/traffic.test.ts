/** Where packets and bytes of policy maps end up: in the row of the policy's verdicts, or in one of their own. */
import { expect, it } from 'vitest';
import type { TrafficDelta } from '../../src/model/traffic.ts';
import { attribution, makeAggregator, plan, policy, START_MS, verdict } from './records.ts';

const derived = attribution({ grade: 'derived' });

function delta(changes: Partial<TrafficDelta> = {}): TrafficDelta {
  return { direction: 'ingress', attribution: derived, packets: 6n, bytes: 522n, lowerBound: false, ...changes };
}

function trafficOf(aggregator: ReturnType<typeof makeAggregator>) {
  return aggregator
    .summary(START_MS + 1000)
    .policies.map((row) => [row.policy.name, row.direction, row.attribution, row.allowed, row.traffic]);
}

const counted = (packets: number, bytes: number) => ({ packets, bytes, shared: false, lowerBound: false });

it('is absent where nobody read it, and nothing where nothing was counted', () => {
  const aggregator = makeAggregator();
  aggregator.addStream(plan()).record(verdict(), derived, START_MS);
  expect(aggregator.summary(START_MS).policies[0]).not.toHaveProperty('traffic');
  aggregator.traffic([]);
  expect(trafficOf(aggregator)).toEqual([['rule1', 'ingress', 'derived', 1, counted(0, 0)]]);
});

it('joins the row of the verdicts, whoever named the policy there, and earlier or later', () => {
  const aggregator = makeAggregator();
  const stream = aggregator.addStream(plan());
  aggregator.traffic([delta()]);
  expect(trafficOf(aggregator)).toEqual([['rule1', 'ingress', 'derived', 0, counted(6, 522)]]);
  stream.record(verdict(), attribution({ grade: 'datapath' }), START_MS);
  aggregator.traffic([delta()]);
  expect(trafficOf(aggregator)).toEqual([['rule1', 'ingress', 'datapath', 1, counted(12, 1044)]]);
});

it('of several policies is told for each, and says so', () => {
  const aggregator = makeAggregator();
  const both = attribution({ grade: 'derived', policies: [policy('rule1'), policy('rule2')] });
  aggregator.traffic([delta({ attribution: both }), delta({ lowerBound: true, packets: 0n, bytes: 0n })]);
  expect(trafficOf(aggregator)).toEqual([
    ['rule1', 'ingress', 'derived', 0, { packets: 6, bytes: 522, shared: true, lowerBound: true }],
    ['rule2', 'ingress', 'derived', 0, { packets: 6, bytes: 522, shared: true, lowerBound: false }],
  ]);
});

it('never is a default deny, and of no policy it is not told', () => {
  const aggregator = makeAggregator();
  const stream = aggregator.addStream(plan());
  const denied = attribution({
    grade: 'default-deny',
    policies: [{ kind: null, namespace: null, name: 'implicit-default-deny' }],
    isolatedBy: [policy('rule1')],
  });
  stream.record(verdict({ action: 'deny', match: 'none' }), denied, START_MS);
  const nobody = (reason: 'no-policy-applies' | 'policy-changed') =>
    attribution({ grade: 'unattributed', policies: [], reason });
  aggregator.traffic([
    delta({ attribution: nobody('no-policy-applies') }),
    delta({ attribution: nobody('policy-changed'), direction: 'egress' }),
  ]);
  expect(trafficOf(aggregator)).toEqual([
    ['implicit-default-deny', 'ingress', 'default-deny', 0, null],
    ['unattributed', 'egress', 'unattributed', 0, counted(6, 522)],
  ]);
});

it('is a lower bound where an agent does not tell its counters, and unknown where none ever did', () => {
  const aggregator = makeAggregator();
  const stream = aggregator.addStream(plan());
  stream.counters('unread');
  stream.record(verdict(), derived, START_MS);
  expect(trafficOf(aggregator)).toEqual([['rule1', 'ingress', 'derived', 1, null]]);
  stream.counters('read');
  aggregator.traffic([]);
  expect(trafficOf(aggregator)).toEqual([['rule1', 'ingress', 'derived', 1, counted(0, 0)]]);
  aggregator.addStream(plan('all', 'n2')).counters('off');
  aggregator.traffic([delta()]);
  const told = { ...counted(6, 522), lowerBound: true };
  expect(trafficOf(aggregator)).toEqual([['rule1', 'ingress', 'derived', 1, told]]);
  expect(aggregator.summary(START_MS).source.agents.map(({ counters }) => counters)).toEqual(['read', 'off']);
});
