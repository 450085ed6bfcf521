/** What would be denied: by which policy, for whom, first and last; and where audit mode is on. */
import { describe, expect, it } from 'vitest';
import { accountedFor, attribution, makeAggregator, plan, policy, START_MS, target, verdict } from './records.ts';

const DENY = attribution({ grade: 'default-deny', policies: [], isolatedBy: [policy('rule1')] });
const DENY_RULE = attribution({ policies: [policy('no-xwings')] });
const BOTH = attribution({ policies: [policy('no-xwings'), policy('no-wings')] });
const audited = (remoteIdentity: number, destinationPort: number) =>
  verdict({ action: 'audit', audit: true, match: 'none', remoteIdentity, destinationPort });

describe('what would be denied', () => {
  it('is told by policy, peer and port, with its times', () => {
    const aggregator = makeAggregator({ audit: true });
    const stream = aggregator.addStream(plan());
    stream.record(audited(2371, 80), DENY, START_MS + 1000);
    stream.record(audited(2371, 80), DENY, START_MS + 5000);
    stream.record(audited(2371, 443), DENY, START_MS + 3000);
    stream.record(audited(999, 80), DENY_RULE, START_MS + 2000);
    stream.record(verdict(), attribution(), START_MS + 6000);
    stream.record(verdict({ action: 'deny' }), DENY, START_MS + 7000);
    const summary = aggregator.summary(START_MS + 10_000);
    expect(accountedFor(summary)).toBe(true);
    expect(summary.audit?.wouldDeny).toMatchObject([
      {
        policy: { name: 'implicit-default-deny' },
        attribution: 'default-deny',
        isolatedBy: [{ name: 'rule1' }],
        direction: 'ingress',
        ...{ connections: 3, refused: 0 },
        ...{ firstSeen: '2026-11-20T12:00:01.000Z', lastSeen: '2026-11-20T12:00:05.000Z' },
        peers: [
          {
            ...{ identity: 2371, port: { protocol: 'TCP', port: 80 }, connections: 2 },
            ...{ firstSeen: '2026-11-20T12:00:01.000Z', lastSeen: '2026-11-20T12:00:05.000Z' },
          },
          { identity: 2371, port: { protocol: 'TCP', port: 443 }, connections: 1 },
        ],
      },
      { policy: { name: 'no-xwings' }, connections: 1, peers: [{ identity: 999 }] },
    ]);
  });

  it('is told of each policy that would', () => {
    const aggregator = makeAggregator({ audit: true });
    aggregator.addStream(plan()).record(audited(2371, 80), BOTH, START_MS);
    expect(aggregator.summary(START_MS).audit?.wouldDeny.map((row) => [row.policy.name, row.connections])).toEqual([
      ['no-wings', 1],
      ['no-xwings', 1],
    ]);
  });

  it('is no connection where the patched Cilium refused it in audit mode', () => {
    const aggregator = makeAggregator({ audit: true });
    const stream = aggregator.addStream(plan());
    stream.record(verdict({ action: 'deny', audit: true }), DENY, START_MS);
    stream.record(verdict({ action: 'allow', audit: true }), DENY, START_MS);
    expect(aggregator.summary(START_MS).audit?.wouldDeny).toMatchObject([{ connections: 1, refused: 1 }]);
  });

  it('is folded where peers and ports are too many', () => {
    const aggregator = makeAggregator({ audit: true, limits: { peersPerRow: 2 } });
    const stream = aggregator.addStream(plan());
    for (let port = 1; port <= 10; port += 1) stream.record(audited(2371, port), DENY, START_MS);
    const [row] = aggregator.summary(START_MS).audit?.wouldDeny ?? [];
    expect(row?.peers).toMatchObject([
      { port: { port: 1 }, connections: 1 },
      { port: { port: 2 }, connections: 1 },
      { name: 'other', port: null, connections: 8 },
    ]);
    expect(row?.connections).toBe(10);
  });

  it('is absent where nobody asks', () => {
    expect(makeAggregator().summary(START_MS)).not.toHaveProperty('audit');
  });
});

describe('endpoints', () => {
  const mode = (endpoint: number, audits: boolean, ingress = true) => ({
    ...{ endpoint, namespace: 'default', pod: `pod-${endpoint}`, audits, enforced: { ingress, egress: false } },
  });

  it('are told by their mode, as the agent told at last', () => {
    const aggregator = makeAggregator({ audit: true });
    const stream = aggregator.addStream(plan([733, 734, 735, 736, null].map(target)));
    stream.mode(mode(733, false));
    stream.mode(mode(733, true));
    stream.mode(mode(734, false));
    stream.mode(mode(735, true, false));
    stream.mode(mode(999, true));
    expect(aggregator.summary(START_MS).audit?.endpoints).toEqual({
      audited: [{ namespace: 'default', pod: 'pod-733', node: 'n1', endpoint: 733, directions: ['ingress'] }],
      ...{ enforced: 1, open: 1, unknown: 2 },
    });
  });

  it('of a whole node are those that the agent tells of', () => {
    const aggregator = makeAggregator({ audit: true });
    aggregator.addStream(plan('all')).mode(mode(999, true));
    expect(aggregator.summary(START_MS).audit?.endpoints).toMatchObject({ audited: [{ endpoint: 999 }], unknown: 0 });
  });

  it('of a file nobody tells', () => {
    const aggregator = makeAggregator({ audit: true, source: 'file' });
    aggregator.addStream(null);
    expect(aggregator.summary(START_MS).audit).toEqual({ endpoints: null, wouldDeny: [] });
  });
});
