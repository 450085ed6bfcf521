/** What the reader does with pieces, ends, gaps and bytes that nobody expected. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { MonitorRecord } from '../../src/model/event.ts';
import { createReader } from '../../src/parser/reader.ts';
import { chunkings, copyRecord, damagedFiles, readRecords } from './corpus.ts';

const encoder = new TextEncoder();
const ALLOW =
  'Policy verdict log: flow 0x0 local EP ID 733, remote ID 12530, proto 6, ingress, action allow, auth: disabled, match L3-L4, 10.0.1.11:42596 -> 10.0.1.94:80 tcp SYN';

function read(text: string): MonitorRecord[] {
  return readRecords([encoder.encode(text)]);
}

function cut(bytes: Uint8Array, sizes: readonly number[]): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  let at = 0;
  for (const size of sizes) {
    pieces.push(bytes.slice(at, at + size));
    at += size;
  }
  pieces.push(bytes.slice(at));
  return pieces;
}

describe('pieces', () => {
  test.each(chunkings())('$source.name in the sizes of the corpus', ({ source, sizes }) => {
    expect(readRecords(cut(source.bytes, sizes))).toEqual(readRecords([source.bytes]));
  });

  test('any cutting gives the same records', () => {
    const files = damagedFiles();
    fc.assert(
      fc.property(
        fc.constantFrom(...files),
        fc.array(fc.integer({ min: 0, max: 3_000 }), { maxLength: 60 }),
        ({ bytes }, sizes) => {
          const part = bytes.subarray(0, 60_000);
          expect(readRecords(cut(part, sizes))).toEqual(readRecords([part]));
        },
      ),
      { numRuns: 60 },
    );
  });

  test('any cutting gives the same records around the longest line', () => {
    const maxLineBytes = ALLOW.length;
    const line = fc.tuple(
      fc.constantFrom(ALLOW, ALLOW.slice(0, -5), 'x', ''),
      fc.constantFrom('', '\r', '  ', '\t x', 'x'),
    );
    fc.assert(
      fc.property(fc.array(line, { maxLength: 8 }), fc.array(fc.integer({ min: 0, max: 200 })), (lines, sizes) => {
        const bytes = encoder.encode(lines.map((parts) => parts.join('')).join('\n'));
        expect(readRecords(cut(bytes, sizes), { maxLineBytes })).toEqual(readRecords([bytes], { maxLineBytes }));
      }),
    );
  });

  test('each line is one record', () => {
    const word = fc.constantFrom(
      'Policy verdict log: flow 0x',
      ALLOW,
      '\u001b[0m',
      '\n',
      '\r\n',
      ', ',
      '\0',
      '>> ',
      '{"',
      ':',
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(word, fc.string()), { maxLength: 30 }), (words) => {
        const text = words.join('');
        const lines = text.split('\n').length - (text.endsWith('\n') || text === '' ? 1 : 0);
        expect(read(text).length).toBe(lines);
      }),
    );
  });
});

describe('hostile bytes', () => {
  test('no bytes make it throw', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 500 }), (bytes) => {
        const newlines = bytes.filter((byte) => byte === 10).length;
        expect(readRecords([bytes]).length).toBeGreaterThanOrEqual(newlines);
      }),
    );
  });

  test('a line without an end stays within its bound', () => {
    const before = process.memoryUsage().arrayBuffers;
    const records: MonitorRecord[] = [];
    const reader = createReader((record) => records.push(copyRecord(record)));
    const piece = new Uint8Array(1 << 20).fill(65);
    for (let i = 0; i < 256; i++) reader.push(piece);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(8 << 20);
    reader.push(encoder.encode(`\n${ALLOW}\n`));
    expect(records.map((record) => (record.type === 'unparsed' ? record.reason : record.type))).toEqual([
      'too-long',
      'policy-verdict',
    ]);
  });

  test('a sample of what was not understood is short', () => {
    const [record] = read(`${'é'.repeat(5_000)}\n`);
    expect(record).toEqual({ type: 'unparsed', reason: 'unknown-line', line: 'é'.repeat(200) });
  });

  test('changing, adding or taking a byte never makes a field wrong that the change did not touch', () => {
    const characters = fc.string({ maxLength: 3 });
    fc.assert(
      fc.property(fc.nat({ max: ALLOW.length }), fc.nat({ max: 4 }), characters, (at, taken, added) => {
        const line = ALLOW.slice(0, at) + added + ALLOW.slice(at + taken);
        for (const record of read(`${line}\n`)) {
          if (record.type !== 'policy-verdict') continue;
          // What was read is in the line, word for word.
          expect(line).toContain(`local EP ID ${record.endpoint}, remote ID `);
          expect(line).toContain(`, ${record.direction}, action ${record.action}`);
          if (record.destination !== null)
            expect(line).toContain(`${record.destination.ip}:${record.destination.port} tcp`);
        }
      }),
    );
  });
});

describe('ends and gaps', () => {
  test('every beginning of a line is refused', () => {
    for (let length = 1; length < ALLOW.length; length++) {
      const [record] = read(`${ALLOW.slice(0, length)}\n`);
      // `tcp ` and a blank is how a packet without flags is printed.
      if (length === ALLOW.length - 3) expect(record?.type).toBe('policy-verdict');
      else expect(record).toMatchObject({ type: 'unparsed', reason: 'truncated' });
    }
  });

  test.each([
    ['a whole line', ALLOW, 'policy-verdict'],
    ['one that may go on with flags', ALLOW.slice(0, -3), 'truncated'],
    [
      'one that may be cut in its last address',
      `${ALLOW.slice(0, ALLOW.indexOf('10.0.1.11'))}10.0.1.11 -> 10.0.1.9`,
      'truncated',
    ],
    ['a cut one', ALLOW.slice(0, 60), 'truncated'],
  ])('%s at the end without a newline', (_, line, kind) => {
    const [record] = read(line);
    expect(record?.type === 'unparsed' ? record.reason : record?.type).toBe(kind);
  });

  test('a gap drops what was begun, and the next byte begins a line', () => {
    const kinds: string[] = [];
    const reader = createReader((record) => kinds.push(record.type === 'unparsed' ? record.reason : record.type));
    reader.push(encoder.encode(`${ALLOW}\n${ALLOW}`));
    reader.reset();
    reader.push(encoder.encode(`${ALLOW}\n`));
    reader.reset();
    reader.end();
    expect(kinds).toEqual(['policy-verdict', 'truncated', 'policy-verdict']);
  });

  test('an address at the open end is held against what is known of the endpoint', () => {
    const head = 'Policy verdict log: flow 0x0 local EP ID 88, remote ID 7, proto';
    const tail = 'ingress, action allow, match all, 172.18.0.2';
    const lines = [
      `${head} 6, ${tail}:5000 -> 10.0.1.144:80 tcp SYN`,
      `${head} 47, ${tail} -> 10.0.1.144`,
      `${head} 47, ${tail} -> 10.0.1.14`,
      `${head} 47, ${tail} -> 10.0.1.9`,
    ];
    expect(read(`${lines.join('\n')}\n`).map(({ type }) => type)).toEqual([
      'policy-verdict',
      'policy-verdict',
      'unparsed',
      'policy-verdict',
    ]);
  });
});
