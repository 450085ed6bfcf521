/** Whatever a text field of a report says, no output lets it act: on a terminal, in a spreadsheet, on a page, in a parser. */
import { readFile } from 'node:fs/promises';
import stringWidth from 'string-width';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { validateXML } from 'xmllint-wasm';
import { parse, parseAllDocuments } from 'yaml';
import { compareSummaries } from '../../src/compare/compare.ts';
import { renderAnnotations } from '../../src/report/check-annotations.ts';
import { renderCheckMarkdown } from '../../src/report/check-markdown.ts';
import { renderCheckText } from '../../src/report/check-text.ts';
import { renderCompareCsv } from '../../src/report/compare-csv.ts';
import { renderCompareMarkdown } from '../../src/report/compare-markdown.ts';
import { renderCompareTable } from '../../src/report/compare-table.ts';
import { renderCsv } from '../../src/report/csv.ts';
import { renderDoctorTable } from '../../src/report/doctor-table.ts';
import { toJson } from '../../src/report/json.ts';
import { renderJsonl } from '../../src/report/jsonl.ts';
import { renderJunit } from '../../src/report/junit.ts';
import { renderMarkdown } from '../../src/report/markdown.ts';
import { plainPalette } from '../../src/report/palette.ts';
import { renderPoliciesCsv } from '../../src/report/policies-csv.ts';
import { renderPoliciesMarkdown } from '../../src/report/policies-markdown.ts';
import { renderPoliciesTable } from '../../src/report/policies-table.ts';
import { renderPrometheus } from '../../src/report/prometheus.ts';
import { renderTable } from '../../src/report/table.ts';
import { renderYaml } from '../../src/report/yaml.ts';
import { CompareReportSchema } from '../../src/schema/compare-report.ts';
import { DoctorReportSchema } from '../../src/schema/doctor-report.ts';
import { CheckReportSchema, PolicyReportSchema } from '../../src/schema/reports.ts';
import { SummarySchema } from '../../src/schema/summary.ts';
import { junitSchema } from '../../tools/junit-schema.ts';
import { checkReport } from '../report/check-reports.ts';
import { healthy, troubled } from '../report/doctor-reports.ts';
import { fromFiles, partlyHeard, wholeCluster } from '../report/policy-reports.ts';
import { audited, dropping, full, grouped, measured, partial, row } from '../report/summaries.ts';
import { ALL_OF_IT, HOSTILE_TEXTS, replaced, textPlaces } from './texts.ts';

/** Longer than any line that a person asked for, shorter than what could fill a screen. */
const LONGEST_LINE = 2_000;
const UNSAFE = /[[\p{C}\p{Z}\p{Default_Ignorable_Code_Point}]--[ \n]]/v;
const WIDTH = 80;
const PLAIN = { width: WIDTH, wide: false, palette: plainPalette };

type Judge = (text: string, report: object) => void;

function isSafe(text: string): void {
  expect(text).not.toMatch(UNSAFE);
}

