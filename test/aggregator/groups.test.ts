/** Groups are exact, whatever they are by, and bounded. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Verdict } from '../../src/model/event.ts';
import { GROUP_FIELDS, type GroupRow } from '../../src/model/groups.ts';
import { attribution, makeAggregator, plan, policy, START_MS, target, verdict } from './records.ts';

const RULE1 = attribution();
const BOTH = attribution({ policies: [policy('rule1'), policy('rule2')] });
const DENY = attribution({ grade: 'default-deny', policies: [], isolatedBy: [policy('rule1')] });

/** What a group is, without its numbers. */
function partsOf(row: GroupRow): unknown[] {
  return GROUP_FIELDS.flatMap((field) => {
    switch (field) {
      case 'policy':
        return row.policy?.name ?? [];
      case 'direction':
        return row.direction;
      case 'peer':
        return row.peer?.identity ?? [];
      case 'port':
        return row.port ? `${row.port.port}/${row.port.protocol}` : [];
      case 'pod':
        return row.pod?.name ?? [];
      case 'action':
      case 'match':
      case 'node':
        return row[field] ?? [];
    }
  });
}

it('calls an endpoint that nobody looked up by the pod that its agent tells, for as long as it does', () => {
  const aggregator = makeAggregator({ groupBy: ['pod'] });
  const stream = aggregator.addStream(plan('all'));
  const mode = { endpoint: 733, namespace: 'default', audits: false, enforced: { ingress: true, egress: false } };
  for (const pod of ['old', 'old', null, 'new']) {
    stream.mode({ ...mode, pod });
    stream.record(verdict(), RULE1, START_MS + 1000);
  }
  const { groups } = aggregator.summary(START_MS + 10_000);
  expect(groups?.rows.map(({ pod, allowed }) => [pod?.name, allowed])).toEqual([
    ['old', 2],
    ['new', 1],
    [null, 1],
  ]);
});

describe('each field', () => {
  it.each([
    ['policy', ['rule1', 'ingress'], { allowed: 2, denied: 0 }],
    ['direction', ['ingress'], { allowed: 2, denied: 1 }],
    ['peer', ['ingress', 12530], { allowed: 2, denied: 0 }],
    ['port', ['ingress', '80/TCP'], { allowed: 2, denied: 0 }],
    ['action', ['ingress', 'allow'], { allowed: 2, denied: 0 }],
    ['match', ['ingress', 'L3-L4'], { allowed: 2, denied: 0 }],
    ['node', ['ingress', 'n1'], { allowed: 2, denied: 1 }],
    ['pod', ['ingress', 'pod-733'], { allowed: 2, denied: 1 }],
  ] as const)('%s', (field, parts, counts) => {
    const aggregator = makeAggregator({ groupBy: [field] });
    const stream = aggregator.addStream(plan());
    stream.record(verdict(), RULE1, START_MS + 1000);
    stream.record(verdict({ flowKey: 2 }), RULE1, START_MS + 2000);
    const refused = { action: 'deny', match: 'none', remoteIdentity: 2371, destinationPort: 443 } as const;
    stream.record(verdict(refused), DENY, START_MS + 3000);
    stream.record(verdict({ direction: 'egress', action: 'redirect' }), RULE1, START_MS + 4000);
    const { groups } = aggregator.summary(START_MS + 10_000);
    expect(groups?.by).toEqual([field]);
    const row = groups?.rows.find((each) => JSON.stringify(partsOf(each)) === JSON.stringify(parts));
    expect(row).toMatchObject({ ...counts, other: false, shared: 0 });
    expect(row).toMatchObject({ firstSeen: '2026-11-20T12:00:01.000Z' });
    expect(groups?.rows.filter(({ direction }) => direction === 'egress')).toMatchObject([{ redirected: 1 }]);
  });
});

it('a verdict that two policies made is in a group of each, and once where policies are not asked for', () => {
  const aggregator = makeAggregator({ groupBy: ['policy'] });
  aggregator.addStream(plan()).record(verdict(), BOTH, START_MS);
  expect(aggregator.summary(START_MS).groups?.rows).toMatchObject([
    { policy: { name: 'rule1' }, allowed: 1, shared: 1 },
    { policy: { name: 'rule2' }, allowed: 1, shared: 1 },
  ]);
  const byPort = makeAggregator({ groupBy: ['port'] });
  byPort.addStream(plan()).record(verdict(), BOTH, START_MS);
  expect(byPort.summary(START_MS).groups?.rows).toMatchObject([{ allowed: 1, shared: 0 }]);
});

it('a verdict that one of two policies made is marked in the group of each', () => {
  const aggregator = makeAggregator({ groupBy: ['policy'] });
  const stream = aggregator.addStream(plan());
  stream.record(verdict(), attribution({ policies: [policy('rule1'), policy('rule2')], ambiguous: true }), START_MS);
  stream.record(verdict(), RULE1, START_MS);
  expect(aggregator.summary(START_MS).groups?.rows).toMatchObject([
    { policy: { name: 'rule1' }, allowed: 2, ambiguous: 1 },
    { policy: { name: 'rule2' }, allowed: 1, ambiguous: 1 },
  ]);
});

