/** What a summary says beside the counts: peers, ports, rates, times; bounded, ordered and immutable. */
import { describe, expect, it } from 'vitest';
import type { IdentityName } from '../../src/model/cluster.ts';
import { attribution, makeAggregator, plan, policy, START_MS, target, verdict } from './records.ts';

const RULE1 = attribution();

describe('peers and ports', () => {
  it('are named when asked, the busiest first', () => {
    const aggregator = makeAggregator({
      identityName: (identity) => (identity === 2 ? { identity, name: 'world', labels: ['reserved:world'] } : null),
    });
    const stream = aggregator.addStream(plan());
    stream.record(verdict(), RULE1, START_MS);
    stream.record(verdict({ remoteIdentity: null, protocol: 'ICMP', destinationPort: null }), RULE1, START_MS);
    for (const action of ['deny', 'redirect', 'audit'] as const) {
      stream.record(verdict({ remoteIdentity: 2, destinationPort: 443, action }), RULE1, START_MS);
    }
    const [row] = aggregator.summary(START_MS).policies;
    expect(row?.peers).toEqual([
      { identity: 2, name: 'world', labels: ['reserved:world'], allowed: 2, denied: 1 },
      { identity: null, name: 'unknown', labels: [], allowed: 1, denied: 0 },
      { identity: 12530, name: null, labels: [], allowed: 1, denied: 0 },
    ]);
    expect(row?.ports).toEqual([
      { protocol: 'TCP', port: 443, allowed: 2, denied: 1 },
      { protocol: 'ICMP', port: null, allowed: 1, denied: 0 },
      { protocol: 'TCP', port: 80, allowed: 1, denied: 0 },
    ]);
  });

  it('keeps identities that are local to a node apart, and asks for their names with the node', () => {
    const asked: unknown[] = [];
    const aggregator = makeAggregator({
      identityName: (identity, node) => {
        asked.push([identity, node]);
        return { identity, name: node ?? 'any', labels: [] };
      },
    });
    const local = 16_777_217;
    for (const node of ['n1', 'n2']) {
      const stream = aggregator.addStream(plan('all', node));
      stream.record(verdict({ remoteIdentity: local }), RULE1, START_MS);
      stream.record(verdict({ remoteIdentity: local }), RULE1, START_MS);
      stream.record(verdict({ remoteIdentity: 300 }), RULE1, START_MS);
    }
    // At once and once: who is asked later may be an agent that gives the number to another.
    expect(asked).toEqual([
      [local, 'n1'],
      [local, 'n2'],
    ]);
    const names = aggregator.summary(START_MS).policies[0]?.peers.map(({ name, allowed }) => [name, allowed]);
    expect(names).toEqual([
      ['any', 2],
      ['n1', 2],
      ['n2', 2],
    ]);
    expect(asked).toContainEqual([local, 'n2']);
  });

  it('that one node has more of than anybody looks at are not all asked for', () => {
    const asked = new Set<number>();
    const aggregator = makeAggregator({
      identityName: (identity) => {
        asked.add(identity);
        return null;
      },
    });
    const stream = aggregator.addStream(plan('all', 'n1'));
    for (let peer = 0; peer < 20_000; peer += 1)
      stream.record(verdict({ remoteIdentity: (1 << 24) + peer }), RULE1, START_MS);
    expect(aggregator.summary(START_MS).totals.ingress.allowed).toBe(20_000);
    expect(asked.size).toBeGreaterThan(1_000);
    expect(asked.size).toBeLessThan(6_000);
  });

  it('come with the nodes that told of them, each once, and with none for a file', () => {
    const aggregator = makeAggregator();
    const streams = ['n2', 'n1'].map((node) => aggregator.addStream(plan('all', node)));
    for (const stream of [...streams, ...streams]) stream.record(verdict(), RULE1, START_MS);
    expect(aggregator.summary(START_MS).policies[0]?.nodes).toEqual(['n1', 'n2']);
    const offline = makeAggregator();
    offline.addStream(null).record(verdict(), RULE1, START_MS);
    expect(offline.summary(START_MS).policies[0]?.nodes).toEqual([]);
  });

  it('that meant several in turn are called by all of them, with the labels that they share', () => {
    let name: IdentityName = { identity: 300, name: 'default/xwing', labels: ['k8s:class=xwing', 'k8s:tier=web'] };
    let version = 0;
    const aggregator = makeAggregator({ identityName: () => name, namesVersion: () => version });
    aggregator.addStream(plan()).record(verdict({ remoteIdentity: 300 }), RULE1, START_MS);
    const peer = () => aggregator.summary(START_MS).policies[0]?.peers[0];
    expect(peer()).toMatchObject({ name: 'default/xwing', labels: ['k8s:class=xwing', 'k8s:tier=web'] });
    name = { identity: 300, name: 'shop/cart', labels: ['k8s:app=cart', 'k8s:tier=web'], formerly: [name] };
    version += 1;
    expect(peer()).toMatchObject({ name: 'default/xwing, later shop/cart', labels: ['k8s:tier=web'] });
  });

  it('fold what does not fit, without losing a count', () => {
    const aggregator = makeAggregator({ limits: { peersPerRow: 3, portsPerRow: 2, rows: 2 } });
    const stream = aggregator.addStream(plan());
    for (let n = 0; n < 100; n += 1)
      stream.record(verdict({ remoteIdentity: 1000 + n, destinationPort: n }), RULE1, START_MS);
    for (let n = 0; n < 9; n += 1)
      stream.record(verdict(), attribution({ policies: [policy(`p${n}`), policy(`q${n}`)] }), START_MS);
    const { policies, totals } = aggregator.summary(START_MS);
    expect(policies[0]?.peers).toHaveLength(4);
    expect(policies[0]?.peers.at(-1)).toEqual({ identity: null, name: 'other', labels: [], allowed: 97, denied: 0 });
    expect(policies[0]?.ports.at(-1)).toEqual({ protocol: 'other', port: null, allowed: 98, denied: 0 });
    expect(policies.map((row) => [row.policy.name, row.allowed])).toEqual([
      ['rule1', 100],
      ['other', 9],
      ['p0', 1],
    ]);
    expect(totals.ingress.allowed).toBe(109);
  });

  it('stay bounded with a million distinct peers and flows', () => {
    const aggregator = makeAggregator();
    const stream = aggregator.addStream(plan());
    for (let n = 0; n < 1_000_000; n += 1) {
      stream.record(
        verdict({ action: 'deny', remoteIdentity: 16_777_216 + n, flowKey: n * 1_000_003 }),
        RULE1,
        START_MS,
      );
    }
    const [row] = aggregator.summary(START_MS).policies;
    expect(row?.denied).toBe(1_000_000);
    expect(row?.peers).toHaveLength(1001);
    expect(row?.peers.reduce((sum, { denied }) => sum + denied, 0)).toBe(1_000_000);
    expect(row?.attempts).toBeGreaterThan(100_000);
  });
});