const onTerminal: Judge = (text) => {
  isSafe(text);
  expect(Math.max(...text.split('\n').map((line) => stringWidth(line)))).toBeLessThanOrEqual(WIDTH);
};
/** A role to copy, or a name that is to be found again, is not cut at the screen's edge. */
const forPeople: Judge = (text) => {
  isSafe(text);
  expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(LONGEST_LINE);
};
const asJson: Judge = (text, report) => {
  isSafe(text);
  expect(JSON.parse(text)).toEqual(report);
};
const asYaml: Judge = (text, report) => {
  isSafe(text);
  expect(parseAllDocuments(text)).toHaveLength(1);
  expect(parse(text)).toEqual(report);
};
/** Every cell of every row, as a spreadsheet takes them apart. */
const asCsv: Judge = (text) => {
  isSafe(text.replaceAll('\r\n', '\n'));
  const cells = text.match(/(?<=^|,|\r\n)(?:"(?:[^"]|"")*"|[^",\r\n]*)(?=,|\r\n|$)/g) ?? [];
  const values = cells.map((cell) => (cell.startsWith('"') ? cell.slice(1, -1).replaceAll('""', '"') : cell));
  for (const value of values) expect(value).not.toMatch(/^[=+@\t\r]|^-(?!\d+(?:\.\d+)?$)/);
};
const asMarkdown: Judge = (text) => {
  isSafe(text);
  const rows = text.split('\n').filter((line) => line.startsWith('|'));
  const columns = rows.map((line) => line.replaceAll(/\\./g, '').split('|').length);
  const widths = new Map<string, number>();
  for (const [at, line] of rows.entries()) if (/^\|[ :|-]+\|$/.test(line)) widths.set(`${at}`, columns[at] ?? 0);
  // A heading, its rule and the rows below it have as many cells.
  let wanted = 0;
  for (const [at] of rows.entries()) {
    wanted = widths.get(`${at + 1}`) ?? wanted;
    expect(columns[at], rows[at]).toBe(wanted);
  }
  expect(text.replaceAll('<br>', '').replaceAll(/\\./g, '')).not.toMatch(/<[a-z!/]|\]\(|!\[/i);
};
const asPrometheus: Judge = (text) => {
  isSafe(text);
  for (const line of text.trimEnd().split('\n')) {
    expect(line).toMatch(
      /^# (?:HELP|TYPE) policystat_\w+ |^# \d+ more rows left out$|^policystat_\w+(?:\{(?:\w+="(?:[^"\\]|\\[\\"n])*",?)+\})? \S+$/,
    );
  }
};
const asAnnotations: Judge = (text) => {
  isSafe(text);
  for (const line of text.trimEnd().split('\n'))
    expect(line).toMatch(/^::(?:error|warning|notice)(?: title=[^:,\n]*)?::/);
};
const asXml: Judge = isSafe;

interface Form<Report> {
  readonly render: (report: Report) => string;
  readonly judge: Judge;
}

function describeReports<Report extends object>(
  what: string,
  schema: v.GenericSchema<unknown, Report>,
  samples: Readonly<Record<string, Report>>,
  forms: Readonly<Record<string, Form<Report>>>,
): void {
  const every = { ...forms, json: { render: (each: Report) => toJson(each, 2), judge: asJson } };
  describe.each(Object.entries(samples))(`${what} %s`, (_, sample) => {
    const places = textPlaces(sample).filter((path) => v.is(schema, replaced(sample, path, 'any text')));

    function judge(poisoned: unknown, what: string): void {
      const report = v.parse(schema, poisoned);
      for (const [form, { render, judge: hold }] of Object.entries(every)) {
        expect(() => hold(render(report), report), `${what} as ${form}`).not.toThrow();
      }
    }

    it.each(Object.entries(HOSTILE_TEXTS))('%s everywhere', (name, text) => {
      expect(places.length).toBeGreaterThan(1);
      judge(
        places.reduce<unknown>((report, path) => replaced(report, path, text), sample),
        name,
      );
    });

    it('all of it in each place by itself', () => {
      for (const path of places) judge(replaced(sample, path, ALL_OF_IT), path.join('.'));
    });
  });
}

describeReports(
  'summary',
  SummarySchema,
  {
    full: full(),
    dropping: dropping(),
    measured: measured(),
    grouped: grouped(),
    audited: audited(),
    partial: partial(),
  },
  {
    table: { render: (each) => renderTable(each, { ...PLAIN, live: false }), judge: onTerminal },
    live: { render: (each) => renderTable(each, { ...PLAIN, live: true, height: 24 }), judge: onTerminal },
    wide: { render: (each) => renderTable(each, { ...PLAIN, wide: true, live: false }), judge: onTerminal },
    jsonl: { render: renderJsonl, judge: asJson },
    yaml: { render: renderYaml, judge: asYaml },
    csv: { render: (each) => renderCsv(each), judge: asCsv },
    markdown: { render: (each) => renderMarkdown(each), judge: asMarkdown },
    prometheus: { render: renderPrometheus, judge: asPrometheus },
  },
);

describeReports(
  'policy report',
  PolicyReportSchema,
  { wholeCluster: wholeCluster(), partlyHeard: partlyHeard(), fromFiles: fromFiles() },
  {
    table: { render: (each) => renderPoliciesTable(each, PLAIN), judge: onTerminal },
    wide: { render: (each) => renderPoliciesTable(each, { ...PLAIN, wide: true }), judge: onTerminal },
    yaml: { render: renderYaml, judge: asYaml },
    csv: { render: (each) => renderPoliciesCsv(each), judge: asCsv },
    markdown: { render: (each) => renderPoliciesMarkdown(each), judge: asMarkdown },
  },
);

describeReports(
  'comparison',
  CompareReportSchema,
  {
    changed: compareSummaries(
      { input: 'a.json', summary: full() },
      { input: 'b.json', summary: { ...dropping(), policies: [row({ denied: 9, allowed: 0 })] } },
      ['new-denied'],
    ),
  },
  {
    table: { render: (each) => renderCompareTable(each, PLAIN), judge: onTerminal },
    wide: { render: (each) => renderCompareTable(each, { ...PLAIN, wide: true }), judge: onTerminal },
    yaml: { render: renderYaml, judge: asYaml },
    csv: { render: renderCompareCsv, judge: asCsv },
    markdown: { render: renderCompareMarkdown, judge: asMarkdown },
  },
);

describeReports(
  "doctor's report",
  DoctorReportSchema,
  { healthy: healthy(), troubled: troubled() },
  {
    table: { render: (each) => renderDoctorTable(each, PLAIN), judge: forPeople },
    yaml: { render: renderYaml, judge: asYaml },
  },
);

describeReports(
  "check's report",
  CheckReportSchema,
  { failed: checkReport() },
  {
    text: { render: (each) => renderCheckText(each, PLAIN), judge: onTerminal },
    yaml: { render: renderYaml, judge: asYaml },
    markdown: { render: renderCheckMarkdown, judge: asMarkdown },
    annotations: { render: renderAnnotations, judge: asAnnotations },
    junit: { render: renderJunit, judge: asXml },
  },
);

it('JUnit of any of these texts is what its schema asks for', async () => {
  const schema = await readFile(await junitSchema(), 'utf8');
  const places = textPlaces(checkReport()).filter((path) =>
    v.is(CheckReportSchema, replaced(checkReport(), path, 'x')),
  );
  const xml = Object.values(HOSTILE_TEXTS).map((text, at) => {
    const poisoned = places.reduce<unknown>((report, path) => replaced(report, path, text), checkReport());
    return { fileName: `${at}.xml`, contents: renderJunit(v.parse(CheckReportSchema, poisoned)) };
  });
  expect(await validateXML({ xml, schema: [schema] })).toMatchObject({ valid: true, errors: [] });
});
