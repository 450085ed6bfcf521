/** Columns that somebody chose, and rows without what is around them. */
import { describe, expect, it } from 'vitest';
import { renderCsv } from '../../src/report/csv.ts';
import { renderMarkdown } from '../../src/report/markdown.ts';
import { plainPalette } from '../../src/report/palette.ts';
import { renderPoliciesCsv } from '../../src/report/policies-csv.ts';
import { renderPoliciesMarkdown } from '../../src/report/policies-markdown.ts';
import { renderPoliciesTable } from '../../src/report/policies-table.ts';
import { columnNames } from '../../src/report/policy-fields.ts';
import { renderTable } from '../../src/report/table.ts';
import { wholeCluster } from './policy-reports.ts';
import { full, grouped, hostile, measured, partial } from './summaries.ts';

const COLUMNS = ['denied', 'policy', 'ratePerSecond', 'peers'];
const TABLE = { width: 100, wide: false, palette: plainPalette, live: false };

describe('a summary', () => {
  it('as a table', () => {
    const text = renderTable(full(), { ...TABLE, columns: COLUMNS });
    expect(text.split('\n').slice(2, 5)).toEqual([
      'DENIED  POLICY                 RATE-PER-SECOND  PEERS',
      '    21  implicit-default-deny              0.7  default/xwing; identity 16777217',
      '     0  rule1                              0.1  default/tiefighter',
    ]);
    expect(text).toContain('complete: nothing is known to be missing');
  });

  it('as a table without headers is its rows and nothing else', () => {
    expect(renderTable(full(), { ...TABLE, columns: ['policy', 'denied'], headers: false })).toBe(
      'implicit-default-deny  21\nrule1                   0\n',
    );
    const lines = renderTable(full(), { ...TABLE, headers: false })
      .trimEnd()
      .split('\n');
    expect(lines.map((line) => line.split(/ {2,}/)[0])).toEqual([
      'implicit-default-deny ← rule1',
      'default/rule1 (CNP)',
    ]);
  });

  it('says that a number is a lower bound', () => {
    const text = renderTable(partial(), { ...TABLE, columns: ['denied'], headers: false });
    expect(text).toBe('≥21\n ≥0\n ≥0\n');
  });

  it('as CSV', () => {
    expect(renderCsv(full(), { columns: COLUMNS })).toBe(
      'denied,policy,ratePerSecond,peers\r\n21,implicit-default-deny,0.7,default/xwing; identity 16777217\r\n0,rule1,0.1,default/tiefighter\r\n',
    );
    expect(renderCsv(full(), { columns: ['denied'], headers: false })).toBe('21\r\n0\r\n');
    expect(renderCsv(measured(), { columns: ['bytes'] })).toBe('bytes\r\n\r\n1566\r\n52428800\r\n');
  });

  it('as Markdown', () => {
    const text = renderMarkdown(full(), { columns: COLUMNS });
    expect(text).toContain(
      '| denied | policy | ratePerSecond | peers |\n|--:|---|--:|---|\n| 21 | implicit-default-deny |',
    );
    expect(renderMarkdown(full(), { headers: false }).split('\n')[0]).toMatch(/^\| implicit-default-deny /);
    expect(renderMarkdown(hostile(), { columns: ['policy', 'ports'] })).not.toMatch(/[^\P{C}\n]/u);
  });

  it('of groups', () => {
    expect(renderCsv(grouped(), { columns: ['peer', 'port', 'denied'], headers: false })).toBe(
      'default/xwing,80,20\r\n,,0\r\nother,,12\r\n',
    );
  });

  it.each([false, true])('has every column that there is, with traffic %s', (traffic) => {
    for (const name of columnNames([], traffic, false)) {
      expect(renderCsv(traffic ? measured() : full(), { columns: [name] }).split('\r\n')[0]).toBe(name);
    }
    for (const name of columnNames(['peer', 'pod'], traffic, false)) {
      const summary = grouped();
      expect(renderCsv(summary, { columns: [name] }).split('\r\n')[0]).toBe(name);
    }
  });
});

describe('a report on policies', () => {
  const columns = ['policy', 'standing', 'denied'];

  it('as a table, CSV and Markdown', () => {
    const report = wholeCluster();
    const count = report.policies.length;
    const table = renderPoliciesTable(report, { ...TABLE, columns, headers: false })
      .trimEnd()
      .split('\n');
    const csv = renderPoliciesCsv(report, { columns, headers: false }).trimEnd().split('\r\n');
    const markdown = renderPoliciesMarkdown(report, { columns, headers: false }).trimEnd().split('\n');
    const [first] = report.policies;
    for (const lines of [table, csv, markdown]) {
      expect(lines).toHaveLength(count);
      expect(lines[0]).toContain(first?.policy.name);
    }
    expect(renderPoliciesTable(report, { ...TABLE, columns }).split('\n')[2]).toMatch(/^POLICY +STANDING +DENIED$/);
    expect(renderPoliciesCsv(report, { columns }).split('\r\n')[0]).toBe('policy,standing,denied');
    expect(renderPoliciesMarkdown(report, { columns })).toContain('| policy | standing | denied |\n|---|---|--:|\n');
  });
});
