/** A flow that is compared with an earlier one is the record that its line alone makes. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { MonitorRecord } from '../../src/model/event.ts';
import { createReader, type ReaderOptions } from '../../src/parser/reader.ts';

const SCENARIOS = fileURLToPath(new URL('../../fixtures/captures/scenarios/', import.meta.url));
const flows = readdirSync(SCENARIOS, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('--hubble.stdout'))
  .flatMap((file) => readFileSync(join(SCENARIOS, file), 'utf8').split('\n'))
  .filter((line) => line.startsWith('{"flow":{'));
const encoder = new TextEncoder();

function recordsOf(lines: readonly string[], options: ReaderOptions = {}): MonitorRecord[] {
  const records: MonitorRecord[] = [];
  const reader = createReader((record) => records.push(structuredClone(record)), options);
  reader.push(encoder.encode(lines.map((line) => `${line}\n`).join('')));
  reader.end();
  return records;
}

function expectSame(lines: readonly string[]): void {
  const alone = lines.flatMap((line) => recordsOf([line]));
  expect(recordsOf(lines)).toEqual(alone);
  // Whoever only counts may get the same object again and again.
  expect(recordsOf(lines, { known: { times: () => {}, denied: () => {} } })).toEqual(alone);
}

/** Another packet of the same flow: what differs are time, uuid and port. */
const again = fc
  .record({ line: fc.constantFrom(...flows), port: fc.nat({ max: 70_000 }), digit: fc.nat({ max: 9 }) })
  .map(({ line, port, digit }) =>
    line
      .replace(/"source_port":\d+/, `"source_port":${port}`)
      .replaceAll(/(\.\d{7})\d{2}Z/g, `$1${digit}1Z`)
      .replace(/("uuid":")./, `$1${digit}`),
  );

test('packets of the same flows', () => {
  fc.assert(
    fc.property(fc.array(again, { minLength: 1, maxLength: 20 }), (lines) => {
      expectSame([...flows.slice(0, 30), ...lines, ...lines]);
    }),
    { numRuns: 50 },
  );
});

test('lines of which some are damaged in one place', () => {
  const letters = fc.constantFrom('', '0', '"', '{', '}', ',', ':', '\\', 'é', '\u007f', 'x', '1,"source_port":2');
  const damaged = fc
    .record({ line: again, at: fc.nat(), drop: fc.nat({ max: 4 }), put: letters })
    .map(({ line, at, drop, put }) => {
      const where = at % line.length;
      return [line, line.slice(0, where) + put + line.slice(where + drop), line];
    });
  fc.assert(
    fc.property(fc.array(damaged, { minLength: 1, maxLength: 10 }), (lines) => {
      expectSame(lines.flat());
    }),
    { numRuns: 150 },
  );
});

test('lines that are made of parts of others', () => {
  const cut = (line: string) => line.split(/(?=,"(?:emitter|IP|l4|source|destination|node_name|time)":)/);
  const mixed = fc
    .tuple(fc.constantFrom(...flows), fc.constantFrom(...flows), fc.nat({ max: 9 }))
    .map(([one, other, at]) => [...cut(one).slice(0, at), ...cut(other).slice(at)].join(''));
  fc.assert(
    fc.property(fc.array(mixed, { minLength: 1, maxLength: 10 }), (lines) => {
      expectSame([...flows.slice(0, 20), ...lines, ...lines]);
    }),
    { numRuns: 60 },
  );
});
