/** Recordings that somebody made or broke: a summary that accounts for each line, or one clear problem. */
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Failure } from '../../src/model/problem.ts';
import type { Summary } from '../../src/model/summary.ts';
import { accountedFor, attribution, drop, verdict } from '../aggregator/records.ts';
import { play, playText } from './play.ts';
import { openStudio, PLAN } from './studio.ts';

/** The unpacked lines of a recording with two verdicts. */
async function lines(): Promise<readonly string[]> {
  const studio = openStudio({ tape: { pack: (text) => Buffer.from(text) } });
  const stream = studio.aggregator.addStream(PLAN);
  stream.facts({ version: '1.19.0', program: 'cilium-dbg', dialect: 'cilium' });
  stream.state('streaming');
  const answer = attribution();
  for (const nowMs of [1, 2]) stream.record(verdict(), answer, Date.parse('2026-11-20T12:00:00.000Z') + nowMs);
  stream.record(drop(), null, Date.parse('2026-11-20T12:00:00.003Z'));
  const { parts } = await studio.end();
  return (parts.get(1)?.toString() ?? '').trimEnd().split('\n');
}

async function outcome(text: string | Buffer): Promise<Summary | Failure> {
  try {
    return await playText(text);
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
}

const json = fc.jsonValue({ maxDepth: 2 });

describe('a recording that is not trusted', () => {
  it('with other values anywhere is counted, or refused', async () => {
    const good = await lines();
    const changed = fc.record({
      at: fc.nat({ max: good.length - 1 }),
      path: fc.array(fc.nat({ max: 30 }), { minLength: 1, maxLength: 4 }),
      value: fc.oneof(json, fc.constantFrom(-1, 1e308, 2 ** 60, '__proto__', '../../etc/passwd', null, [], {})),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(changed, { minLength: 1, maxLength: 5 }), async (changes) => {
        const bad = [...good];
        for (const { at, path, value } of changes)
          bad[at] = JSON.stringify(replaced(JSON.parse(bad[at] ?? ''), path, value));
        const told = await outcome(`${bad.join('\n')}\n`);
        if (told instanceof Failure) expect(told.problem.code).toBe('RECORDING_INVALID');
        else expect(accountedFor(told)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  it('with lines in any order, or any text between them, is accounted for', async () => {
    const [header = '', ...rest] = await lines();
    const some = fc.array(
      fc.oneof(
        fc.constantFrom(...rest),
        fc.string(),
        json.map((value) => JSON.stringify(value)),
      ),
    );
    await fc.assert(
      fc.asyncProperty(some, async (chosen) => {
        const told = await outcome(`${[header, ...chosen].join('\n')}\n`);
        if (told instanceof Failure) throw told;
        expect(accountedFor(told)).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  it('with broken gzip is read up to there, or refused', async () => {
    const packed = gzipSync(`${(await lines()).join('\n')}\n`);
    await fc.assert(
      fc.asyncProperty(fc.nat({ max: packed.length - 1 }), fc.integer({ min: 1, max: 255 }), async (at, bits) => {
        const broken = Buffer.from(packed);
        broken[at] = (broken[at] ?? 0) ^ bits;
        try {
          expect(accountedFor(await play([broken]))).toBe(true);
        } catch (error) {
          expect(error).toBeInstanceOf(Failure);
        }
      }),
      { numRuns: 300 },
    );
  });

  it.each<[string, (good: readonly string[]) => string, string]>([
    ['of another version', ([header = '']) => header.replace('policystat/v1', 'policystat/v9'), 'no header'],
    ['without an id', ([header = '']) => header.replace(/"id":"\d+"/, '"id":"../x"'), 'no header'],
    [
      'that starts at no time',
      ([header = '']) => header.replace(/"start":"[^"]*"/, '"start":"2026-99-99T99:99:99.999Z"'),
      'at no time',
    ],
    ['that ends in its header', ([header = '']) => header.slice(0, 40), 'cut off'],
  ])('%s is refused', async (_, text, detail) => {
    const told = await outcome(`${text(await lines())}${detail === 'cut off' ? '' : '\n'}`);
    if (!(told instanceof Failure) || told.problem.code !== 'RECORDING_INVALID') throw new Error('it was read');
    expect(told.problem.detail).toContain(detail);
  });

  it('tells of lines that make no sense', async () => {
    const good = await lines();
    const bad = good.map((line) =>
      line.includes('"type":"record"') ? line.replace('"stream":0', '"stream":7') : line,
    );
    const told = await outcome(`${bad.join('\n')}\n`);
    expect(told).toMatchObject({
      records: { received: 3, counted: 0, unparsed: 3, unparsedReasons: { 'bad-field': 3 } },
      completeness: { status: 'partial' },
    });
  });

  it('with a line that is too long goes on behind it', async () => {
    const [header = '', ...rest] = await lines();
    const long = JSON.stringify({ type: 'record', padding: 'x'.repeat(5_000_000) });
    const told = await outcome(`${[header, long, ...rest].join('\n')}\n`);
    expect(told).toMatchObject({ records: { received: 4, counted: 3, unparsed: 1 } });
  });

  it('that unpacks to a line without an end is given up', async () => {
    const [header = ''] = await lines();
    const bomb = Buffer.concat([gzipSync(`${header}\n`), gzipSync(Buffer.alloc(200_000_000, 'x'))]);
    expect(bomb.length).toBeLessThan(300_000);
    await expect(play([bomb])).rejects.toMatchObject({
      problem: { code: 'RECORDING_INVALID', detail: 'one of its lines does not end' },
    });
  });
});

/** The value at this path, each step being a number of a key, is another. */
function replaced(value: unknown, [step, ...rest]: readonly number[], by: unknown): unknown {
  if (step === undefined) return by;
  if (Array.isArray(value)) {
    const items: readonly unknown[] = value;
    return items.map((each, at): unknown => (at === step % items.length ? replaced(each, rest, by) : each));
  }
  if (typeof value !== 'object' || value === null) return by;
  const entries: readonly (readonly [string, unknown])[] = Object.entries(value);
  return Object.fromEntries(
    entries.map(([key, each], at) => [key, at === step % entries.length ? replaced(each, rest, by) : each]),
  );
}
