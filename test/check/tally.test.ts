/** What is counted for an expectation, verdict by verdict. */
import { describe, expect, it } from 'vitest';
import { isProblem } from '../../src/check/file.ts';
import type { PeerNames } from '../../src/check/peer-match.ts';
import { parseExpectation } from '../../src/check/syntax.ts';
import { createTallies } from '../../src/check/tally.ts';
import type { IdentityLookup } from '../../src/model/cluster.ts';
import type { Verdict } from '../../src/model/event.ts';
import type { Attribution } from '../../src/model/policy.ts';
import { attribution, policy, verdict } from '../aggregator/records.ts';

const NAMES: IdentityLookup = (identity) => {
  if (identity === 12530) {
    const labels = ['k8s:class=tiefighter', 'k8s:org=empire', 'k8s:io.kubernetes.pod.namespace=default'];
    return { identity, name: 'default/tiefighter', labels };
  }
  return identity === 2 ? { identity, name: 'world', labels: ['reserved:world'] } : null;
};
const namesFrom = (identityName: IdentityLookup): PeerNames => ({ identityName, podAddresses: () => null });
const RULE1 = attribution();
const DENY = attribution({ grade: 'default-deny', policies: [], isolatedBy: [policy('rule1')] });
const SHARED = attribution({ policies: [policy('rule1'), policy('rule2')] });
const OTHER = attribution({ policies: [policy('rule1', 'shop')] });
/** One of them decided. */
const OPEN = attribution({ policies: [policy('rule1'), policy('rule2')], ambiguous: true });

const START_MS = 1_000;

function countedBy(
  text: string,
  records: readonly (readonly [Partial<Verdict>, Attribution | null, number?])[],
  names: IdentityLookup = NAMES,
): number {
  const expectation = parseExpectation(text);
  if (isProblem(expectation) || expectation.kind !== 'count') throw new Error(`no count: ${text}`);
  const { tallies, record } = createTallies([expectation], () => START_MS, namesFrom(names));
  for (const [changes, credit, ms = 0] of records)
    record(verdict(changes), credit, { node: 'n1', atMs: START_MS + ms, wanted: true });
  return tallies[0]?.counted().counted ?? -1;
}

const refused = { action: 'deny', match: 'none', remoteIdentity: 2 } as const;

