/** Which number a verdict belongs to, and which rows. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Verdict } from '../../src/model/event.ts';
import {
  accountedFor,
  attribution,
  drop,
  makeAggregator,
  plan,
  policy,
  request,
  rowsOf,
  START_MS,
  target,
  verdict,
} from './records.ts';

const RULE1 = attribution();
const DENY = attribution({
  grade: 'default-deny',
  policies: [{ kind: null, namespace: null, name: 'implicit-default-deny' }],
  isolatedBy: [policy('rule1')],
});

describe('outcomes', () => {
  it.each<[Partial<Verdict>, Record<string, number>]>([
    [{ action: 'allow' }, { allowed: 1 }],
    [{ action: 'allow', audit: true }, { audited: 1 }],
    [{ action: 'redirect' }, { redirected: 1 }],
    [{ action: 'redirect', audit: true }, { audited: 1 }],
    [{ action: 'audit', audit: true }, { audited: 1 }],
    [{ action: 'deny' }, { denied: 1, attempts: 1 }],
    [
      { action: 'deny', audit: true },
      { denied: 1, attempts: 1, deniedInAuditMode: 1 },
    ],
  ])('%j counts as %j', (changes, expected) => {
    const aggregator = makeAggregator();
    aggregator.addStream(plan()).record(verdict(changes), RULE1, START_MS);
    const summary = aggregator.summary(START_MS + 1000);
    expect(rowsOf(summary)).toEqual([['rule1:ingress', expected]]);
    expect({ deniedInAuditMode: 0, ...summary.totals.ingress }).toMatchObject({ ...expected, deniedInAuditMode: 0 });
    expect(summary.totals.egress.allowed).toBe(0);
  });
});

describe('attempts', () => {
  it('three clients with seven SYNs each are 21 packets and 3 attempts', () => {
    const aggregator = makeAggregator();
    const stream = aggregator.addStream(plan());
    for (let packet = 0; packet < 21; packet += 1)
      stream.record(verdict({ action: 'deny', flowKey: packet % 3 }), DENY, START_MS);
    expect(rowsOf(aggregator.summary(START_MS))).toEqual([
      ['implicit-default-deny:ingress', { denied: 21, attempts: 3 }],
    ]);
  });

  it('stay a lower bound where flows are more than may be remembered', () => {
    const aggregator = makeAggregator({ limits: { flows: 100 } });
    const stream = aggregator.addStream(plan());
    for (let flowKey = 0; flowKey < 1000; flowKey += 1)
      stream.record(verdict({ action: 'deny', flowKey }), DENY, START_MS);
    const { totals } = aggregator.summary(START_MS);
    expect(totals.ingress).toMatchObject({ denied: 1000, attempts: 100 });
  });

  it('are as many as a set says, whatever the flows', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ flowKey: fc.integer({ min: 0, max: 2 ** 52 }), egress: fc.boolean() }), {
          maxLength: 3000,
        }),
        (flows) => {
          const aggregator = makeAggregator();
          const stream = aggregator.addStream(plan());
          for (const { flowKey, egress } of [...flows, ...flows]) {
            stream.record(
              verdict({ action: 'deny', flowKey, direction: egress ? 'egress' : 'ingress' }),
              DENY,
              START_MS,
            );
          }
          const { totals } = aggregator.summary(START_MS);
          const distinct = (egress: boolean) =>
            new Set(flows.filter((flow) => flow.egress === egress).map(({ flowKey }) => flowKey)).size;
          expect([totals.ingress.attempts, totals.egress.attempts]).toEqual([distinct(false), distinct(true)]);
        },
      ),
      { numRuns: 50 },
    );
  });
});

describe('rows', () => {
  it('are per policy and direction; a shared verdict is credited to each policy and counted once', () => {
    const aggregator = makeAggregator();
    const stream = aggregator.addStream(plan());
    const both = attribution({ policies: [policy('rule1'), policy('rule2')] });
    stream.record(verdict(), RULE1, START_MS);
    stream.record(verdict(), both, START_MS);
    stream.record(verdict({ action: 'deny', flowKey: 9 }), both, START_MS);
    stream.record(verdict({ direction: 'egress' }), RULE1, START_MS);
    const summary = aggregator.summary(START_MS);
    expect(rowsOf(summary)).toEqual([
      ['rule1:ingress', { allowed: 2, denied: 1, attempts: 1, shared: 2 }],
      ['rule2:ingress', { allowed: 1, denied: 1, attempts: 1, shared: 2 }],
      ['rule1:egress', { allowed: 1 }],
    ]);
    expect(summary.totals.ingress).toEqual({ allowed: 2, redirected: 0, audited: 0, denied: 1, attempts: 1 });
  });

  it('keep policies of the same name, grades, reasons and isolating policies apart', () => {
    const aggregator = makeAggregator();
    const stream = aggregator.addStream(plan());
    const answers = [
      attribution({ policies: [policy('rule1', 'a')] }),
      attribution({ policies: [policy('rule1', 'b')] }),
      attribution({ policies: [policy('rule1', 'a')], grade: 'datapath' }),
      attribution({ policies: [], grade: 'unattributed', reason: 'no-state' }),
      attribution({ policies: [], grade: 'unattributed', reason: 'policy-changed' }),
      DENY,
      { ...DENY, isolatedBy: [policy('other')] },
      null,
    ];
    for (const answer of answers) stream.record(verdict(), answer, START_MS);
    const { policies } = aggregator.summary(START_MS);
    // No answer at all is the same as an endpoint whose state was never read.
    expect(policies).toHaveLength(7);
    expect(
      policies
        .filter(({ policy: { name } }) => name === 'unattributed')
        .map(({ reason, allowed }) => [reason, allowed]),
    ).toEqual([
      ['no-state', 2],
      ['policy-changed', 1],
    ]);
  });

  it('are ordered by denied, allowed, name, direction, in whatever order they came', () => {
    const counts = [
      ['d', 0, 1],
      ['c', 2, 0],
      ['b', 0, 3],
      ['a', 0, 1],
      ['e', 2, 5],
    ] as const;
    fc.assert(
      fc.property(fc.shuffledSubarray([...counts], { minLength: counts.length }), (shuffled) => {
        const aggregator = makeAggregator();
        const stream = aggregator.addStream(plan());
        for (const [name, denied, allowed] of shuffled) {
          const answer = attribution({ policies: [policy(name)] });
          for (let n = 0; n < denied; n += 1) stream.record(verdict({ action: 'deny' }), answer, START_MS);
          for (let n = 0; n < allowed; n += 1) stream.record(verdict(), answer, START_MS);
        }
        expect(
          aggregator
            .summary(START_MS)
            .policies.map((row) => row.policy.name)
            .join(''),
        ).toBe('ecbad');
      }),
    );
  });
});

describe('the account of lines', () => {
  it('ignores verdicts of endpoints that nobody asked about, and follows a change of targets', () => {
    const aggregator = makeAggregator();
    const stream = aggregator.addStream(plan([target(733), target(null)]));
    expect([stream.wants(733), stream.wants(1)]).toEqual([true, false]);
    stream.record(verdict({ endpoint: 1 }), null, START_MS);
    stream.setTargets([target(1)]);
    stream.record(verdict({ endpoint: 1 }), RULE1, START_MS);
    stream.record(verdict({ endpoint: 733 }), null, START_MS);
    stream.setTargets('all');
    stream.record(verdict({ endpoint: 733 }), RULE1, START_MS);
    const summary = aggregator.summary(START_MS);
    expect(summary.records).toMatchObject({ received: 4, counted: 2, ignored: { 'other-endpoint': 2 } });
    expect(accountedFor(summary)).toBe(true);
  });

  it('holds for every mixture of records, and every direction adds up to what was counted', () => {
    const anyRecord = fc.oneof(
      fc
        .record({
          endpoint: fc.constantFrom(1, 733),
          direction: fc.constantFrom('ingress' as const, 'egress' as const),
        })
        .map(verdict),
      fc.record({
        type: fc.constant('lost' as const),
        events: fc.nat(100),
        where: fc.constant('kernel-ring' as const),
        cpu: fc.constant(null),
      }),
      fc.record({ type: fc.constant('agent' as const), notice: fc.string(), text: fc.string() }),
      fc.record({ type: fc.constant('ignored' as const), reason: fc.constantFrom('banner' as const, 'log' as const) }),
      fc.record({
        type: fc.constant('unparsed' as const),
        reason: fc.constant('bad-field' as const),
        line: fc.string({ maxLength: 500 }),
      }),
    );
    fc.assert(
      fc.property(fc.array(anyRecord, { maxLength: 200 }), (records) => {
        const aggregator = makeAggregator();
        const stream = aggregator.addStream(plan());
        for (const record of records) stream.record(record, RULE1, START_MS);
        const summary = aggregator.summary(START_MS + 1);
        expect(accountedFor(summary)).toBe(true);
        expect(summary.records.received).toBe(records.length);
        expect(summary.totals.ingress.allowed + summary.totals.egress.allowed).toBe(summary.records.counted);
        expect(summary.records.unparsedSamples.length).toBeLessThanOrEqual(10);
        expect(summary.completeness.lost).toBe(
          records.reduce((sum, record) => sum + (record.type === 'lost' ? record.events : 0), 0),
        );
      }),
    );
  });
});

describe('a filter', () => {
  it('leaves out what it does not choose, in the account too, after what is about other endpoints', () => {
    const aggregator = makeAggregator({
      filter: { texts: ['--action deny'], chooses: (record) => record.type === 'drop' },
    });
    const stream = aggregator.addStream(plan());
    stream.record(verdict(), RULE1, START_MS);
    stream.record(verdict({ endpoint: 1 }), RULE1, START_MS);
    stream.record(request(), null, START_MS);
    stream.record(drop(), null, START_MS);
    const summary = aggregator.summary(START_MS);
    expect(summary.records).toMatchObject({ received: 4, counted: 1, ignored: { filter: 2, 'other-endpoint': 1 } });
    expect(accountedFor(summary)).toBe(true);
    expect(summary).toMatchObject({ policies: [], l7: [], drops: [{ packets: 1 }] });
    expect(summary.source.filters).toEqual(['--action deny']);
  });
});

describe('a filter by name', () => {
  it('that cannot be answered makes the numbers lower bounds', () => {
    const aggregator = makeAggregator({ filter: { texts: ['--peer class=xwing'], chooses: () => null } });
    const stream = aggregator.addStream(plan());
    stream.state('streaming');
    stream.record(verdict(), RULE1, START_MS);
    const summary = aggregator.summary(START_MS);
    expect(summary.records).toMatchObject({ received: 1, counted: 0, ignored: { 'unnamed-peer': 1 } });
    expect(summary.completeness).toMatchObject({ status: 'partial', reasons: ['unnamed-peers'] });
    expect(accountedFor(summary)).toBe(true);
  });
});
