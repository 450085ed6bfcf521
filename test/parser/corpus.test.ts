/** Every line of the corpus, intact and damaged, against its truth, field by field. */
import { describe, expect, test } from 'vitest';
import type { MonitorRecord } from '../../src/model/event.ts';
import { damagedFiles, intactFiles, readRecords } from './corpus.ts';
import { type CorpusEvent, differences, eventsOf, OWN_LINES } from './expected.ts';

function wrongIn(records: readonly MonitorRecord[], events: readonly CorpusEvent[]): string[] {
  const kept = records.filter(({ type }) => type !== 'ignored');
  return events.flatMap(({ truth, lines }, i) =>
    differences(truth, lines, kept[i]).map((text) => `${text}: ${lines.join(' / ').slice(0, 400)}`),
  );
}

function countOf(records: readonly MonitorRecord[], reason: string): number {
  return records.filter((record) => record.type === 'ignored' && record.reason === reason).length;
}

const intact = intactFiles().map((file) => ({ ...file, events: eventsOf(file), records: readRecords([file.bytes]) }));
const damaged = damagedFiles().map((file) => ({ ...file, records: readRecords([file.bytes]) }));

describe('intact output', () => {
  test.each(intact)('$name: each event is one record with the right fields', ({ events, records }) => {
    expect(wrongIn(records, events)).toEqual([]);
  });

  test.each(intact)('$name: every other line is left out for the reason that it has', (file) => {
    const { lines, truths, events, records } = file;
    expect(records.length).toBe(lines.length);
    const own = Object.entries(OWN_LINES).map(([type, reason]) => [
      reason,
      truths.filter((truth, i) => truth.type === type && lines[i] !== '').length,
    ]);
    expect(own.map(([reason]) => [reason, countOf(records, String(reason))])).toEqual(own);
    const left = ['banner', 'log', 'blank', 'detail'].map((reason) => countOf(records, reason));
    expect(left.reduce((sum, count) => sum + count, events.length)).toBe(lines.length);
  });
});

function problemOf(file: (typeof damaged)[number], i: number): string | null {
  const line = file.lines[i] ?? '';
  const record = file.records[i];
  const { recoverable, truth } = file.expected[i] ?? {};
  const isRefused = record?.type === 'ignored' || record?.type === 'unparsed';
  if (recoverable !== true && isRefused) return null;
  if (truth === undefined || truth === null) return `believed: ${line}`;
  const wrong = differences(truth, [line], record);
  return wrong.length === 0 ? null : `${wrong.join('; ')}: ${line.slice(0, 400)}`;
}

const judged = damaged.map((file) => ({
  ...file,
  problems: file.expected.map((_, i) => problemOf(file, i)),
}));

describe('damaged output', () => {
  test.each(judged)('$name: what can be recovered is right, nothing else is believed', (file) => {
    expect(file.records.length).toBe(file.expected.length);
    expect(file.problems.filter((problem) => problem !== null)).toEqual([]);
  });
});

describe('rates', () => {
  function rate(wrong: number, all: number): string {
    return `${all - wrong} of ${all}, ${(((all - wrong) / all) * 100).toFixed(2)}%`;
  }

  const lines = intact.reduce((sum, file) => sum + file.lines.length, 0);
  const wrongLines = intact.reduce((sum, { records, events }) => sum + wrongIn(records, events).length, 0);

  test(`intact lines that are read right: ${rate(wrongLines, lines)}`, () => {
    expect(lines).toBeGreaterThan(17_000);
    expect(wrongLines).toBe(0);
  });

  function problemsWhere(wanted: boolean): readonly (string | null)[] {
    return judged.flatMap(({ problems, expected }) =>
      problems.filter((_, i) => (expected[i]?.recoverable ?? false) === wanted),
    );
  }

  function countWrong(problems: readonly (string | null)[]): number {
    return problems.filter((problem) => problem !== null).length;
  }

  const [recoverable, irrecoverable] = [problemsWhere(true), problemsWhere(false)];

  test(`recoverable lines that are read right: ${rate(countWrong(recoverable), recoverable.length)}`, () => {
    expect(recoverable.length).toBeGreaterThan(3_000);
    expect(countWrong(recoverable)).toBe(0);
  });

  test(`irrecoverable lines of which nothing wrong is believed: ${rate(countWrong(irrecoverable), irrecoverable.length)}`, () => {
    expect(irrecoverable.length).toBeGreaterThan(200);
    expect(countWrong(irrecoverable)).toBe(0);
  });
});
