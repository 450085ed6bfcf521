/** Lines that are counted by the kernel, and lines that are read one by one, make one and the same summary. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Clock } from '../../src/model/clock.ts';
import type { Summary } from '../../src/model/summary.ts';
import { summarizeFiles } from '../../src/pipeline/file-summary.ts';
import { intactFiles } from '../parser/corpus.ts';

const clock: Clock = { nowMs: () => 1_700_000_000_000, after: () => () => {} };
const encoder = new TextEncoder();

function pieces(bytes: Uint8Array, cuts: readonly number[]): Uint8Array[] {
  const ends = [...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length].sort((a, b) => a - b);
  return ends.map((end, i) => bytes.subarray(ends[i - 1] ?? 0, end));
}

async function summary(chunks: readonly Uint8Array[], oneByOne: boolean): Promise<Summary> {
  async function* read() {
    await Promise.resolve();
    yield* chunks;
  }
  const sink = oneByOne ? { record: () => {}, room: () => Promise.resolve() } : null;
  return summarizeFiles([{ path: 'monitor.txt', chunks: read() }], clock, { sink });
}

async function expectSame(text: string, cuts: readonly number[] = []): Promise<Summary> {
  const bytes = encoder.encode(text);
  const counted = await summary(pieces(bytes, cuts), false);
  expect(counted).toEqual(await summary([bytes], true));
  return counted;
}

const real = intactFiles().flatMap(({ lines }) => lines);
const verdicts = real.filter((line) => line.startsWith('Policy verdict log: '));

test('over the whole corpus, several times in a row', async () => {
  const { records } = await expectSame(`${[...real, ...real, ...real].join('\n')}\n`);
  expect(records.counted).toBeGreaterThan(verdicts.length * 2);
});

/** The letters that decide: what is a number, an address, a name, and where a part ends. */
const LETTERS = ['0', '1', '5', '9', 'a', 'f', 'g', ':', '::', '.', ',', ', ', ' ', '[', ']', '-', '>', '', 'm', '\r'];

test('over lines of which some are damaged in one place', async () => {
  const line = fc
    .record({
      text: fc.constantFrom(...verdicts),
      times: fc.nat({ max: 4 }),
      damage: fc.option(fc.record({ at: fc.nat(), drop: fc.nat({ max: 3 }), put: fc.constantFrom(...LETTERS) }), {
        freq: 2,
      }),
    })
    .map(({ text, times, damage }) => {
      if (damage === null) return Array.from({ length: times }, () => text);
      const at = damage.at % text.length;
      return [text, text, text.slice(0, at) + damage.put + text.slice(at + damage.drop), text];
    });
  await fc.assert(
    fc.asyncProperty(
      fc.array(line, { minLength: 1, maxLength: 12 }),
      fc.array(fc.nat(), { maxLength: 4 }),
      async (lines, cuts) => {
        await expectSame(`${lines.flat().join('\n')}\n`, cuts);
      },
    ),
    { numRuns: 1_500 },
  );
});

test('over verdicts that are made of parts of others', async () => {
  const parts = verdicts.map((line) => line.split(/(?<=, )|(?= -> )|(?<= -> )|(?=:\d+ )/));
  const line = fc
    .tuple(fc.constantFrom(...parts), fc.constantFrom(...parts), fc.nat({ max: 12 }))
    .map(([first, second, at]) => [...first.slice(0, at), ...second.slice(at)].join(''));
  await fc.assert(
    fc.asyncProperty(fc.array(line, { minLength: 1, maxLength: 20 }), async (lines) => {
      await expectSame(`${[...lines, ...lines].join('\n')}\n`);
    }),
    { numRuns: 500 },
  );
});

test('an address of an endpoint that a drop told of is not forgotten', async () => {
  const whole =
    'Policy verdict log: flow 0x0 local EP ID 7, remote ID 9, proto 6, ingress, action allow, match all, 10.0.0.1:1 -> 10.0.1.144:80 tcp SYN';
  const cut =
    'Policy verdict log: flow 0x0 local EP ID 7, remote ID 9, proto 47, ingress, action allow, match all, 10.0.0.1 -> 10.0.1.1';
  const { records } = await expectSame(`${[whole, whole, whole, cut].join('\n')}\n`);
  expect(records).toMatchObject({ counted: 3, unparsed: 1 });
});

test('more kinds of verdicts than can be counted at once', async () => {
  const [line = ''] = verdicts.filter((one) => one.includes('remote ID ') && / \d+\.\d+\.\d+\.\d+:\d+ -> /.test(one));
  const peers = Array.from({ length: 120_000 }, (_, peer) =>
    line.replace(/remote ID [^,]+/, `remote ID ${300 + peer}`),
  );
  const { records, policies } = await expectSame(`${[...peers, ...peers].join('\n')}\n`);
  expect(records.counted).toBe(peers.length * 2);
  expect(policies[0]?.peers.at(-1)).toMatchObject({ identity: null });
});

test.each([
  ['SCTP before 1.13, which has no word for it', 132],
  ['ESP', 50],
  ['a fragment', 17],
])('the drop of a packet without ports meets its verdict: %s', async (_, protocol) => {
  const verdict = `Policy verdict log: flow 0x6 local EP ID 317, remote ID 41823, proto ${protocol}, ingress, action deny, match none, 10.0.0.1 -> 10.0.0.23`;
  const drop =
    'xx drop (Policy denied) flow 0x6 to endpoint 317, identity 41823->28911: 10.0.0.1 -> 10.0.0.23\n' +
    'xx drop (Policy denied) flow 0x6 to endpoint 317, identity 41823->28911: 10.0.0.1 -> 10.0.0.24';
  const { policies, drops } = await expectSame(`${verdict}\n${drop}\n`);
  expect(policies).toMatchObject([{ denied: 1, drops: [{ code: 133, packets: 1 }] }]);
  expect(drops).toMatchObject([{ code: 133, packets: 2, alsoDenied: 1 }]);
});
