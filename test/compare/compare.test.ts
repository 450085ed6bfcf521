/** What two summaries say together: who, how certain, by whom, how fast, and what `--fail-on` makes of it. */
import { describe, expect, it } from 'vitest';
import { compareSummaries } from '../../src/compare/compare.ts';
import type { Judgement } from '../../src/model/check.ts';
import type { CompareInput, Criterion } from '../../src/model/compare.ts';
import { allowing, denying, OFFLINE, PARTIAL, side, TIEFIGHTER, XWING } from './sides.ts';

function compare(before: CompareInput, after: CompareInput, failOn: readonly Criterion[] = []) {
  return compareSummaries({ input: 'a.json', summary: before }, { input: 'b.json', summary: after }, failOn);
}

/** `kind name change`, with a question mark where it is not certain. */
function said(before: CompareInput, after: CompareInput) {
  const { verdict, changes } = compare(before, after);
  return {
    verdict,
    changes: changes.map(({ subject, change, isCertain }) => {
      const name = [
        'name' in subject ? String(subject.name) : '',
        'port' in subject ? String(subject.port) : '',
        subject.kind === 'requests' ? subject.protocol : '',
      ].filter((part) => part !== '');
      return `${name.join(' ')} ${change}${isCertain ? '' : '?'}`;
    }),
  };
}

const NOTHING = side([]);
const audited = allowing(TIEFIGHTER, { allowed: 0, audited: 3 });
const BOTH = side([allowing(TIEFIGHTER), denying(TIEFIGHTER)]);
const IN = side([allowing(TIEFIGHTER)]);
const MUCH_MORE = side([
  denying(TIEFIGHTER, {
    denied: 90,
    peers: [{ ...TIEFIGHTER, allowed: 0, denied: 90 }],
    ports: [{ protocol: 'TCP', port: 80, allowed: 0, denied: 90 }],
  }),
]);
const OUT = side([denying(TIEFIGHTER)]);

describe('one peer on port 80', () => {
  it.each<[string, CompareInput, CompareInput, string, string | null]>([
    ['allowed, then denied', IN, OUT, 'broken', 'became-denied'],
    ['allowed, then both', IN, BOTH, 'newly-denied', 'partly-denied'],
    ['both, then denied', BOTH, OUT, 'gone-quiet', 'no-longer-allowed'],
    ['both, then denied much more', BOTH, MUCH_MORE, 'broken', 'denied-instead'],
    ['denied much more, then both', MUCH_MORE, BOTH, 'opened', 'allowed-instead'],
    ['denied, then allowed', OUT, IN, 'opened', 'became-allowed'],
    ['denied, then both', OUT, BOTH, 'opened', 'partly-allowed'],
    ['both, then allowed', BOTH, IN, 'unbroken', 'no-longer-denied'],
    ['allowed, then audited', IN, side([audited]), 'unbroken', 'became-audited'],
    ['audited, then allowed', side([audited]), IN, 'unbroken', 'no-longer-audited'],
    ['audited, then denied', side([audited]), OUT, 'broken', 'became-denied'],
    ['the same', IN, IN, 'unbroken', null],
    ['denied as before', OUT, OUT, 'unbroken', null],
    ['not seen, then denied', NOTHING, OUT, 'newly-denied', 'new'],
    ['not seen, then allowed', NOTHING, IN, 'unknown', 'new'],
    ['allowed, then not seen', IN, NOTHING, 'gone-quiet', 'gone'],
    ['denied, then not seen', OUT, NOTHING, 'unknown', 'gone'],
  ])('%s', (_what, before, after, verdict, change) => {
    const expected = change === null ? [] : [`default/tiefighter ${change}`, `80 ${change}`];
    expect(said(before, after)).toEqual({ verdict, changes: expected });
  });
});

describe('a port is no person', () => {
  it.each<[string, CompareInput, CompareInput, string]>([
    ['allowed for one, then denied to another', IN, side([denying(XWING)]), 'newly-denied'],
    [
      'one goes quiet, the other is denied as before',
      side([allowing(TIEFIGHTER), denying(XWING)]),
      side([denying(XWING)]),
      'gone-quiet',
    ],
    ['a denied one goes quiet', side([allowing(TIEFIGHTER), denying(XWING)]), IN, 'unbroken'],
    ['denied to one, then allowed for another', side([denying(XWING)]), IN, 'unbroken'],
  ])('%s', (_what, before, after, verdict) => {
    expect(said(before, after).verdict).toBe(verdict);
  });
});

