/** Checks what a table of selectors says of an identity, and which identities it cannot tell apart. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readSelectors } from '../../src/attribution/selectors.ts';

const IDENTITIES = [0, 1, 7, 12_530, 16_777_217, 0xffff_ffff];

test('identities are of one group exactly where the same selectors select them', () => {
  const selected = fc.array(fc.subarray(IDENTITIES), { maxLength: 6 });
  fc.assert(
    fc.property(selected, (lists) => {
      const printed = lists.map((identities, at) => ({ selector: `selector-${at}`, identities }));
      const table = readSelectors(JSON.stringify(printed)) ?? expect.fail();
      const selectorsOf = (identity: number) =>
        printed.map(({ selector }) => table.selects(selector, identity)).join(' ');
      for (const [at, identity] of IDENTITIES.entries()) {
        const own = printed.map(({ identities }) => identities.includes(identity));
        expect(selectorsOf(identity)).toBe(own.join(' '));
        expect(table.knows(identity)).toBe(own.includes(true));
        expect(table.groupOf(identity) !== null).toBe(own.includes(true));
        for (const other of IDENTITIES.slice(0, at))
          expect(table.groupOf(identity) === table.groupOf(other)).toBe(selectorsOf(identity) === selectorsOf(other));
      }
    }),
  );
});

test('a selector of nobody is printed in two ways, and what is not a table is none', () => {
  const table = readSelectors('[{"selector":"a","identities":null},{"selector":"b"},{"selector":"c","identities":[]}]');
  expect(table?.selects('a', 0)).toBe(false);
  expect(table?.knows(0)).toBe(false);
  expect(readSelectors('{"selector":"a"}')).toBeNull();
  expect(readSelectors('no JSON')).toBeNull();
});
