/** Every output of reports on policies. */
import stringWidth from 'string-width';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { toJson } from '../../src/report/json.ts';
import { plainPalette } from '../../src/report/palette.ts';
import { renderPoliciesCsv } from '../../src/report/policies-csv.ts';
import { renderPoliciesMarkdown } from '../../src/report/policies-markdown.ts';
import { renderPoliciesTable } from '../../src/report/policies-table.ts';
import { paletteFor } from '../../src/report/screen.ts';
import { renderYaml } from '../../src/report/yaml.ts';
import {
  fromFiles,
  fromRecording,
  hostileNames,
  measured,
  nothing,
  partlyHeard,
  wholeCluster,
} from './policy-reports.ts';

const REPORTS = { wholeCluster, partlyHeard, measured, fromRecording, fromFiles, hostileNames, nothing };
const ACTIVE = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]/;

describe.each(Object.entries(REPORTS))('%s', (name, make) => {
  it.each([
    ['table', 80],
    ['table', 160],
    ['wide', 160],
  ])('as %s at %i columns', async (output, width) => {
    const text = renderPoliciesTable(make(), { width, wide: output === 'wide', palette: plainPalette });
    await expect(text).toMatchFileSnapshot(`golden/policies-${name}-${output}-${width}.txt`);
    expect(Math.max(...text.split('\n').map((line) => stringWidth(line)))).toBeLessThanOrEqual(width);
    expect(text).not.toMatch(ACTIVE);
  });

  it('with colours says the same', () => {
    const options = { width: 120, wide: false };
    const text = renderPoliciesTable(make(), { ...options, palette: paletteFor(true) });
    expect(text.replace(/\u001b\[\d+m/g, '')).toBe(renderPoliciesTable(make(), { ...options, palette: plainPalette }));
  });

  it('as JSON and YAML holds the report and no active character', async () => {
    const report = make();
    const json = `${toJson(report, 2)}\n`;
    await expect(json).toMatchFileSnapshot(`golden/policies-${name}.json.txt`);
    expect(JSON.parse(json)).toEqual(report);
    const yaml = renderYaml(report);
    expect(parse(yaml)).toEqual(report);
    for (const text of [json, yaml]) expect(text).not.toMatch(ACTIVE);
  });

  it.each([
    ['csv', renderPoliciesCsv],
    ['markdown', renderPoliciesMarkdown],
  ])('as %s', async (output, render) => {
    const text = render(make());
    await expect(text).toMatchFileSnapshot(`golden/policies-${name}.${output}.txt`);
    expect(text.replaceAll('\r\n', '\n')).not.toMatch(ACTIVE);
  });
});

it('of one recording, which names no file, have a title all the same', () => {
  const { source } = wholeCluster();
  const report = { ...fromFiles(), source: { ...source, files: [] } };
  const [title] = renderPoliciesTable(report, { width: 80, wide: false, palette: plainPalette }).split('\n');
  expect(title).toMatch(/^policies of the recording · /);
  expect(renderPoliciesMarkdown(report)).toMatch(/^\*\*policystat\*\*: policies of the recording · /);
});