describe('by peer and port, where both sides tell', () => {
  const on = (port: number, counts: { allowed: number; denied: number }) => ({
    ...{ direction: 'ingress' as const, peer: TIEFIGHTER, port: { protocol: 'TCP', port }, other: false },
    ...{ redirected: 0, audited: 0, attempts: 0, ...counts },
  });
  const groups = (...rows: ReturnType<typeof on>[]) => ({ by: ['peer', 'port'], rows });
  // One peer that is let through on one port and not on another: without groups this is as before.
  const before = { ...BOTH, groups: groups(on(80, { allowed: 3, denied: 0 }), on(443, { allowed: 0, denied: 9 })) };
  const after = { ...BOTH, groups: groups(on(443, { allowed: 3, denied: 0 }), on(80, { allowed: 0, denied: 9 })) };

  it('nothing hides behind another port', () => {
    expect(said(BOTH, BOTH)).toEqual({ verdict: 'unbroken', changes: [] });
    expect(said(before, after)).toEqual({
      verdict: 'broken',
      changes: ['default/tiefighter 80 became-denied', 'default/tiefighter 443 became-allowed'],
    });
    expect(compare(before, after, ['became-denied']).judgement).toBe('failed');
    expect(said(before, before)).toEqual({ verdict: 'unbroken', changes: [] });
  });

  it('only where both do', () => {
    expect(said(before, BOTH)).toEqual({ verdict: 'unbroken', changes: [] });
    expect(said({ ...before, groups: { ...before.groups, by: ['peer'] } }, after).changes).toEqual([]);
  });

  it('groups that were left out or folded prove nothing', () => {
    const fewer = groups(on(80, { allowed: 3, denied: 0 }));
    const more = { ...after, groups: groups(on(80, { allowed: 3, denied: 0 }), on(443, { allowed: 0, denied: 9 })) };
    const first = (summary: CompareInput) => said(summary, more).changes;
    expect(first({ ...BOTH, groups: fewer })).toEqual(['default/tiefighter 443 new']);
    expect(first({ ...BOTH, groups: fewer, omittedRows: 1 })).toEqual(['default/tiefighter 443 new?']);
    const folded = { ...on(80, { allowed: 9, denied: 9 }), other: true };
    expect(first({ ...BOTH, groups: { ...fewer, rows: [...fewer.rows, folded] } })).toEqual([
      'default/tiefighter 443 new?',
    ]);
  });
});

describe('what an absence proves', () => {
  const partial = (summary: CompareInput): CompareInput => ({ ...summary, completeness: PARTIAL });
  it.each<[string, CompareInput, CompareInput, string, string]>([
    ['new, where A lacks something', partial(NOTHING), OUT, 'newly-denied', 'new?'],
    ['new, where B lacks something', NOTHING, partial(OUT), 'newly-denied', 'new'],
    ['gone, where B lacks something', IN, partial(NOTHING), 'unknown', 'gone?'],
    ['gone, where A lacks something', partial(IN), NOTHING, 'gone-quiet', 'gone'],
    ['denied now, where A may have missed that it was before', partial(IN), OUT, 'broken', 'became-denied'],
    ['denied now, where B may have missed that it is allowed', IN, partial(OUT), 'broken', 'became-denied'],
    ['denied now, where both may have', partial(IN), partial(OUT), 'broken', 'became-denied?'],
    ['denied as well, where A may have missed it', partial(IN), BOTH, 'newly-denied', 'partly-denied?'],
    ['a file means its own lines', { ...side([]), ...OFFLINE, policies: [] }, OUT, 'newly-denied', 'new'],
    ['rows left out', { ...side([]), omittedRows: 2 }, OUT, 'newly-denied', 'new?'],
  ])('%s', (_what, before, after, verdict, change) => {
    const { verdict: answer, changes } = said(before, after);
    expect({ answer, first: changes[0] }).toEqual({ answer: verdict, first: `default/tiefighter ${change}` });
  });

  it('nothing new in data that lacks something is not known', () => {
    expect(said(IN, partial(IN))).toEqual({ verdict: 'unknown', changes: [] });
  });

  it('a peer may be among those that were folded', () => {
    const folded = allowing(XWING, { peers: [{ identity: null, name: 'other', labels: [], allowed: 9, denied: 0 }] });
    const { changes } = said(side([folded]), side([folded, denying(TIEFIGHTER, { ports: [] })]));
    expect(changes).toEqual(['default/tiefighter new?']);
  });
});

