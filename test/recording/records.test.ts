/** Every kind of record that agents print goes into a recording and comes out of it as it was, or without what was to be left out. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import * as v from 'valibot';
import { describe, expect, expectTypeOf, it } from 'vitest';
import type { Ignored, MonitorRecord } from '../../src/model/event.ts';
import { plainRecord } from '../../src/recording/plain.ts';
import { RecordSchema } from '../../src/recording/record-schema.ts';
import { createRedactor } from '../../src/recording/redact.ts';
import { intactFiles, readRecords } from '../parser/corpus.ts';

const SCENARIOS = new URL('../../fixtures/captures/scenarios/', import.meta.url);

/** Each once. */
function recordsOf(texts: readonly Uint8Array[]): readonly MonitorRecord[] {
  const known = new Map<string, MonitorRecord>();
  for (const bytes of texts) {
    for (const record of readRecords([bytes])) {
      const plain = plainRecord(record);
      if (plain.type !== 'ignored') known.set(JSON.stringify(plain), plain);
    }
  }
  return [...known.values()];
}

const hubbleFiles = readdirSync(SCENARIOS, { recursive: true, encoding: 'utf8' }).filter((name) =>
  name.includes('hubble'),
);
const monitor = recordsOf(intactFiles().map(({ bytes }) => bytes));
const hubble = recordsOf(
  hubbleFiles.filter((name) => /\.\w+$/.test(name)).map((name) => readFileSync(new URL(name, SCENARIOS))),
);
const records = [...monitor, ...hubble];

describe('records', () => {
  it('are of every kind', () => {
    const kinds = new Set(monitor.map(({ type }) => type));
    for (const kind of [
      'policy-verdict',
      'drop',
      'trace',
      'l7',
      'capture',
      'debug',
      'nat',
      'recorder',
      'lost',
      'agent',
    ])
      expect(kinds).toContain(kind);
    expect(hubble.some((record) => record.type === 'policy-verdict' && record.hubble !== null)).toBe(true);
  });

  it('come back as they were', () => {
    for (const record of records) {
      const text = JSON.stringify(record);
      expect(JSON.stringify(inOrder(v.parse(RecordSchema, JSON.parse(text))))).toBe(JSON.stringify(inOrder(record)));
    }
  });

  it('are all that the schema holds', () => {
    expectTypeOf<Writable<Exclude<MonitorRecord, Ignored>>>().toExtend<v.InferInput<typeof RecordSchema>>();
  });
});

/** What anybody could be recognized by. */
const TELLING =
  /^(?:ip|ips|originalIp|pod|namespace|node|nodes|labels|sourceLabels|destinationLabels|names|name|cluster|service|url|query|cnames|topic|text|line|message)$/;

describe('redaction', () => {
  const redactor = createRedactor(['ips', 'names', 'urls'], (text) => createHash('sha256').update(text).digest('hex'));

  it('leaves no value, keeps the rest, and takes equal ones for equal', () => {
    const words = new Map<string, string>();
    const meanings = new Map<string, string>();
    let redacted = 0;
    for (const record of records) {
      const after = new Map(leaves(redactor.record(record)));
      for (const [path, value] of leaves(record)) {
        const word = after.get(path) ?? '';
        const key = path.split('.').findLast((step) => !/^\d+$/.test(step)) ?? '';
        // The names of policies are what the numbers are about; what ICMP says names nobody.
        const isKept =
          /(?:^|\.)policies\..*\.name$|^icmp\.text$/.test(path) || value.startsWith('reserved:') || value === '';
        if (!TELLING.test(key) || isKept) {
          if (isKept) expect(word).toBe(value);
          continue;
        }
        redacted += 1;
        expect(word).not.toContain(value);
        expect(words.get(`${key} ${value}`) ?? word).toBe(word);
        words.set(`${key} ${value}`, word);
        expect(meanings.get(`${key} ${word}`) ?? value).toBe(value);
        meanings.set(`${key} ${word}`, value);
      }
      expect(JSON.stringify(v.parse(RecordSchema, redactor.record(record)))).not.toMatch(/\b(?:\d{1,3}\.){3}\d{1,3}\b/);
    }
    expect(redacted).toBeGreaterThan(1_000);
  });

  it('of one kind leaves the others as they are', () => {
    const onlyIps = createRedactor(['ips'], (text) => createHash('sha256').update(text).digest('hex'));
    const http = monitor.find((record) => record.type === 'l7' && 'url' in record.l7);
    const flow = hubble.find(
      (record) => record.type === 'policy-verdict' && typeof record.hubble?.source?.pod === 'string',
    );
    if (http?.type !== 'l7' || flow?.type !== 'policy-verdict') throw new Error('there are none');
    expect(onlyIps.record(flow)).toMatchObject({ hubble: { source: { pod: flow.hubble?.source?.pod } } });
    const onlyNames = createRedactor(['names'], (text) => createHash('sha256').update(text).digest('hex'));
    expect(onlyNames.record(flow)).toMatchObject({ source: flow.source, destination: flow.destination });
  });
});

/** Every text inside, with its path. */
function leaves(value: unknown, path = ''): [string, string][] {
  if (typeof value === 'string') return [[path, value]];
  if (typeof value !== 'object' || value === null) return [];
  const entries: readonly (readonly [string, unknown])[] = Object.entries(value);
  return entries.flatMap(([key, each]) => leaves(each, path === '' ? key : `${path}.${key}`));
}

/** The order of fields means nothing. */
function inOrder(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((each: unknown) => inOrder(each));
  const entries: readonly (readonly [string, unknown])[] = Object.entries(value);
  return Object.fromEntries(
    entries.toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([key, each]) => [key, inOrder(each)]),
  );
}

/** Schemas cannot say readonly. */
type Writable<T> = T extends readonly (infer Item)[]
  ? Writable<Item>[]
  : T extends object
    ? { -readonly [Name in keyof T]: Writable<T[Name]> }
    : T;
