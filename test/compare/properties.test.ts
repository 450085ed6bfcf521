/** What holds for any two summaries: the same is no difference, and which side is which changes only the words. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareSummaries } from '../../src/compare/compare.ts';
import { type Change, type ComparedRow, type CompareInput, CRITERIA, type Criterion } from '../../src/model/compare.ts';
import { row } from '../report/summaries.ts';
import { PARTIAL, side } from './sides.ts';

const count = fc.nat({ max: 40 });
const name = fc.constantFrom('default/a', 'default/b', 'world', null);
const direction = fc.constantFrom('ingress' as const, 'egress' as const);

const peer = fc.record({
  identity: fc.option(fc.constantFrom(2, 300, 301, 16777217)),
  name,
  labels: fc.constantFrom([], ['k8s:app=a'], ['k8s:app=b']),
  allowed: count,
  denied: count,
});
const port = fc.record({
  protocol: fc.constantFrom('TCP', 'UDP', 'ICMP'),
  port: fc.option(fc.constantFrom(53, 80)),
  allowed: count,
  denied: count,
});

const rows: fc.Arbitrary<ComparedRow> = fc
  .record({
    policy: fc.record({
      kind: fc.constantFrom(null, 'CiliumNetworkPolicy' as const, 'NetworkPolicy' as const),
      namespace: fc.constantFrom(null, 'default'),
      name: fc.constantFrom('rule1', 'rule2', 'implicit-default-deny', 'other'),
    }),
    attribution: fc.constantFrom('derived' as const, 'default-deny' as const, 'unattributed' as const),
    direction,
    allowed: count,
    redirected: count,
    audited: count,
    denied: count,
    attempts: count,
    peers: fc.array(peer, { maxLength: 4 }),
    ports: fc.array(port, { maxLength: 3 }),
  })
  .map((changes) => row(changes));

const requests = fc.record({
  policy: fc.constant(null),
  direction: fc.option(direction),
  protocol: fc.constantFrom('http', 'dns'),
  forwarded: count,
  denied: count,
  redirected: count,
});

const groups = fc.record({
  by: fc.constantFrom(['peer', 'port'], ['policy', 'peer', 'port'], ['peer']),
  rows: fc.array(
    fc.record({
      direction,
      peer: fc.option(fc.record({ identity: fc.option(fc.constantFrom(2, 300)), name, labels: fc.constant([]) })),
      port: fc.option(fc.record({ protocol: fc.constantFrom('TCP', 'UDP'), port: fc.constantFrom(53, 80) })),
      other: fc.constantFrom(false, false, false, true),
      allowed: count,
      redirected: count,
      audited: count,
      denied: count,
      attempts: count,
    }),
    { maxLength: 4 },
  ),
});

const summary: fc.Arbitrary<CompareInput> = fc
  .record({
    policies: fc.array(rows, { maxLength: 5 }),
    drops: fc.array(fc.record({ reason: fc.constantFrom('x', 'y'), direction: fc.option(direction), packets: count })),
    l7: fc.array(requests, { maxLength: 3 }),
    groups: fc.option(groups),
    omittedRows: fc.constantFrom(0, 0, 2),
    isPartial: fc.boolean(),
    types: fc.constantFrom(null, ['policy-verdict'], ['policy-verdict', 'drop', 'l7']),
    seconds: fc.constantFrom(1, 10, 60),
  })
  .map(({ policies, isPartial, types, seconds, ...rest }) => {
    const made = side(policies);
    return {
      ...made,
      ...rest,
      window: { ...made.window, seconds },
      source: { ...made.source, types },
      completeness: isPartial ? PARTIAL : made.completeness,
    };
  });

function compare(before: CompareInput, after: CompareInput, failOn: readonly Criterion[] = []) {
  return compareSummaries({ input: 'a', summary: before }, { input: 'b', summary: after }, failOn);
}

describe('a summary and itself', () => {
  it('differ in nothing', () => {
    fc.assert(
      fc.property(summary, (each) => {
        const report = compare(each, each, CRITERIA);
        expect(report.changes).toEqual([]);
        expect(report.drops).toEqual([]);
        expect(report.policies.every(({ change, isCertain }) => change === 'same' || !isCertain)).toBe(true);
        expect(['unbroken', 'unknown']).toContain(report.verdict);
        expect(report.failOn.every(({ found, judgement }) => found === 0 && judgement !== 'failed')).toBe(true);
      }),
    );
  });
});

const MIRRORED: Readonly<Record<Change, Change>> = {
  'became-denied': 'became-allowed',
  'partly-denied': 'no-longer-denied',
  'denied-instead': 'allowed-instead',
  'no-longer-allowed': 'partly-allowed',
  'became-allowed': 'became-denied',
  'allowed-instead': 'denied-instead',
  'partly-allowed': 'no-longer-allowed',
  'no-longer-denied': 'partly-denied',
  'became-audited': 'no-longer-audited',
  'no-longer-audited': 'became-audited',
  new: 'gone',
  gone: 'new',
};
const OPPOSITE: readonly (readonly [Criterion, Criterion])[] = [
  ['became-denied', 'became-allowed'],
  ['new-denied', 'gone-denied'],
  ['new-allowed', 'gone-allowed'],
  ['new-policy', 'gone-policy'],
  ['new-peer', 'gone-peer'],
  ['new-drop', 'gone-drop'],
];

describe('the other way round', () => {
  it('the same things changed, in the other direction', () => {
    fc.assert(
      fc.property(summary, summary, (a, b) => {
        const there = compare(a, b);
        const back = compare(b, a);
        const key = (credits: unknown, others: unknown, kind: string) => JSON.stringify([credits, others, kind]);
        const found = new Map(back.changes.map((each) => [key(each.after, each.before, each.subject.kind), each]));
        expect(there.changes.length).toBe(back.changes.length);
        for (const each of there.changes) {
          const mirrored = found.get(key(each.before, each.after, each.subject.kind));
          expect(mirrored).toBeDefined();
          if (mirrored !== undefined) expect(mirrored.change).toBe(MIRRORED[each.change]);
        }
        expect(there.unchanged).toEqual(back.unchanged);
        expect(there.policies.length).toBe(back.policies.length);
      }),
    );
  });

  it('what is new for one is gone for the other', () => {
    fc.assert(
      fc.property(summary, summary, (a, b) => {
        for (const [criterion, opposite] of OPPOSITE) {
          const [there] = compare(a, b, [criterion]).failOn;
          const [back] = compare(b, a, [opposite]).failOn;
          expect({ ...there, criterion }).toEqual({ ...back, criterion });
        }
      }),
    );
  });
});
