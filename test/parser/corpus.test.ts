/** Every line of the corpus, intact and damaged, against its truth. */
import { describe, expect, test } from 'vitest';
import type { MonitorRecord } from '../../src/model/event.ts';
import { damagedFiles, differences, intactFiles, readRecords, type Truth } from './corpus.ts';

/** What a record of each type of truth may be; parts of a longer form may be details of it. */
const KINDS: Readonly<Record<string, readonly string[]>> = {
  startup: ['banner'],
  'trace-sock': ['nat'],
};

function kindOf(record: MonitorRecord | undefined): string {
  if (record === undefined) return 'nothing';
  return record.type === 'ignored' || record.type === 'unparsed' ? record.reason : record.type;
}

function problemOf(truth: Truth, line: string, record: MonitorRecord | undefined): string | null {
  if (truth.type === 'policy-verdict') {
    if (record?.type !== 'policy-verdict') return `${kindOf(record)}: ${line}`;
    const wrong = differences(truth, line, record);
    return wrong.length === 0 ? null : `${wrong.join('; ')}: ${line}`;
  }
  const kinds = [...(KINDS[truth.type] ?? [truth.type]), ...((truth.parts ?? 1) > 1 ? ['detail'] : [])];
  return kinds.includes(kindOf(record)) ? null : `${kindOf(record)}, not ${truth.type}: ${line}`;
}

describe('intact output', () => {
  const files = intactFiles();

  test.each(files)('$name', ({ bytes, lines, truths }) => {
    const records = readRecords([bytes]);
    expect(records.length).toBe(lines.length);
    expect(truths.map((truth, i) => problemOf(truth, lines[i] ?? '', records[i])).filter(Boolean)).toEqual([]);
  });

  test('holds verdicts of every version that has them', () => {
    const verdicts = files.flatMap(({ truths }) => truths.filter(({ type }) => type === 'policy-verdict'));
    expect(verdicts.length).toBeGreaterThan(8_000);
  });
});

describe('damaged output', () => {
  const files = damagedFiles();

  test.each(files)(
    '$name: what can be recovered is recovered, nothing else is believed',
    ({ bytes, lines, expected }) => {
      const records = readRecords([bytes]);
      expect(records.length).toBe(expected.length);
      const problems = expected.map(({ recoverable, truth }, i) => {
        const line = lines[i] ?? '';
        const record = records[i];
        if (recoverable && truth !== null) return problemOf(truth, line, record);
        if (record?.type !== 'policy-verdict') return null;
        return truth?.type === 'policy-verdict' ? problemOf(truth, line, record) : `believed: ${line}`;
      });
      expect(problems.filter(Boolean)).toEqual([]);
    },
  );

  test('both rates are 100%', () => {
    let recoverable = 0;
    let irrecoverable = 0;
    for (const { expected } of files) {
      for (const line of expected) {
        if (line.recoverable) recoverable++;
        else irrecoverable++;
      }
    }
    // Each of them was judged above.
    expect(recoverable).toBeGreaterThan(3_000);
    expect(irrecoverable).toBeGreaterThan(200);
  });
});
