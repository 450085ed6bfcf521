import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fieldMatcher, labelMatcher, SelectorError } from '../../../src/demo/api/selectors.ts';

const object = (labels: Readonly<Record<string, string>>) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'p', namespace: 'n', labels },
  spec: { nodeName: 'a,b' },
});

describe('label selectors', () => {
  test.each([
    ['', {}, true],
    ['a', { a: '' }, true],
    ['!a', { a: '' }, false],
    ['a=', { a: '' }, true],
    ['a!=1', {}, true],
    [' a = 1 , b in ( x , y ) ', { a: '1', b: 'y' }, true],
    ['b in (x,)', { b: 'z' }, false],
    ['b notin (x)', {}, true],
    ['n > 3,n<10', { n: '7' }, true],
    ['n > 3', { n: 'seven' }, false],
    ['n < 3', {}, false],
    ['app.kubernetes.io/name=x', { 'app.kubernetes.io/name': 'x' }, true],
    ['toString', {}, false],
  ])('%s of %o: %s', (selector, labels, expected) => {
    expect(labelMatcher(selector)(object(labels))).toBe(expected);
  });

  test.each(['=a', 'a b', 'a in x', 'a in (x', 'a,', '!a=1', 'a > x', 'a=1 b=2', '!'])(
    '%s does not parse',
    (selector) => {
      expect(() => labelMatcher(selector)).toThrow(SelectorError);
    },
  );

  test('any text is a selector or a stated error', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('a', 'in', ' ', '=', '!', '<', '(', ')', ',', '1') }), (text) => {
        try {
          labelMatcher(text)(object({ a: '1' }));
        } catch (error) {
          expect(error).toBeInstanceOf(SelectorError);
        }
      }),
    );
  });
});

describe('field selectors', () => {
  test.each([
    ['', true],
    ['metadata.name=p,metadata.namespace==n', true],
    ['metadata.name!=p', false],
    ['spec.nodeName=a\\,b', true],
    ['status.phase=', true],
  ])('%s: %s', (selector, expected) => {
    expect(fieldMatcher(selector, 'pods')(object({}))).toBe(expected);
  });

  test.each(['spec.image=x', 'metadata.name'])('%s is refused', (selector) => {
    expect(() => fieldMatcher(selector, 'pods')).toThrow(SelectorError);
  });
});