describe('counts', () => {
  it.each<[string, Parameters<typeof countedBy>[1], number]>([
    [
      'rule1:allowed>=1',
      [
        [{}, RULE1],
        [{}, SHARED],
        [{}, OTHER],
        [{}, DENY],
        [{}, null],
      ],
      3,
    ],
    [
      'default/rule1:allowed>=1',
      [
        [{}, RULE1],
        [{}, OTHER],
      ],
      1,
    ],
    [
      'rule2:allowed>=1',
      [
        [{}, RULE1],
        [{}, SHARED],
      ],
      1,
    ],
    [
      '*:allowed>=1',
      [
        [{}, RULE1],
        [{}, null],
      ],
      2,
    ],
    [
      'rule1:ingress:allowed>=1',
      [
        [{}, RULE1],
        [{ direction: 'egress' }, RULE1],
      ],
      1,
    ],
    [
      'rule1:allowed>=1',
      [
        [{}, RULE1],
        [{ direction: 'egress' }, RULE1],
        [{ direction: 'egress' }, RULE1],
      ],
      2,
    ],
    [
      'rule1:redirected>=1',
      [
        [{ action: 'redirect' }, RULE1],
        [{}, RULE1],
      ],
      1,
    ],
    [
      'rule1:audited>=1',
      [
        [{ action: 'audit', audit: true }, RULE1],
        [{ audit: true }, RULE1],
        [{ action: 'deny', audit: true }, RULE1],
      ],
      2,
    ],
    [
      'implicit-default-deny:denied>=1',
      [
        [refused, DENY],
        [refused, DENY],
        [refused, RULE1],
      ],
      2,
    ],
    [
      'unattributed:denied>=1',
      [
        [refused, null],
        [refused, attribution({ grade: 'unattributed', policies: [] })],
        [refused, DENY],
      ],
      2,
    ],
    [
      'attempts>=1',
      [
        [{ ...refused, flowKey: 1 }, DENY],
        [{ ...refused, flowKey: 1 }, DENY],
        [{ ...refused, flowKey: 2 }, DENY],
      ],
      2,
    ],
    [
      'no denied from world',
      [
        [refused, DENY],
        [{ ...refused, remoteIdentity: 12530 }, DENY],
      ],
      1,
    ],
    [
      'rule1:allowed>=1 from class=tiefighter,org=empire',
      [
        [{}, RULE1],
        [{ remoteIdentity: 2 }, RULE1],
      ],
      1,
    ],
    ['rule1:allowed>=1 from class=tiefighter,org=alliance', [[{}, RULE1]], 0],
    ['rule1:allowed>=1 from default/tiefighter', [[{}, RULE1]], 1],
    ['rule1:allowed>=1 from shop/tiefighter', [[{}, RULE1]], 0],
    ['rule1:allowed>=1 from tie', [[{}, RULE1]], 0],
    [
      'rule1:allowed>=1 from default/*',
      [
        [{}, RULE1],
        [{ remoteIdentity: 2 }, RULE1],
      ],
      1,
    ],
    [
      'rule1:allowed>=1 from 10.244.0.0/24',
      [
        [{}, RULE1],
        [{ source: { ip: '10.244.1.1', port: 1 } }, RULE1],
        [{ source: null }, RULE1],
      ],
      1,
    ],
    [
      'rule1:allowed>=1 to fd00::/8',
      [
        [{ direction: 'egress', destination: { ip: 'fd00::7', port: 80 } }, RULE1],
        [{ direction: 'egress' }, RULE1],
      ],
      1,
    ],
    [
      'rule1:allowed>=1 port 80',
      [
        [{}, RULE1],
        [{ destinationPort: 81 }, RULE1],
        [{ protocol: 'UDP' }, RULE1],
      ],
      2,
    ],
    [
      'rule1:allowed>=1 port 80/TCP',
      [
        [{}, RULE1],
        [{ protocol: 'UDP' }, RULE1],
      ],
      1,
    ],
    [
      'rule1:allowed>=1 port ICMP',
      [
        [{ protocol: 'ICMP', destinationPort: null }, RULE1],
        [{}, RULE1],
      ],
      1,
    ],
    [
      'rule1:allowed>=1 within 2s',
      [
        [{}, RULE1, 0],
        [{}, RULE1, 2_000],
        [{}, RULE1, 2_001],
      ],
      2,
    ],
  ])('%s', (text, records, counted) => {
    expect(countedBy(text, records)).toBe(counted);
  });

  it('whom a name that comes late belongs to', () => {
    let known = false;
    const late: IdentityLookup = (identity, node) => (known ? NAMES(identity, node) : null);
    const expectation = parseExpectation('rule1:allowed>=1 from class=tiefighter');
    if (isProblem(expectation) || expectation.kind !== 'count') throw new Error('no count');
    const { tallies, record } = createTallies([expectation], () => START_MS, namesFrom(late));
    record(verdict(), RULE1, { node: 'n1', atMs: START_MS, wanted: true });
    expect(tallies[0]?.counted().counted).toBe(0);
    known = true;
    expect(tallies[0]?.counted().counted).toBe(1);
  });

  const unnamed = { ...refused, remoteIdentity: 30_000 };
  const noState = attribution({ grade: 'unattributed', policies: [], reason: 'no-state' });
  const unruled = attribution({ grade: 'unattributed', policies: [], reason: 'no-policy-applies' });
  const bare = attribution({ policies: [{ kind: null, namespace: null, name: 'rule1' }] });
  const clusterwide = attribution({
    policies: [{ kind: 'CiliumClusterwideNetworkPolicy', namespace: null, name: 'rule1' }],
  });
  const ADDRESSES = ['10.244.9.9'];

  it.each<[string, Partial<Verdict>, Attribution | null, 'counted' | 'undecided' | 'neither', PeerNames?]>([
    ['no denied from class=xwing', unnamed, DENY, 'undecided'],
    ['no denied from class=xwing', refused, DENY, 'neither'],
    ['no denied from shop/*', unnamed, DENY, 'undecided'],
    ['no denied from world', { ...refused, remoteIdentity: null }, DENY, 'undecided'],
    ['no denied from world', { ...refused, remoteIdentity: 9 }, DENY, 'counted'],
    ['no denied from world', unnamed, DENY, 'neither'],
    ['no denied from world', { ...refused, remoteIdentity: 1 << 24 }, DENY, 'undecided'],
    ['no denied from 10.0.0.0/8', { ...refused, source: null }, DENY, 'undecided'],
    ['no denied from xwing', unnamed, DENY, 'undecided'],
    // An identity's name comes from labels: this may be any pod with them.
    ['no denied from default/client', { ...refused, remoteIdentity: 12530 }, DENY, 'undecided'],
    ['no denied from shop/client', { ...refused, remoteIdentity: 12530 }, DENY, 'neither'],
    ['no denied from client', refused, DENY, 'neither'],
    [
      'no denied from default/client',
      { ...refused, remoteIdentity: 12530, source: { ip: '10.244.9.9', port: 1 } },
      DENY,
      'counted',
      { identityName: NAMES, podAddresses: () => ADDRESSES },
    ],
    [
      'no denied from default/client',
      { ...refused, remoteIdentity: 12530, source: { ip: '10.244.9.8', port: 1 } },
      DENY,
      'neither',
      { identityName: NAMES, podAddresses: () => ADDRESSES },
    ],
    ['rule1:denied==0', refused, noState, 'undecided'],
    ['rule1:denied==0', refused, null, 'undecided'],
    ['rule1:allowed==0', {}, unruled, 'neither'],
    ['implicit-default-deny:denied==0', refused, noState, 'undecided'],
    ['implicit-default-deny:allowed==0', {}, noState, 'neither'],
    ['unattributed:denied==0', refused, noState, 'counted'],
    ['default/rule1:allowed==0', {}, bare, 'undecided'],
    ['default/rule1:allowed==0', {}, clusterwide, 'neither'],
    ['rule1:allowed==0', {}, bare, 'counted'],
    ['rule1:allowed==0', {}, OPEN, 'undecided'],
    ['default/rule1:allowed==0', {}, OPEN, 'undecided'],
    ['shop/rule1:allowed==0', {}, OPEN, 'neither'],
    ['*:allowed==0', {}, OPEN, 'counted'],
  ])('%s of %j by %j is %s', (text, changes, credit, what, names = namesFrom(NAMES)) => {
    const expectation = parseExpectation(text);
    if (isProblem(expectation) || expectation.kind !== 'count') throw new Error('no count');
    const { tallies, record } = createTallies([expectation], () => START_MS, names);
    record(verdict(changes), credit, { node: 'n1', atMs: START_MS, wanted: true });
    expect(tallies[0]?.counted()).toEqual({
      counted: what === 'counted' ? 1 : 0,
      undecided: what === 'undecided' ? 1 : 0,
    });
  });

  it('more peers than there is room for', () => {
    const expectation = parseExpectation('denied==0 from 192.168.0.0/16');
    if (isProblem(expectation) || expectation.kind !== 'count') throw new Error('no count');
    const { tallies, record } = createTallies([expectation], () => START_MS, namesFrom(NAMES));
    for (let at = 0; at < 100_001; at += 1) {
      const ip = `10.${at >> 16}.${(at >> 8) & 255}.${at & 255}`;
      record(verdict({ ...refused, source: { ip, port: 1 } }), DENY, { node: 'n1', atMs: START_MS, wanted: true });
    }
    expect(tallies[0]?.counted()).toEqual({ counted: 0, undecided: 1 });
  });

  it('nothing of pods that nobody asked for', () => {
    const expectation = parseExpectation('allowed>=1');
    if (isProblem(expectation) || expectation.kind !== 'count') throw new Error('no count');
    const { tallies, record } = createTallies([expectation], () => null, namesFrom(NAMES));
    record(verdict(), RULE1, { node: 'n1', atMs: 5, wanted: false });
    expect(tallies[0]?.counted().counted).toBe(0);
  });
});
