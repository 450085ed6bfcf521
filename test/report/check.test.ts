/** Every form of a check's report. */
import { readFile } from 'node:fs/promises';
import stringWidth from 'string-width';
import { describe, expect, it } from 'vitest';
import { validateXML } from 'xmllint-wasm';
import type { CheckReport } from '../../src/model/check.ts';
import { renderAnnotations } from '../../src/report/check-annotations.ts';
import { renderCheckMarkdown } from '../../src/report/check-markdown.ts';
import { renderCheckText } from '../../src/report/check-text.ts';
import { toJson } from '../../src/report/json.ts';
import { renderJunit } from '../../src/report/junit.ts';
import { plainPalette } from '../../src/report/palette.ts';
import { junitSchema } from '../../tools/junit-schema.ts';
import { checkReport } from './check-reports.ts';
import { HOSTILE, partial, row } from './summaries.ts';

const REPORTS = {
  failed: checkReport(),
  held: checkReport({ judgement: 'held', expectations: checkReport().expectations.slice(0, 1), command: null }),
  unknown: checkReport({
    judgement: 'unknown',
    source: partial().source,
    completeness: partial().completeness,
    expectations: [
      { name: null, text: 'no denied', judgement: 'unknown', counted: 0, undecided: 0, seconds: 30, nearest: [row()] },
    ],
  }),
  partial: checkReport({
    judgement: 'unknown',
    source: partial().source,
    completeness: partial().completeness,
    expectations: checkReport().expectations.slice(0, 1),
  }),
  undecided: checkReport({
    judgement: 'unknown',
    expectations: [
      {
        name: null,
        text: 'no denied from xwing',
        judgement: 'unknown',
        counted: 0,
        undecided: 7,
        seconds: 30,
        nearest: [],
      },
    ],
  }),
  hostile: checkReport({
    expectations: [
      {
        name: `${HOSTILE}%0A::error::<&"'>]]>`,
        text: `"${HOSTILE}":denied==0`,
        judgement: 'failed',
        counted: 1,
        undecided: 0,
        seconds: 1,
        nearest: [row({ policy: { kind: null, namespace: HOSTILE, name: `${HOSTILE}|<b>` } })],
      },
    ],
  }),
};

const ACTIVE = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]/;

describe.each(Object.entries(REPORTS))('%s', (name, made) => {
  it.each([
    ['text', (each: CheckReport) => renderCheckText(each, { width: 80, palette: plainPalette })],
    ['json', (each: CheckReport) => `${toJson(each, 2)}\n`],
    ['junit', renderJunit],
    ['markdown', renderCheckMarkdown],
    ['annotations', renderAnnotations],
  ])('as %s', async (output, render) => {
    const text = render(made);
    await expect(text).toMatchFileSnapshot(`golden/check-${name}.${output}.txt`);
    expect(text).not.toMatch(ACTIVE);
    if (output === 'text')
      expect(Math.max(...text.split('\n').map((line) => stringWidth(line)))).toBeLessThanOrEqual(80);
  });

  it('as JUnit is what the schema asks for', async () => {
    const schema = await readFile(await junitSchema(), 'utf8');
    const xml = [{ fileName: 'policystat.xml', contents: renderJunit(made) }];
    expect(await validateXML({ xml, schema: [schema] })).toMatchObject({ valid: true, errors: [] });
    const broken = [{ fileName: 'broken.xml', contents: renderJunit(made).replace('<testcase', '<case') }];
    expect(await validateXML({ xml: broken, schema: [schema] })).toMatchObject({ valid: false });
  });
});