it('what is known in two ways is one group', () => {
  const aggregator = makeAggregator({ groupBy: ['policy'] });
  const stream = aggregator.addStream(plan());
  stream.record(verdict(), RULE1, START_MS);
  stream.record(verdict(), attribution({ grade: 'correlated' }), START_MS);
  expect(aggregator.summary(START_MS)).toMatchObject({ policies: [{}, {}], groups: { rows: [{ allowed: 2 }] } });
});

it('what does not fit is counted in one group for each direction that says so', () => {
  const aggregator = makeAggregator({ groupBy: ['peer'], limits: { groups: 2 } });
  const stream = aggregator.addStream(plan());
  for (let identity = 1000; identity < 1010; identity += 1)
    stream.record(verdict({ remoteIdentity: identity, action: 'deny', flowKey: identity % 5 }), DENY, START_MS);
  expect(aggregator.summary(START_MS).groups?.rows).toMatchObject([
    { peer: { identity: 1000 }, denied: 1, attempts: 1, other: false },
    { peer: { identity: 1001 }, denied: 1, attempts: 1, other: false },
    { peer: null, denied: 8, attempts: 5, other: true },
  ]);
});

it('more flows than are told apart are a reason to be partial', () => {
  const aggregator = makeAggregator({ groupBy: ['peer', 'port'], limits: { flows: 10 } });
  const stream = aggregator.addStream(plan());
  for (let flowKey = 1; flowKey < 100; flowKey += 1)
    stream.record(verdict({ action: 'deny', flowKey }), DENY, START_MS);
  expect(aggregator.summary(START_MS).completeness).toMatchObject({ reasons: ['not-streaming', 'too-many-flows'] });
});

const someVerdict = fc.record({
  endpoint: fc.constantFrom(733, 734),
  direction: fc.constantFrom('ingress', 'egress'),
  action: fc.constantFrom('allow', 'deny', 'redirect', 'audit'),
  audit: fc.boolean(),
  remoteIdentity: fc.constantFrom(null, 2, 12530, 16777220),
  protocol: fc.constantFrom('TCP', 'UDP'),
  match: fc.constantFrom('none', 'L3-L4', 'all'),
  destinationPort: fc.constantFrom(null, 80, 443),
  flowKey: fc.integer({ min: 1, max: 4 }),
} satisfies { [Name in keyof Partial<Verdict>]: fc.Arbitrary<Verdict[Name]> });

describe('groups of any fields in any order', () => {
  it('add up to the totals, and are as many as there are different ones', () => {
    const fields = fc.shuffledSubarray([...GROUP_FIELDS], { minLength: 1 });
    const records = fc.array(fc.tuple(someVerdict, fc.constantFrom('n1', 'n2'), fc.constantFrom(RULE1, DENY)), {
      maxLength: 40,
    });
    fc.assert(
      fc.property(fields, records, (groupBy, given) => {
        const aggregator = makeAggregator({ groupBy });
        const targets = [target(733), target(734)];
        const streams = { n1: aggregator.addStream(plan(targets)), n2: aggregator.addStream(plan(targets, 'n2')) };
        for (const [changes, node, answer] of given) streams[node].record(verdict(changes), answer, START_MS);
        const summary = aggregator.summary(START_MS);
        const rows = summary.groups?.rows ?? [];
        for (const direction of ['ingress', 'egress'] as const) {
          const inDirection = rows.filter((row) => row.direction === direction);
          const sum = (name: 'allowed' | 'redirected' | 'audited' | 'denied') =>
            inDirection.reduce((total, row) => total + row[name], 0);
          const { allowed, redirected, audited, denied } = summary.totals[direction];
          expect({
            allowed: sum('allowed'),
            redirected: sum('redirected'),
            audited: sum('audited'),
            denied: sum('denied'),
          }).toEqual({ allowed, redirected, audited, denied });
        }
        // The naive way: a text for each verdict.
        const texts = given.map(([changes, node, answer]) => {
          const { endpoint, direction, action, audit, remoteIdentity, protocol, match, destinationPort } = changes;
          const outcome = audit && action !== 'deny' ? 'audit' : action;
          const peer = remoteIdentity === 16777220 ? `${remoteIdentity} ${node}` : remoteIdentity;
          const all = {
            ...{ policy: answer === RULE1, direction, peer, port: `${destinationPort} ${protocol}` },
            ...{ action: outcome, match, node, pod: `${endpoint} ${node}` },
          };
          return JSON.stringify([direction, ...groupBy.map((field) => all[field])]);
        });
        expect(rows).toHaveLength(new Set(texts).size);
      }),
    );
  });
});