describe('time', () => {
  it('rates are over the window and over the last ten seconds', () => {
    const aggregator = makeAggregator();
    const stream = aggregator.addStream(plan());
    for (let second = 0; second < 60; second += 1) {
      const perSecond = second < 50 ? 1 : 7;
      for (let n = 0; n < perSecond; n += 1) stream.record(verdict(), RULE1, START_MS + second * 1000 + 500);
    }
    const at = (ms: number) => aggregator.summary(START_MS + ms).policies[0];
    expect(at(60_000 - 1)).toMatchObject({ ratePerSecond: 2, recentPerSecond: 7.001 });
    expect(at(60_000 - 1)).toMatchObject({
      firstSeen: '2026-11-20T12:00:00.500Z',
      lastSeen: '2026-11-20T12:00:59.500Z',
    });
    expect(at(120_000)).toMatchObject({ ratePerSecond: 1, recentPerSecond: 0 });
  });

  it('a single verdict at the very beginning is no storm, and a clock that is set back does no harm', () => {
    const aggregator = makeAggregator();
    const stream = aggregator.addStream(plan());
    stream.record(verdict(), RULE1, START_MS + 1);
    expect(aggregator.summary(START_MS + 10).policies[0]?.recentPerSecond).toBe(1);
    stream.record(verdict(), RULE1, START_MS - 60_000);
    const summary = aggregator.summary(START_MS - 60_000);
    expect(summary.window.seconds).toBe(0);
    expect(summary.policies[0]).toMatchObject({ ratePerSecond: 0, recentPerSecond: 1 });
    stream.record(verdict(), RULE1, START_MS + 90_000);
    stream.record(verdict(), RULE1, START_MS + 60_000);
    // By the clock before it was set back.
    expect(aggregator.summary(START_MS + 61_000).policies[0]?.recentPerSecond).toBe(0);
    stream.record(verdict(), RULE1, START_MS + 61_500);
    expect(aggregator.summary(START_MS + 61_999).policies[0]?.recentPerSecond).toBeGreaterThan(0);
  });

  it('what one agent tells later than another is of its own second', () => {
    const aggregator = makeAggregator();
    const stream = aggregator.addStream(plan());
    for (const ms of [30_000, 28_500, 10_000, 31_000]) stream.record(verdict(), RULE1, START_MS + ms);
    const [row] = aggregator.summary(START_MS + 32_000 - 1).policies;
    // Three in the last ten seconds, one long before.
    expect(row).toMatchObject({ allowed: 4, recentPerSecond: 0.3 });
    expect(row).toMatchObject({ firstSeen: '2026-11-20T12:00:10.000Z', lastSeen: '2026-11-20T12:00:31.000Z' });
  });
});

