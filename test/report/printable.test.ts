/** What untrusted text can do to a terminal: nothing. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { printable } from '../../src/report/printable.ts';
import { HOSTILE } from './summaries.ts';

const anything = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 400 }),
  fc.array(fc.integer({ min: 0, max: 0xffff })).map((units) => String.fromCharCode(...units)),
  fc.string({
    unit: fc.constantFrom('\u001b', '[', '\u009b', '\u202e', '\u0301', 'a', '\ud83d', '\udc00', '\r', '\u200b'),
  }),
);

describe('printable', () => {
  it.each([
    ['default/xwing', 'default/xwing'],
    ['日本語 über', '日本語 über'],
    [HOSTILE, 'evil\\x1b[2J\\x1b]0;owned\\x07\\x0d\\x9b31m\\u202egnp.exe\\u200b\\x00\\x0a'],
    ['a\u0301\u0301\u0301\u0301', 'a\u0301\u0301\\u0301\\u0301'],
    ['\ud800', '\\ud800'],
    ['\u{e0041}', '\\u{e0041}'],
    ['\u00a0\u3000\u2028\u2029', '\\xa0\\u3000\\u2028\\u2029'],
  ])('%j is %j', (text, expected) => {
    expect(printable(text)).toBe(expected);
  });

  it('leaves no control, format, invisible or separator, is bounded, and safe text alone', () => {
    fc.assert(
      fc.property(anything, fc.integer({ min: 1, max: 100 }), (text, longest) => {
        const safe = printable(text, longest);
        expect(safe).not.toMatch(/[[\p{C}\p{Z}\p{Default_Ignorable_Code_Point}]--[ ]]/v);
        expect(safe.length).toBeLessThanOrEqual(longest);
        expect(printable(safe, longest)).toBe(safe);
      }),
    );
  });
});
