/** Checks the numbers for what was decided: the parser's own are those of its words, and no two decisions share one. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decisionKeyOf, NO_KEY } from '../../src/model/decision-key.ts';
import { createReader } from '../../src/parser/reader.ts';
import { verdictOf } from '../attribution/verdict.ts';
import { damagedFiles, intactFiles } from './corpus.ts';

const decided = fc.record({
  direction: fc.constantFrom('ingress' as const, 'egress' as const),
  action: fc.constantFrom('allow' as const, 'deny' as const, 'redirect' as const, 'audit' as const),
  match: fc.constantFrom(
    ...(['none', 'L3-Only', 'L3-L4', 'L4-Only', 'all', 'L3-Proto', 'Proto-Only', 'unknown'] as const),
  ),
  protocol: fc.constantFrom('TCP', 'UDP', 'ICMP', 'ICMPv6', 'SCTP', '0', '2', '112', '255'),
  auth: fc.constantFrom('disabled', 'spire'),
});
const WORDS = ['direction', 'action', 'match', 'protocol', 'auth'] as const;
/** Room for a port and for none. */
const LOWEST_BITS = 0x1_ffff;

describe('the key of a decision', () => {
  test.each([...intactFiles(), ...damagedFiles()])('$name: is that of the words that were read', ({ bytes }) => {
    const keys: [number, number][] = [];
    const reader = createReader((record) => {
      if (record.type === 'policy-verdict') keys.push([record.decisionKey ?? Number.NaN, decisionKeyOf(record)]);
    });
    reader.push(bytes);
    reader.end();
    expect(keys.map(([key]) => key)).toEqual(keys.map(([, key]) => key));
  });

  test('tells everything apart that a policy is looked up by', () => {
    fc.assert(
      fc.property(decided, decided, fc.constantFrom(...WORDS), (one, changed, word) => {
        const other = { ...one, [word]: changed[word] };
        const [key, otherKey] = [decisionKeyOf(verdictOf(one)), decisionKeyOf(verdictOf(other))];
        expect(key === otherKey).toBe(one[word] === changed[word]);
        expect(key & LOWEST_BITS).toBe(0);
      }),
    );
  });

  test('is nothing where the protocol has no number', () => {
    expect(decisionKeyOf(verdictOf({ protocol: 'unknown' }))).toBe(NO_KEY);
    expect(decisionKeyOf(verdictOf({ protocol: '256' }))).toBe(NO_KEY);
  });
});
