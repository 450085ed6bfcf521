/** In which order rows are shown, and how many. */
import { describe, expect, it } from 'vitest';
import { arrange } from '../../src/report/arrange.ts';
import { full, grouped, row } from './summaries.ts';

const ROWS = [
  row({
    policy: { kind: null, namespace: null, name: 'c' },
    ...{ denied: 9, attempts: 2, allowed: 1, redirected: 5, audited: 0, ratePerSecond: 1, recentPerSecond: 9 },
    ...{ firstSeen: '2026-11-20T12:03:06.000Z', lastSeen: '2026-11-20T12:03:10.000Z' },
  }),
  row({
    policy: { kind: null, namespace: null, name: 'a' },
    ...{ denied: 5, attempts: 3, allowed: 2, redirected: 4, audited: 7, ratePerSecond: 3, recentPerSecond: 1 },
    ...{ firstSeen: '2026-11-20T12:03:05.000Z', lastSeen: '2026-11-20T12:03:20.000Z' },
  }),
  row({
    policy: { kind: null, namespace: null, name: 'b' },
    ...{ denied: 0, attempts: 0, allowed: 8, redirected: 6, audited: 1, ratePerSecond: 2, recentPerSecond: 2 },
    ...{ firstSeen: '2026-11-20T12:03:07.000Z', lastSeen: '2026-11-20T12:03:30.000Z' },
  }),
];

describe('order of policies', () => {
  it.each([
    ['denied', 'cab', false],
    ['attempts', 'acb', false],
    ['allowed', 'bac', false],
    ['redirected', 'bca', false],
    ['audited', 'abc', false],
    ['rate', 'abc', false],
    ['rate', 'cba', true],
    ['name', 'abc', false],
    ['first-seen', 'acb', false],
    ['last-seen', 'bac', false],
  ] as const)('by %s is %s', (sortBy, order, live) => {
    const { policies } = arrange(full({ policies: ROWS }), { sortBy, live });
    expect(policies.map(({ policy }) => policy.name).join('')).toBe(order);
  });
});

describe('order of groups', () => {
  it.each([
    ['denied', [20, 0, 12]],
    ['allowed', [0, 20, 12]],
    ['name', [0, 20, 12]],
    ['rate', [20, 0, 12]],
  ] as const)('by %s has the rest last', (sortBy, denied) => {
    const { groups } = arrange(grouped(), { sortBy, live: false });
    expect(groups?.rows.map((each) => each.denied)).toEqual(denied);
  });
});

describe('how many', () => {
  it('is said where not all are there', () => {
    const summary = full({ policies: ROWS });
    const cut = arrange(summary, { sortBy: 'allowed', top: 2, live: false });
    expect(cut.policies.map(({ policy }) => policy.name)).toEqual(['b', 'a']);
    expect(cut.omittedRows).toBe(1);
    expect(arrange(summary, { sortBy: 'denied', top: 3, live: false }).omittedRows).toBe(0);
    expect(arrange(summary, { sortBy: 'denied', live: false })).toEqual(summary);
    expect(arrange(grouped(), { sortBy: 'denied', top: 1, live: false })).toMatchObject({
      policies: grouped().policies,
      groups: { rows: [{ denied: 20 }] },
      omittedRows: 2,
    });
  });
});
