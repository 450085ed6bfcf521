/** `events --input` over the whole corpus: what is printed as JSON is what the truth says, field by field. */
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { type CorpusFile, damagedFiles, intactFiles } from '../parser/corpus.ts';
import { differences, eventsOf, OWN_LINES } from '../parser/expected.ts';
import { run } from './run.ts';

/** Kept for counting, and not printed; and what only Hubble tells. */
const NOT_PRINTED = ['destinationPort', 'hubble'];

async function printedEvents(files: readonly CorpusFile[]): Promise<readonly object[]> {
  const inputs = files.flatMap(({ name }) => [
    '--input',
    fileURLToPath(new URL(`../../fixtures/corpus/${name}`, import.meta.url)),
  ]);
  const { code, stdout } = await run(['events', ...inputs, '-o', 'jsonl']);
  expect(code).toBe(0);
  return stdout.split('\n').flatMap((line) => {
    if (line === '') return [];
    const event: unknown = JSON.parse(line);
    return typeof event === 'object' && event !== null ? [event] : [];
  });
}

test('every event of every version and mode', async () => {
  const files = intactFiles();
  const printed = await printedEvents(files);
  const events = files.flatMap(eventsOf);
  expect(events.length).toBeGreaterThan(12_000);
  expect(printed.length).toBe(events.length);
  const wrong = events.flatMap(({ truth, lines }, i) => {
    const problems = differences(truth, lines, printed[i], NOT_PRINTED);
    return problems.map((problem) => `${problem}: ${lines.join(' / ')}`);
  });
  expect(wrong).toEqual([]);
});

test('every damaged line: right where it can be recovered, and nothing wrong believed', async () => {
  for (const file of damagedFiles()) {
    const printed = (await printedEvents([file])).filter((event) => Reflect.get(event, 'type') !== 'unparsed');
    let at = 0;
    const wrong = file.expected.flatMap(({ recoverable, truth }, i) => {
      if (truth === null || truth.type in OWN_LINES) return [];
      const problems = differences(truth, [file.lines[i] ?? ''], printed[at], NOT_PRINTED);
      // What is not recoverable may be read all the same, if it is read right.
      if (recoverable || problems.length === 0) at++;
      return recoverable ? problems.map((problem) => `${file.name}: ${problem}: ${file.lines[i]}`) : [];
    });
    expect(wrong).toEqual([]);
    expect(printed.slice(at)).toEqual([]);
  }
});
