/** Summaries as files: every form that is printed, and all that may be wrong with one. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isDocument, readSummary } from '../../src/compare/read.ts';
import { Failure } from '../../src/model/problem.ts';
import type { Summary } from '../../src/model/summary.ts';
import { renderJson } from '../../src/report/json.ts';
import { renderJsonl } from '../../src/report/jsonl.ts';
import { renderYaml } from '../../src/report/yaml.ts';
import { dropping, full, hostile, measured, offline, partial, row, silent } from '../report/summaries.ts';

const FORMS = { json: renderJson, jsonl: renderJsonl, yaml: renderYaml };
const SUMMARIES = { full, dropping, measured, partial, hostile, offline, silent };

describe.each(Object.entries(FORMS))('as %s', (_form, render) => {
  it.each(Object.entries(SUMMARIES))('%s is read', (_name, make) => {
    const text = render(make());
    expect(isDocument(text.slice(0, 4096))).toBe(true);
    const { policies, totals, completeness } = readSummary(text, 'a');
    expect(totals).toEqual(make().totals);
    expect(completeness).toEqual(make().completeness);
    expect(policies.map(({ policy, peers }) => ({ policy, peers }))).toEqual(
      make().policies.map(({ policy, peers }) => ({ policy, peers })),
    );
  });

  it('of several the last counts', () => {
    expect(readSummary(render(silent()) + render(full()), 'a').policies).toHaveLength(2);
    expect(readSummary(render(full()) + render(silent()), 'a').policies).toHaveLength(0);
  });
});

it('tools may put the keys in another order, and a byte order mark before them', () => {
  const sorted = Object.fromEntries(Object.entries(full()).sort(([a], [b]) => (a < b ? 1 : -1)));
  const text = `\uFEFF${JSON.stringify(sorted, null, 4)}`;
  expect(isDocument(text)).toBe(true);
  expect(readSummary(text, 'a').policies).toHaveLength(2);
});

it('what later versions add does not matter, what is not there yet neither', () => {
  const older: Record<string, unknown> = { ...full(), more: { than: 'now' } };
  delete older.groups;
  const { kind, agents, files, types } = full().source;
  const text = JSON.stringify({ ...older, source: { kind, agents, files, types } });
  expect(readSummary(text, 'a').source.filters).toEqual([]);
});

it('groups are read, and how many rows of them were left out', () => {
  const cut = { ...full(), groups: { by: ['peer'], rows: [] }, omittedRows: 3 };
  expect(readSummary(JSON.stringify(cut), 'a')).toMatchObject({ groups: cut.groups, omittedRows: 3 });
  expect(readSummary(JSON.stringify(full()), 'a')).toMatchObject({ groups: null, omittedRows: 0 });
});

it.each([
  'Policy verdict log: flow 0x0 local EP ID 733, remote ID 12530, proto 6, ingress, action allow\n',
  '{"flow":{"time":"2026-11-20T12:03:04Z"}}\n',
  '{"type":"drop","reason":"x"}\n',
  '{"apiVersion":"policystat/v1","kind":"Recording"}\n',
  '',
  'Listening for events on 2 CPUs\n---\n',
])('%j is no document of ours', (start) => {
  expect(isDocument(start)).toBe(false);
});

function detailOf(text: string): string {
  try {
    readSummary(text, 'before.json');
  } catch (error) {
    if (error instanceof Failure && error.problem.code === 'SUMMARY_INVALID') {
      expect(error.problem.path).toBe('before.json');
      return error.problem.detail;
    }
    throw error;
  }
  throw new Error('was read');
}

function changed(changes: Partial<Record<keyof Summary, unknown>>): string {
  return JSON.stringify({ ...full(), ...changes });
}

describe('what is wrong is told', () => {
  it.each([
    [changed({ apiVersion: 'policystat/v2' }), 'apiVersion: '],
    [changed({ kind: 'CheckReport' }), 'it holds a CheckReport, not a Summary'],
    ['{"a":1}', 'it holds no summary'],
    ['[]', 'it holds no summary'],
    ['--- 3', 'it holds no summary'],
    ['---\n', 'it holds no summary'],
    ['{"kind":"Summary"', 'JSON'],
    ['---\nkind: [', 'line 2'],
    [changed({ policies: 'none' }), 'policies: '],
    [changed({ policies: [row({ allowed: -1 })] }), 'policies.0.allowed: '],
    [changed({ policies: [{ ...row(), denied: '3' }] }), 'policies.0.denied: '],
    [changed({ policies: [{ ...row(), attempts: 1.5 }] }), 'policies.0.attempts: '],
    [changed({ policies: [{ ...row(), direction: 'sideways' }] }), 'policies.0.direction: '],
    [changed({ window: { start: 'x', end: 'y', seconds: 1 } }), 'window.start: '],
    [changed({ completeness: undefined }), 'completeness: '],
    [changed({ completeness: { ...full().completeness, status: 'fine' } }), 'completeness.status: '],
    [changed({ totals: { ingress: {}, egress: {} } }), 'totals.ingress.'],
  ])('%.60s', (text, detail) => {
    expect(detailOf(text)).toContain(detail);
  });

  it('a YAML that unfolds without end is refused', () => {
    const levels = Array.from(
      { length: 12 },
      (_, at) =>
        `l${at}: &l${at} [${Array(12)
          .fill(`*l${at - 1}`)
          .join(', ')}]`,
    );
    levels[0] = 'l0: &l0 [x]';
    expect(detailOf(`---\n${levels.join('\n')}\n`)).toContain('alias');
  });

  it('any damage is a failure that names the file, or no damage', () => {
    const text = renderJson(partial());
    fc.assert(
      fc.property(
        fc.nat({ max: text.length - 1 }),
        fc.string({ maxLength: 3 }),
        fc.nat({ max: 20 }),
        (at, put, gone) => {
          try {
            readSummary(text.slice(0, at) + put + text.slice(at + gone), 'before.json');
          } catch (error) {
            expect(error).toBeInstanceOf(Failure);
            expect(error).toMatchObject({ problem: { code: 'SUMMARY_INVALID', path: 'before.json' } });
          }
        },
      ),
    );
  });
});
