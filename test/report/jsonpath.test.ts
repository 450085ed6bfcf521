/** kubectl's templates, right and wrong ones. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileJsonpath } from '../../src/report/jsonpath.ts';
import { parseTemplate, TemplateProblem } from '../../src/report/jsonpath-template.ts';
import { full, HOSTILE, row } from './summaries.ts';

const OBJECT = {
  kind: 'Thing',
  count: 3,
  ready: false,
  nothing: null,
  empty: [],
  'dotted.name/x': 'dotted',
  things: [
    { name: 'a', size: 1, tags: ['x', 'y'], meta: { zone: 'north' } },
    { name: 'b', size: 2, tags: [], meta: { zone: 'south' } },
    { name: 'c', size: 3, tags: ['z'], meta: {} },
  ],
};

/** Each was held against kubectl 1.35 (`label --local -o jsonpath=…`). */
describe('prints what kubectl prints', () => {
  it.each([
    ['', ''],
    ['no braces', 'no braces'],
    ['{.kind}', 'Thing'],
    ['{$.kind}', 'Thing'],
    ['{@.kind}', 'Thing'],
    ['{.count}', '3'],
    ['{.ready}', 'false'],
    ['{.nothing}', 'null'],
    ['{.missing}', ''],
    ['{.missing.deeper[0].x}', ''],
    ['{.empty}', '[]'],
    ['{.empty[*]}', ''],
    ['kind: {.kind}!', 'kind: Thing!'],
    ['{.things[*].name}', 'a b c'],
    ['{.things[0].name}', 'a'],
    ['{.things[-1].name}', 'c'],
    ['{.things[-2].name}', 'b'],
    ['{.things[0:2].name}', 'a b'],
    ['{.things[1:].name}', 'b c'],
    ['{.things[:1].name}', 'a'],
    ['{.things[0,2].name}', 'a c'],
    ["{.things[0]['name','size']}", 'a 1'],
    ['{.things[0].tags}', '["x","y"]'],
    ['{.things[0].meta}', '{"zone":"north"}'],
    ['{..zone}', 'north south'],
    ['{.things[*].*.zone}', 'north south'],
    ['{.dotted\\.name/x}', 'dotted'],
    ["{.things[?(@.name=='b')].size}", '2'],
    ['{.things[?(@.name=="b")].size}', '2'],
    ['{.things[?(@.size>1)].name}', 'b c'],
    ["{.things[?(@.meta.zone=='south')].name}", 'b'],
    ["{.things[?(@.missing.deeper=='x')].name}", ''],
    ['{range .things[*]}{.name}={.size}{"\\n"}{end}', 'a=1\nb=2\nc=3\n'],
    ["{range .things[*]}{.name}{'\\t'}{range .tags[*]}{@},{end};{end}", 'a\tx,y,;b\t;c\tz,;'],
    ['{range .missing[*]}x{end}', ''],
    ['{"a\\"b"}', 'a"b'],
  ])('%s', (template, text) => {
    expect(compileJsonpath(template)(OBJECT)).toBe(text);
  });
});

describe('prints where kubectl prints less', () => {
  it.each([
    ['{.things[0]["name"]}', 'a'],
    ["{['dotted.name/x']}", 'dotted'],
    ['{range .things[*]}{$.kind}{" "}{end}', 'Thing Thing Thing '],
    ['{.kind "/" .count}', 'Thing/3'],
    ['{.}', JSON.stringify(OBJECT)],
  ])('%s', (template, text) => {
    expect(compileJsonpath(template)(OBJECT)).toBe(text);
  });
});

describe('refuses', () => {
  it.each([
    ['{.kind', 6, '}'],
    ['{', 1, '}'],
    ['{kind}', 1, 'a path'],
    ['{.things[0}', 8, ']'],
    ['{.things[x]}', 9, 'a number'],
    ['{.things[]}', 9, 'a number'],
    ['{.a..}', 5, "field's name"],
    ['{.a.}', 4, "field's name"],
    ['{"open}', 1, '"'],
    ['{range .things[*]}{.name}', 1, '{end}'],
    ['{end}', 1, '{range}'],
    ['{range}', 1, 'a path'],
    ['{.things[?(@.name==)].size}', 9, 'a filter'],
  ])('%s at %i', (template, at, wanted) => {
    const problem = (() => {
      try {
        compileJsonpath(template);
      } catch (error) {
        return error;
      }
      return null;
    })();
    expect(problem).toBeInstanceOf(TemplateProblem);
    expect(problem).toMatchObject({ at });
    expect(problem).toHaveProperty('wanted', expect.stringContaining(wanted));
  });
});

it('never throws anything else, nor prints what acts on a terminal', () => {
  const pieces = fc.constantFrom(
    '{',
    '}',
    '.',
    '[',
    ']',
    '*',
    '"',
    "'",
    '?(',
    ')',
    '@',
    'range ',
    'end',
    'a',
    '0',
    ':',
    '$',
    '\\',
    ' ',
  );
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 12 }), (parts) => {
      const template = parts.join('');
      try {
        parseTemplate(template);
      } catch (error) {
        expect(error).toBeInstanceOf(TemplateProblem);
      }
    }),
  );
  const hostile = full({ policies: [row({ policy: { kind: null, namespace: null, name: HOSTILE } })] });
  expect(compileJsonpath('{.policies[*].policy.name}')(hostile)).not.toMatch(/\p{C}/u);
});

it('runs nothing of the template', () => {
  const reach = "{.things[?(@.constructor.constructor('return process')())].name}";
  expect(compileJsonpath(reach)(OBJECT)).toBe('');
});
