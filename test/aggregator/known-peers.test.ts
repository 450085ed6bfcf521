/** Numbers that nodes give for themselves: one peer where they are called the same, and none without a node where nobody names them. */
import { expect, it } from 'vitest';
import type { IdentityLookup } from '../../src/model/cluster.ts';
import { attribution, makeAggregator, plan, START_MS, verdict } from './records.ts';

const RULE1 = attribution();
const [OFFICE, OTHER_OFFICE, UNNAMED, POD] = [16_777_217, 16_777_218, 16_777_219, 300];

/** Both nodes know the office, by different numbers; a number of both means other networks. */
const identityName: IdentityLookup = (identity, node) => {
  const named = (cidr: string) => ({ identity, name: `cidr:${cidr}`, labels: [`cidr:${cidr}`] });
  if (identity === POD) return { identity, name: 'shop/cart', labels: ['k8s:app=cart'] };
  if (identity === OFFICE) return named(node === 'n1' ? '10.0.0.0/8' : '66.0.0.0/8');
  return identity === OTHER_OFFICE && node === 'n2' ? named('10.0.0.0/8') : null;
};

function counted(groupBy: readonly ('peer' | 'port')[] = []) {
  const aggregator = makeAggregator({ groupBy, identityName });
  const streams = { n1: aggregator.addStream(plan('all', 'n1')), n2: aggregator.addStream(plan('all', 'n2')) };
  const meet = (node: 'n1' | 'n2', remoteIdentity: number, atMs: number, action: 'allow' | 'deny' = 'allow') =>
    streams[node].record(verdict({ remoteIdentity, action, flowKey: atMs }), RULE1, START_MS + atMs);
  meet('n1', OFFICE, 1000, 'deny');
  meet('n2', OTHER_OFFICE, 2000);
  meet('n2', OTHER_OFFICE, 3000, 'deny');
  meet('n2', OFFICE, 4000);
  meet('n1', UNNAMED, 5000);
  meet('n2', UNNAMED, 6000);
  meet('n1', POD, 7000);
  meet('n2', POD, 8000);
  return aggregator.summary(START_MS + 10_000);
}

const OFFICE_PEER = { identity: null, name: 'cidr:10.0.0.0/8', labels: ['cidr:10.0.0.0/8'] };

it('in the rows of policies', () => {
  expect(counted().policies[0]?.peers).toEqual([
    { ...OFFICE_PEER, allowed: 1, denied: 2 },
    { identity: POD, name: 'shop/cart', labels: ['k8s:app=cart'], allowed: 2, denied: 0 },
    { identity: OFFICE, name: 'cidr:66.0.0.0/8', labels: ['cidr:66.0.0.0/8'], allowed: 1, denied: 0 },
    { identity: UNNAMED, name: null, labels: [], node: 'n1', allowed: 1, denied: 0 },
    { identity: UNNAMED, name: null, labels: [], node: 'n2', allowed: 1, denied: 0 },
  ]);
});

it('in groups, with the other fields equal', () => {
  const rows = counted(['peer', 'port']).groups?.rows ?? [];
  expect(rows.map(({ peer, allowed, denied }) => [peer?.name ?? peer?.node, allowed, denied])).toEqual([
    ['cidr:10.0.0.0/8', 1, 2],
    ['shop/cart', 2, 0],
    ['cidr:66.0.0.0/8', 1, 0],
    ['n1', 1, 0],
    ['n2', 1, 0],
  ]);
  expect(rows[0]).toMatchObject({
    peer: OFFICE_PEER,
    attempts: 2,
    ratePerSecond: 0.3,
    firstSeen: new Date(START_MS + 1000).toISOString(),
    lastSeen: new Date(START_MS + 3000).toISOString(),
  });
});

it('among those whom audit mode lets through', () => {
  const aggregator = makeAggregator({ audit: true, identityName });
  const nodes = { n1: OFFICE, n2: OTHER_OFFICE } as const;
  for (const [node, remoteIdentity] of Object.entries(nodes)) {
    const stream = aggregator.addStream(plan('all', node));
    stream.record(verdict({ remoteIdentity, action: 'audit' }), RULE1, START_MS);
    stream.record(verdict({ remoteIdentity: UNNAMED, action: 'audit' }), RULE1, START_MS);
  }
  expect(aggregator.summary(START_MS).audit?.wouldDeny[0]?.peers).toMatchObject([
    { ...OFFICE_PEER, connections: 2 },
    { name: null, node: 'n1', connections: 1 },
    { name: null, node: 'n2', connections: 1 },
  ]);
});
