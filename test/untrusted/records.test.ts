/** Whatever a text field of a record says, it stays one line of events, and the JSON of it says the same. */
import * as v from 'valibot';
import { expect, it } from 'vitest';
import type { MonitorRecord } from '../../src/model/event.ts';
import type { Attribution } from '../../src/model/policy.ts';
import { RecordSchema } from '../../src/recording/record-schema.ts';
import { renderEventJson } from '../../src/report/event-json.ts';
import { createEventText } from '../../src/report/event-text.ts';
import { plainPalette } from '../../src/report/palette.ts';
import { EVENTS } from '../report/event-records.ts';
import { ALL_OF_IT, HOSTILE_TEXTS, replaced, textPlaces } from './texts.ts';

const UNSAFE = /[[\p{C}\p{Z}\p{Default_Ignorable_Code_Point}]--[ ]]/v;
/** A line of text names two pods, a policy and a packet; none of them can fill a screen. */
const LONGEST_LINE = 4_000;

const AttributionSchema = v.object({
  grade: v.picklist(['datapath', 'correlated', 'derived', 'default-deny', 'unattributed']),
  policies: v.array(v.object({ kind: v.null(), namespace: v.string(), name: v.string() })),
  isolatedBy: v.array(v.object({ kind: v.null(), namespace: v.string(), name: v.string() })),
  reason: v.null(),
  ambiguous: v.boolean(),
});

function answerOf(text: string): Attribution {
  const ref = { kind: null, namespace: text, name: text };
  return v.parse(AttributionSchema, {
    grade: 'derived',
    policies: [ref],
    isolatedBy: [ref],
    reason: null,
    ambiguous: true,
  });
}

function hold(record: MonitorRecord, text: string, what: string): void {
  const identityName = (identity: number) => ({ identity, name: text, labels: [text] });
  const render = createEventText({ identityName, endpointName: () => text, dates: false, palette: plainPalette });
  const about = { node: text, atMs: 0, wanted: true };
  const line = render(record, answerOf(text), about) ?? '\n';
  expect(line.endsWith('\n'), what).toBe(true);
  expect(line.slice(0, -1), what).not.toMatch(UNSAFE);
  expect(line.length, what).toBeLessThan(LONGEST_LINE);
  const json = renderEventJson(record, answerOf(text), about) ?? '{}\n';
  expect(json.slice(0, -1), what).not.toMatch(UNSAFE);
  expect(JSON.parse(json), what).toBeTypeOf('object');
}

const records = EVENTS.flatMap(([record]) => {
  const read = v.safeParse(RecordSchema, record);
  return read.success ? [read.output] : [];
});

it('looks at every type of record', () => {
  expect(new Set(records.map(({ type }) => type)).size).toBeGreaterThan(8);
});

it.each(Object.entries(HOSTILE_TEXTS))('%s everywhere', (name, text) => {
  for (const record of records) {
    const places = textPlaces(record).filter((path) => v.is(RecordSchema, replaced(record, path, 'any text')));
    const poisoned = places.reduce<unknown>((made, path) => replaced(made, path, text), record);
    hold(v.parse(RecordSchema, poisoned), text, `${record.type}: ${name}`);
  }
});

it('all of it in each place by itself', () => {
  for (const record of records) {
    for (const path of textPlaces(record)) {
      const read = v.safeParse(RecordSchema, replaced(record, path, ALL_OF_IT));
      if (read.success) hold(read.output, 'plain', `${record.type}: ${path.join('.')}`);
    }
  }
});
