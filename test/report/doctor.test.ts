/** Every output of the doctor's reports. */
import stringWidth from 'string-width';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import type { DoctorReport } from '../../src/model/doctor.ts';
import { renderDoctorTable } from '../../src/report/doctor-table.ts';
import { toJson } from '../../src/report/json.ts';
import { plainPalette } from '../../src/report/palette.ts';
import { paletteFor } from '../../src/report/screen.ts';
import { renderYaml } from '../../src/report/yaml.ts';
import { healthy, hostile, troubled, wide } from './doctor-reports.ts';

const REPORTS: Readonly<Record<string, () => DoctorReport>> = { healthy, troubled, hostile, wide };
const ACTIVE = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]/;

describe.each(Object.entries(REPORTS))('%s', (name, make) => {
  it.each([80, 140])('as a table at %i columns', async (width) => {
    const text = renderDoctorTable(make(), { width, palette: plainPalette });
    await expect(text).toMatchFileSnapshot(`golden/doctor-${name}-${width}.txt`);
    const [checks = ''] = text.split('\n\nRoles for what is missing');
    expect(Math.max(...checks.split('\n').map((line) => stringWidth(line)))).toBeLessThanOrEqual(width);
    expect(text).not.toMatch(ACTIVE);
  });

  it('with colours says the same', () => {
    const text = renderDoctorTable(make(), { width: 120, palette: paletteFor(true) });
    const plain = text.replace(/\u001b\[\d+m/g, '');
    expect(plain).toBe(renderDoctorTable(make(), { width: 120, palette: plainPalette }));
  });

  it('as JSON and YAML holds the report and no active character', async () => {
    const report = make();
    const json = `${toJson(report, 2)}\n`;
    if (name !== 'wide') await expect(json).toMatchFileSnapshot(`golden/doctor-${name}.json.txt`);
    expect(JSON.parse(json)).toEqual(report);
    const yaml = renderYaml(report);
    expect(parse(yaml)).toEqual(report);
    for (const text of [json, yaml]) expect(text).not.toMatch(ACTIVE);
  });
});
