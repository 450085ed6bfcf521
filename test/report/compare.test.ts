/** Every form of a comparison, as a person and a program get it. */
import stringWidth from 'string-width';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { compareSummaries } from '../../src/compare/compare.ts';
import type { CompareInput, CompareReport, Criterion } from '../../src/model/compare.ts';
import { renderCompareCsv } from '../../src/report/compare-csv.ts';
import { renderCompareMarkdown } from '../../src/report/compare-markdown.ts';
import { renderCompareTable } from '../../src/report/compare-table.ts';
import { toJson } from '../../src/report/json.ts';
import { plainPalette } from '../../src/report/palette.ts';
import { paletteFor } from '../../src/report/screen.ts';
import { renderYaml } from '../../src/report/yaml.ts';
import { allowing, denying, OFFLINE, PARTIAL, side, TIEFIGHTER, XWING } from '../compare/sides.ts';
import { crowded, dropping, full, HOSTILE, hostile, row } from './summaries.ts';

const ACTIVE = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]/;

const RULE2 = { kind: 'CiliumNetworkPolicy', namespace: 'default', name: 'rule2' } as const;
const LATER = { start: '2026-11-20T12:10:00.000Z', end: '2026-11-20T12:11:00.000Z', seconds: 60 };
const BEFORE = side([denying(XWING), allowing(TIEFIGHTER)]);

function compare(before: CompareInput, after: CompareInput, failOn: readonly Criterion[] = []): CompareReport {
  return compareSummaries({ input: 'before.json', summary: before }, { input: '-', summary: after }, failOn);
}

/** One peer on two ports: let through and refused so often. */
function grouped(http: readonly [number, number], https: readonly [number, number]): CompareInput {
  const rows = [http, https].map(([allowed, denied], at) => ({
    ...{ direction: 'egress' as const, policy: RULE2, peer: XWING, other: false },
    ...{
      port: { protocol: 'TCP', port: at === 0 ? 80 : 443 },
      allowed,
      redirected: 0,
      audited: 0,
      denied,
      attempts: 0,
    },
  }));
  return { ...BEFORE, groups: { by: ['policy', 'peer', 'port'], rows } };
}

const REPORTS: Readonly<Record<string, CompareReport>> = {
  broken: compare(
    BEFORE,
    side(
      [
        denying(TIEFIGHTER, { isolatedBy: [RULE2], denied: 120, attempts: 17 }),
        allowing(XWING, { policy: RULE2, allowed: 40 }),
        allowing({ identity: 2, name: 'world', labels: [] }, { direction: 'egress', audited: 3, allowed: 0 }),
      ],
      { window: LATER },
    ),
    ['became-denied', 'gone-policy', 'new-drop'],
  ),
  unbroken: compare(BEFORE, { ...BEFORE, window: LATER }, ['became-denied']),
  partial: compare(
    { ...BEFORE, completeness: PARTIAL },
    side([denying(XWING), denying(TIEFIGHTER)], { window: LATER, completeness: PARTIAL, targets: [] }),
    ['new-denied', 'gone-allowed'],
  ),
  offline: compare(
    side([denying(XWING, { firstSeen: null }), allowing(TIEFIGHTER, { firstSeen: null })], OFFLINE),
    side([allowing(TIEFIGHTER, { firstSeen: null })], OFFLINE),
  ),
  dropping: compare(dropping(), {
    ...dropping(),
    drops: [],
    l7: dropping().l7.map((each) => ({ ...each, denied: 4 })),
  }),
  hostile: compare(full(), {
    ...hostile(),
    policies: [
      ...hostile().policies,
      row({ policy: { kind: null, namespace: HOSTILE, name: `${HOSTILE}=cmd|<b>` }, denied: 3, allowed: 0 }),
    ],
  }),
  grouped: compare(grouped([3, 0], [0, 9]), grouped([0, 21], [2, 0]), ['became-denied', 'new-policy']),
  crowded: compare(full(), crowded(60)),
};

describe.each(Object.entries(REPORTS))('%s', (name, report) => {
  it.each([
    ['table', 80],
    ['table', 140],
    ['wide', 80],
  ])('as %s at %i columns', async (output, width) => {
    const options = { width, wide: output === 'wide', palette: plainPalette };
    const text = renderCompareTable(report, options);
    await expect(text).toMatchFileSnapshot(`golden/compare-${name}-${output}-${width}.txt`);
    const lines = text.split('\n');
    expect(Math.max(...lines.map((line) => stringWidth(line)))).toBeLessThanOrEqual(width);
    if (output === 'table') expect(lines.length).toBeLessThanOrEqual(50);
    expect(text).not.toMatch(ACTIVE);
    const coloured = renderCompareTable(report, { ...options, palette: paletteFor(true) });
    expect(coloured.replace(/\u001b\[\d+m/g, '')).toBe(text);
  });

  it.each([
    ['json', (each: CompareReport) => `${toJson(each, 2)}\n`],
    ['yaml', renderYaml],
    ['csv', renderCompareCsv],
    ['markdown', renderCompareMarkdown],
  ])('as %s', async (output, render) => {
    const text = render(report);
    if (name !== 'crowded') await expect(text).toMatchFileSnapshot(`golden/compare-${name}.${output}.txt`);
    expect(text.replaceAll('\r\n', '\n')).not.toMatch(ACTIVE);
    if (output === 'json') expect(JSON.parse(text)).toEqual(report);
    if (output === 'yaml') expect(parse(text)).toEqual(report);
  });
});

it('the first line is the answer', async () => {
  const firstLines = Object.entries(REPORTS).map(([name, report]) => {
    const [line = ''] = renderCompareTable(report, { width: 200, wide: false, palette: plainPalette }).split('\n');
    return `${name}: ${line}`;
  });
  await expect(`${firstLines.join('\n')}\n`).toMatchFileSnapshot('golden/compare-verdicts.txt');
});
