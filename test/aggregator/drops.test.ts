/** Drops and requests beside verdicts: what is counted, and that one packet is not told twice. */
import { describe, expect, it } from 'vitest';
import type { MonitorRecord } from '../../src/model/event.ts';
import type { Summary } from '../../src/model/summary.ts';
import { attribution, drop, makeAggregator, plan, policy, request, START_MS, target, verdict } from './records.ts';

const DENY = attribution({ grade: 'default-deny', policies: [], isolatedBy: [policy('rule1')] });
const refused = (flowKey: number) => verdict({ action: 'deny', match: 'none', remoteIdentity: 2371, flowKey });

function counted(records: readonly (readonly [MonitorRecord, number])[], targets = [target(733)]): Summary {
  const aggregator = makeAggregator();
  const stream = aggregator.addStream(plan(targets));
  for (const [record, ms] of records)
    stream.record(record, record.type === 'policy-verdict' ? DENY : null, START_MS + ms);
  return aggregator.summary(START_MS + 60_000);
}

const sizes = (summary: Summary) =>
  summary.drops.map(({ reason, code, direction, packets, alsoDenied }) => [
    reason,
    code,
    direction,
    packets,
    alsoDenied,
  ]);
const learnt = (summary: Summary) => summary.policies.map(({ denied, drops }) => ({ denied, drops }));

describe('a policy drop and its verdict', () => {
  const joined = { denied: 1, drops: [{ reason: 'Policy denied', code: 133, packets: 1 }] };

  it('are one packet: the verdict learns the code, the drop the direction', () => {
    const summary = counted([
      [refused(1), 0],
      [drop(), 1],
    ]);
    expect(sizes(summary)).toEqual([['Policy denied', 133, 'ingress', 1, 1]]);
    expect(learnt(summary)).toEqual([joined]);
    expect(summary.drops[0]?.peers).toEqual([{ identity: 2371, name: null, packets: 1 }]);
    expect(summary.records).toMatchObject({ received: 2, counted: 2 });
  });

  it('meet in whichever order they are read', () => {
    const summary = counted([
      [refused(9), 0],
      [drop({ flowKey: 9 }), 1],
      [drop({ flowKey: 7 }), 5],
      [refused(7), 6],
    ]);
    expect(sizes(summary)).toEqual([['Policy denied', 133, 'ingress', 2, 2]]);
    expect(learnt(summary)).toEqual([{ denied: 2, drops: [{ reason: 'Policy denied', code: 133, packets: 2 }] }]);
  });

  it.each<[string, Parameters<typeof counted>[0], number]>([
    [
      'another flow',
      [
        [refused(1), 0],
        [drop({ flowKey: 2 }), 1],
      ],
      0,
    ],
    [
      'a moment that is over',
      [
        [refused(1), 0],
        [drop({ flowKey: 2 }), 1],
        [drop(), 2500],
      ],
      0,
    ],
    [
      'each verdict once',
      [
        [refused(1), 0],
        [drop(), 1],
        [drop(), 2],
      ],
      1,
    ],
    [
      'every retransmission',
      [
        [refused(1), 0],
        [refused(1), 1],
        [drop(), 2],
        [drop(), 3],
      ],
      2,
    ],
    [
      'another reason',
      [
        [refused(1), 0],
        [drop({ reason: 'CT: Map insertion failed', reasonCode: 155 }), 1],
      ],
      0,
    ],
    [
      'the words of 1.6',
      [
        [refused(1), 0],
        [drop({ reason: 'Policy denied (L3)', reasonCode: null }), 1],
      ],
      1,
    ],
    [
      'a packet that nobody described',
      [
        [refused(0), 0],
        [drop({ flowKey: 0 }), 1],
      ],
      0,
    ],
  ])('join by %s', (_what, records, alsoDenied) => {
    const summary = counted(records);
    expect(summary.drops.reduce((sum, row) => sum + row.alsoDenied, 0)).toBe(alsoDenied);
    expect(summary.drops.reduce((sum, row) => sum + row.packets, 0)).toBe(
      records.filter(([{ type }]) => type === 'drop').length,
    );
  });
});

describe('whose drop it is', () => {
  const pod = { ...target(425), addresses: ['10.244.0.111'] };
  it.each([
    ['the endpoint that it was for', drop({ endpoint: 425, source: null }), 1],
    ['the endpoint that sent', drop({ endpoint: 0, sourceEndpoint: 425 }), 1],
    ['the address that sent', drop({ endpoint: 0, source: { ip: '10.244.0.111', port: null } }), 1],
    ['another endpoint', drop({ endpoint: 733, source: null }), 0],
    ['another sender with such an address', drop({ endpoint: 0, sourceEndpoint: 9 }), 0],
  ])('by %s', (_what, record, packets) => {
    const summary = counted([[record, 0]], [pod]);
    expect(summary.drops.length).toBe(packets);
    expect(summary.records.ignored).toEqual(packets === 1 ? {} : { 'other-endpoint': 1 });
  });
});

it('reasons and peers that do not fit are folded, and no packet is lost', () => {
  const records = Array.from({ length: 1000 }, (_, at): [MonitorRecord, number] => [
    drop({ reason: `reason ${at}`, reasonCode: null, sourceIdentity: 1000 + at }),
    at,
  ]);
  const { drops } = counted(records);
  expect(drops.length).toBe(301);
  expect(drops.find(({ reason }) => reason === 'other')).toMatchObject({ packets: 700 });
  const summed = drops.flatMap(({ peers }) => peers).reduce((sum, { packets }) => sum + packets, 0);
  expect(summed).toBe(1000);
});

describe('requests', () => {
  it('are counted by what became of them, and responses apart', () => {
    const aggregator = makeAggregator();
    const stream = aggregator.addStream(plan());
    const rule = attribution({ grade: 'datapath', policies: [policy('l7-rule')] });
    stream.record(request(), rule, START_MS);
    stream.record(request({ flowType: 'Response' }), rule, START_MS + 10);
    stream.record(request({ verdict: 'Denied', flowType: 'Response' }), rule, START_MS + 20);
    stream.record(request({ verdict: 'Error' }), null, START_MS + 30);
    stream.record(request({ direction: 'egress' }), null, START_MS + 40);
    const { l7, records } = aggregator.summary(START_MS + 1000);
    expect(l7).toMatchObject([
      { policy: { name: 'l7-rule' }, protocol: 'http', forwarded: 1, denied: 1, responses: 1, errors: 0 },
      { policy: null, forwarded: 0, denied: 0, errors: 1, direction: 'ingress' },
    ]);
    expect(records).toMatchObject({ received: 5, counted: 4, ignored: { 'other-endpoint': 1 } });
  });
});