describe('who is the same', () => {
  const change = (before: CompareInput, after: CompareInput) =>
    said(before, after).changes.filter((text) => !text.startsWith('80'));
  const renumbered = { ...TIEFIGHTER, identity: 999 };
  const relabelled = { ...renumbered, labels: ['k8s:class=tiefighter', 'k8s:version=2'] };
  const nameless = { identity: TIEFIGHTER.identity, name: null, labels: [] };

  it.each<[string, typeof TIEFIGHTER | typeof nameless, string[]]>([
    ['another number for the same labels', renumbered, ['default/tiefighter became-denied']],
    ['other labels under the same name', relabelled, ['default/tiefighter became-denied']],
    ['a number without a name', nameless, ['default/tiefighter became-denied']],
    ['another name', XWING, ['default/xwing new', 'default/tiefighter gone']],
  ])('%s', (_what, peer, expected) => {
    expect(change(IN, side([denying(peer)]))).toEqual(expected);
  });

  it('of two with one name nobody is guessed', () => {
    const two = side([allowing(relabelled), allowing({ ...TIEFIGHTER, identity: 7, labels: ['k8s:version=3'] })]);
    expect(change(IN, two)).toEqual(['default/tiefighter new', 'default/tiefighter new', 'default/tiefighter gone']);
  });

  it('nodes number ranges for themselves', () => {
    const range = (identity: number) => ({ identity, name: 'cidr:10.0.0.0/8', labels: ['cidr:10.0.0.0/8'] });
    const before = side([allowing(range(16777217), { direction: 'egress' })]);
    const after = side([
      allowing(range(16777301), { direction: 'egress' }),
      denying(range(16777218), { direction: 'egress', ports: [] }),
    ]);
    expect(change(before, after)).toEqual(['cidr:10.0.0.0/8 partly-denied']);
  });

  it('a number that a node gave is nobody elsewhere', () => {
    const local = { identity: 16777217, name: null, labels: [] };
    const named = { identity: 16777217, name: 'cidr:192.0.2.0/24', labels: ['cidr:192.0.2.0/24'] };
    expect(change(side([allowing(local)]), side([denying(named)]))).toEqual(['cidr:192.0.2.0/24 new', 'null gone']);
  });

  it('directions are apart', () => {
    expect(change(IN, side([allowing(TIEFIGHTER), denying(TIEFIGHTER, { direction: 'egress' })]))).toEqual([
      'default/tiefighter new',
    ]);
  });
});

describe('policies', () => {
  const rule2 = { kind: 'CiliumNetworkPolicy', namespace: 'default', name: 'rule2' } as const;
  const of = (before: CompareInput, after: CompareInput) =>
    compare(before, after).policies.map(({ policy, change }) => `${policy.name} ${change}`);

  it('are new and gone', () => {
    expect(of(IN, side([allowing(TIEFIGHTER, { policy: rule2 })]))).toEqual(['rule2 new', 'rule1 gone']);
  });

  it('are the same by a bare name too', () => {
    const bare = { kind: null, namespace: null, name: 'rule1' };
    const report = compare(side([allowing(TIEFIGHTER, { policy: bare })]), IN);
    expect(report.policies).toMatchObject([{ policy: { namespace: 'default', name: 'rule1' }, change: 'same' }]);
  });

  it('a row that counts packets alone decided nothing', () => {
    expect(of(IN, side([allowing(TIEFIGHTER), allowing(XWING, { policy: rule2, allowed: 0, peers: [] })]))).toEqual([
      'rule1 same',
    ]);
  });

  it.each([
    [30, 300, 30, 30, 'less'],
    [300, 30, 30, 30, 'more'],
    [300, 300, 30, 300, 'more'],
    [3, 3, 3, 9, 'same'],
  ])('%i s and %i s with %i and %i connections', (secondsBefore, secondsAfter, was, is, change) => {
    const window = (seconds: number) => ({
      start: '2026-11-20T12:00:00.000Z',
      end: '2026-11-20T12:05:00.000Z',
      seconds,
    });
    const before = side([allowing(TIEFIGHTER, { allowed: was })], { window: window(secondsBefore) });
    const after = side([allowing(TIEFIGHTER, { allowed: is })], { window: window(secondsAfter) });
    expect(of(before, after)).toEqual([`rule1 ${change}`]);
  });

  it('have no rates where lines have no times', () => {
    const offline = side([allowing(TIEFIGHTER, { firstSeen: null, lastSeen: null })], OFFLINE);
    const report = compare(offline, IN);
    expect(report.notes).toContain('untimed');
    expect(report.policies).toMatchObject([{ change: 'same', rates: null, before: { perSecond: null } }]);
  });
});

