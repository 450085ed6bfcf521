/** The published JSON Schemas hold what the program prints: by a validator that others wrote. */
import { readdirSync, readFileSync } from 'node:fs';
import Ajv from 'ajv';
import * as v from 'valibot';
import { describe, expect, expectTypeOf, it } from 'vitest';
import { parse } from 'yaml';
import type { CheckReport } from '../../src/model/check.ts';
import type { CompareReport } from '../../src/model/compare.ts';
import type { DoctorReport } from '../../src/model/doctor.ts';
import type { PolicyReport } from '../../src/model/policy-report.ts';
import type { Summary } from '../../src/model/summary.ts';
import type { CompareReportSchema } from '../../src/schema/compare-report.ts';
import type { DoctorReportSchema } from '../../src/schema/doctor-report.ts';
import type { CheckReportSchema, PolicyReportSchema } from '../../src/schema/reports.ts';
import type { SummarySchema } from '../../src/schema/summary.ts';

const root = new URL('../../', import.meta.url);
const SCHEMAS = ['summary', 'event', 'policy-report', 'check-report', 'doctor-report', 'compare-report'] as const;
const OF_KIND = {
  Summary: 'summary',
  PolicyReport: 'policy-report',
  CheckReport: 'check-report',
  DoctorReport: 'doctor-report',
  CompareReport: 'compare-report',
} as const;

const Kinds = v.object({
  kind: v.picklist(['Summary', 'PolicyReport', 'CheckReport', 'DoctorReport', 'CompareReport']),
});

/** As published, but for a field that the schema does not name: that one is an error here. */
function strictly(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(strictly);
  if (typeof schema !== 'object' || schema === null) return schema;
  const inner = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, strictly(value)]));
  return 'properties' in inner ? { ...inner, additionalProperties: false } : inner;
}

const ajv = new Ajv({ allErrors: true });
for (const name of SCHEMAS) {
  const schema = v.parse(
    v.record(v.string(), v.unknown()),
    JSON.parse(readFileSync(new URL(`docs/schema/${name}.json`, root), 'utf8')),
  );
  ajv.addSchema(v.parse(v.record(v.string(), v.unknown()), strictly(schema)), name);
}

/** Null where it is valid. */
function problemsOf(schema: (typeof SCHEMAS)[number], value: unknown): string | null {
  return ajv.validate(schema, value) === true ? null : ajv.errorsText();
}

const golden = readdirSync(new URL('test/', root), { recursive: true, encoding: 'utf8' })
  .filter((path) => path.includes('golden/'))
  .map((path) => ({ path, text: readFileSync(new URL(`test/${path}`, root), 'utf8') }));
const wholes = golden.filter(({ path }) => /\.(?:json|yaml)\.txt$/.test(path));
const lines = golden.filter(({ path }) => path.endsWith('.jsonl.txt'));

describe('golden files', () => {
  it('are there', () => {
    expect(wholes.length).toBeGreaterThan(20);
    expect(lines.length).toBeGreaterThan(0);
  });

  it.each(wholes)('$path', ({ path, text }) => {
    const value: unknown = path.endsWith('.yaml.txt') ? parse(text) : JSON.parse(text);
    const kind = v.safeParse(Kinds, value);
    // What is no contract (yet) has no schema.
    if (!kind.success) return;
    expect(problemsOf(OF_KIND[kind.output.kind], value)).toBeNull();
  });

  it.each(lines)('$path', ({ text }) => {
    for (const line of text.trimEnd().split('\n')) {
      const value: unknown = JSON.parse(line);
      expect(problemsOf(v.is(Kinds, value) ? 'summary' : 'event', value), line).toBeNull();
    }
  });
});

describe('a schema', () => {
  const [summary] = wholes.filter(({ path }) => path.endsWith('golden/full.json.txt'));
  const valid = v.parse(v.record(v.string(), v.unknown()), JSON.parse(summary?.text ?? ''));

  it.each([
    ['without a field', Object.fromEntries(Object.entries(valid).filter(([name]) => name !== 'totals'))],
    ['with a wrong kind', { ...valid, kind: 'Sumary' }],
    ['with a number that is none', { ...valid, omittedRows: 'many' }],
    ['with half a record', { ...valid, omittedRows: 1.5 }],
    ['with a field that nobody knows', { ...valid, extra: 1 }],
    ['with a time that is none', { ...valid, window: { start: 'now', end: 'now', seconds: 1 } }],
  ])('refuses a summary %s', (_, value) => {
    expect(problemsOf('summary', valid)).toBeNull();
    expect(problemsOf('summary', value)).not.toBeNull();
  });
});

/** Schemas cannot say readonly. */
type Writable<T> = T extends readonly (infer Item)[]
  ? Writable<Item>[]
  : T extends object
    ? { -readonly [Name in keyof T]: Writable<T[Name]> }
    : T;

it('the schemas leave out nothing that the types allow', () => {
  expectTypeOf<Writable<Summary>>().toExtend<v.InferInput<typeof SummarySchema>>();
  expectTypeOf<Writable<PolicyReport>>().toExtend<v.InferInput<typeof PolicyReportSchema>>();
  expectTypeOf<Writable<DoctorReport>>().toExtend<v.InferInput<typeof DoctorReportSchema>>();
  expectTypeOf<Writable<CheckReport>>().toExtend<v.InferInput<typeof CheckReportSchema>>();
  expectTypeOf<Writable<CompareReport>>().toExtend<v.InferInput<typeof CompareReportSchema>>();
});