describe('the summary', () => {
  it('says who is listened to and for whom', () => {
    const aggregator = makeAggregator();
    const stream = aggregator.addStream(plan([target(733)]));
    aggregator.addStream(plan('all', 'n2'));
    stream.facts({ version: '1.19.0', program: 'cilium-dbg', dialect: 'cilium' });
    stream.state('streaming');
    const { source, targets, window } = aggregator.summary(START_MS + 30_000);
    expect(source.agents).toEqual([
      {
        node: 'n1',
        namespace: 'kube-system',
        pod: 'cilium-n1',
        version: '1.19.0',
        dialect: 'cilium',
        state: 'streaming',
      },
      { node: 'n2', namespace: 'kube-system', pod: 'cilium-n2', version: null, dialect: null, state: 'connecting' },
    ]);
    expect(targets).toEqual([{ namespace: 'default', pod: 'pod-733', node: 'n1', endpoint: 733, identity: null }]);
    expect(window).toEqual({ start: '2026-11-20T12:00:00.000Z', end: '2026-11-20T12:00:30.000Z', seconds: 30 });
  });

  it('is frozen to the bottom, and what is counted later does not change it', () => {
    const aggregator = makeAggregator();
    const stream = aggregator.addStream(plan());
    const reused = { ...verdict() };
    const answer = attribution({ grade: 'default-deny', policies: [], isolatedBy: [policy('rule1')] });
    stream.record(reused, answer, START_MS);
    stream.record({ type: 'unparsed', reason: 'bad-field', line: 'x' }, null, START_MS);
    stream.gap(START_MS, START_MS + 1, 'broken');
    const summary = aggregator.summary(START_MS);
    const before = JSON.stringify(summary);
    reused.remoteIdentity = 7;
    reused.protocol = 'UDP';
    stream.record(reused, answer, START_MS + 1);
    expect(JSON.stringify(summary)).toBe(before);
    expect(aggregator.summary(START_MS).policies[0]?.peers).toHaveLength(2);
    expect(thawed(summary)).toEqual([]);
  });
});

/** The paths of everything in it that could still be changed. */
function thawed(value: unknown, path = '$'): string[] {
  if (typeof value !== 'object' || value === null) return [];
  const inside = Object.entries(value).flatMap(([key, each]) => thawed(each, `${path}.${key}`));
  return Object.isFrozen(value) ? inside : [path, ...inside];
}