describe('--fail-on', () => {
  const partial = (summary: CompareInput): CompareInput => ({ ...summary, completeness: PARTIAL });
  const dropping = (reason: string): CompareInput => ({
    ...IN,
    source: { ...IN.source, types: ['policy-verdict', 'drop'] },
    drops: [{ reason, direction: 'ingress', packets: 4 }],
  });
  it.each<[Criterion, CompareInput, CompareInput, Judgement, number]>([
    ['became-denied', IN, OUT, 'failed', 2],
    ['became-denied', IN, IN, 'held', 0],
    ['became-denied', partial(IN), IN, 'unknown', 0],
    ['became-denied', IN, partial(IN), 'unknown', 0],
    ['became-denied', partial(IN), partial(OUT), 'unknown', 2],
    ['new-denied', NOTHING, OUT, 'failed', 2],
    ['new-denied', partial(NOTHING), OUT, 'unknown', 2],
    ['new-denied', IN, partial(IN), 'unknown', 0],
    ['new-denied', partial(IN), IN, 'held', 0],
    ['more-denied', NOTHING, side([denying(XWING, { attempts: 40 })]), 'failed', 1],
    ['more-denied', OUT, OUT, 'held', 0],
    ['gone-allowed', IN, NOTHING, 'failed', 2],
    ['gone-allowed', IN, OUT, 'failed', 2],
    ['gone-allowed', IN, partial(NOTHING), 'unknown', 2],
    ['gone-allowed', partial(IN), IN, 'unknown', 0],
    ['gone-allowed', IN, partial(IN), 'held', 0],
    ['became-allowed', OUT, IN, 'failed', 2],
    ['new-allowed', OUT, IN, 'failed', 2],
    ['gone-denied', OUT, IN, 'failed', 2],
    ['new-audited', IN, side([audited]), 'failed', 2],
    ['new-policy', OUT, IN, 'failed', 1],
    ['new-policy', IN, OUT, 'held', 0],
    ['gone-policy', IN, OUT, 'failed', 1],
    ['gone-policy', IN, partial(OUT), 'unknown', 1],
    ['new-peer', IN, side([allowing(TIEFIGHTER), denying(XWING)]), 'failed', 1],
    ['gone-peer', IN, side([denying(XWING)]), 'failed', 1],
    ['gone-peer', IN, OUT, 'held', 0],
    ['new-drop', dropping('Policy denied'), dropping('Invalid packet'), 'failed', 1],
    ['gone-drop', dropping('Policy denied'), dropping('Invalid packet'), 'failed', 1],
    ['new-drop', dropping('Policy denied'), dropping('Policy denied'), 'held', 0],
    ['new-drop', IN, dropping('Policy denied'), 'unknown', 0],
    ['new-drop', IN, IN, 'unknown', 0],
  ])('%s', (criterion, before, after, judgement, found) => {
    const report = compare(before, after, [criterion]);
    expect(report.failOn).toEqual([{ criterion, judgement, found }]);
    expect(report.judgement).toBe(judgement);
  });

  it('the worst of several counts', () => {
    expect(compare(IN, OUT, ['new-peer', 'became-denied']).judgement).toBe('failed');
    expect(compare(IN, partial(IN), ['gone-allowed', 'new-denied']).judgement).toBe('unknown');
    expect(compare(IN, IN).judgement).toBeNull();
  });
});
