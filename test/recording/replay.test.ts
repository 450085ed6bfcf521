/** What is played back is what was counted: whole, and up to wherever it was cut. */
import { constants, gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Aggregator, Counting, StreamCounter } from '../../src/aggregator/aggregator.ts';
import { Failure } from '../../src/model/problem.ts';
import type { Summary } from '../../src/model/summary.ts';
import { attribution, drop, policy, request, START_MS, target, verdict } from '../aggregator/records.ts';
import { createFakeClock, type FakeClock } from '../pipeline/fake-clock.ts';
import { play } from './play.ts';
import { openStudio, PLAN, untaped } from './studio.ts';

type Happen = (stream: StreamCounter, nowMs: number) => void;

/** Something that reaches the counts, as one line of a recording. */
interface Happening {
  readonly waitMs: number;
  readonly happen: Happen;
}

const ANSWERS = [
  attribution(),
  attribution({ policies: [policy('rule2'), policy('rule3')] }),
  attribution({
    grade: 'default-deny',
    policies: [{ kind: null, namespace: null, name: 'implicit-default-deny' }],
    isolatedBy: [policy('rule1')],
  }),
  attribution({ grade: 'unattributed', policies: [], reason: 'no-state' }),
];

const happening: fc.Arbitrary<Happen> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc
      .record({
        action: fc.constantFrom('allow', 'deny', 'redirect', 'audit'),
        remoteIdentity: fc.constantFrom(12530, 2371, 16777217, null),
        destinationPort: fc.constantFrom(80, 443, null),
        direction: fc.constantFrom('ingress', 'egress'),
        flowKey: fc.integer({ min: 0, max: 5 }),
        answer: fc.constantFrom(...ANSWERS),
      })
      .map(
        ({ answer, ...changes }) =>
          (stream: StreamCounter, nowMs: number) =>
            stream.record(verdict(changes), answer, nowMs),
      ),
  },
  fc.record({ reasonCode: fc.constantFrom(133, 181), flowKey: fc.integer({ min: 0, max: 5 }) }).map(
    (changes): Happen =>
      (stream, nowMs) =>
        stream.record(drop(changes), null, nowMs),
  ),
  fc.constant((stream: StreamCounter, nowMs: number) => stream.record(request(), ANSWERS[0] ?? null, nowMs)),
  fc.integer({ min: 1, max: 99 }).map(
    (events): Happen =>
      (stream, nowMs) =>
        stream.record({ type: 'lost', events, where: 'kernel-ring', cpu: null }, null, nowMs),
  ),
  fc.string().map(
    (line): Happen =>
      (stream, nowMs) =>
        stream.record({ type: 'unparsed', reason: 'unknown-line', line }, null, nowMs),
  ),
  fc.constantFrom('reconnecting', 'streaming').map(
    (state): Happen =>
      (stream, nowMs) =>
        stream.state(state, nowMs),
  ),
  fc.integer({ min: 0, max: 500 }).map(
    (ms): Happen =>
      (stream, nowMs) =>
        stream.gap(nowMs - ms, nowMs, 'a pod moved'),
  ),
  fc.constantFrom([733], [733, 5]).map(
    (endpoints): Happen =>
      (stream) =>
        stream.setTargets(endpoints.map(target)),
  ),
);

/** Told where it is new only. */
const mode: fc.Arbitrary<Happen> = fc.boolean().map(
  (audits): Happen =>
    (stream) => {
      const enforced = { ingress: true, egress: false };
      stream.mode({ endpoint: 733, namespace: 'default', pod: 'pod-733', audits, enforced });
    },
);

function happenings(...kinds: readonly fc.Arbitrary<Happen>[]): fc.Arbitrary<readonly Happening[]> {
  const one = fc.record({ waitMs: fc.integer({ min: 0, max: 900 }), happen: fc.oneof(...kinds) });
  return fc.array(one, { minLength: 1, maxLength: 40 });
}

const COUNTING = { audit: true } as const;

function run(all: readonly Happening[], aggregator: Aggregator, clock: FakeClock): StreamCounter {
  const stream = aggregator.addStream(PLAN);
  for (const { waitMs, happen } of all) {
    clock.advance(waitMs);
    happen(stream, clock.nowMs());
  }
  return stream;
}

async function recordedOf(all: readonly Happening[]): Promise<{ summary: Summary; bytes: Buffer }> {
  const studio = openStudio({ counting: COUNTING });
  run(all, studio.aggregator, studio.clock);
  studio.clock.advance(1_500);
  const { summary, parts } = await studio.end();
  return { summary, bytes: parts.get(1) ?? Buffer.alloc(0) };
}

/** By another reader of gzip: the whole lines that are in it, by type. */
function linesIn(cut: Buffer): readonly string[] {
  const text = cut.length < 20 ? '' : gunzipSync(cut, { finishFlush: constants.Z_SYNC_FLUSH }).toString();
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => /"type":"([a-z]+)"/.exec(line)?.[1] ?? 'header');
}

async function played(bytes: Buffer): Promise<Summary | Failure> {
  try {
    return await play([bytes], COUNTING);
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
}

describe('a recording', () => {
  it('gives the summary of the run, whatever happened', async () => {
    await fc.assert(
      fc.asyncProperty(happenings(happening, mode), async (all) => {
        const { summary, bytes } = await recordedOf(all);
        expect(JSON.stringify(await play([bytes], COUNTING))).toBe(JSON.stringify(summary));
      }),
      { numRuns: 60 },
    );
  });

  it('gives up to where it was cut what the run had counted by then', async () => {
    await fc.assert(
      fc.asyncProperty(happenings(happening), fc.double({ min: 0, max: 1, noNaN: true }), async (all, part) => {
        const { bytes } = await recordedOf(all);
        const cut = bytes.subarray(0, Math.floor(bytes.length * part));
        const lines = linesIn(cut);
        const replayed = await played(cut);
        if (replayed instanceof Failure) {
          expect(lines).toEqual([]);
          return;
        }
        const heard = lines.filter((type) => ['record', 'state', 'gap', 'targets'].includes(type)).length;
        const expected = untaped(COUNTING);
        if (lines.includes('stream')) {
          const stream = run(all.slice(0, heard), expected, createFakeClock(START_MS));
          if (!lines.includes('end')) stream.truncated();
        }
        const summary = expected.summary(Date.parse(replayed.window.end));
        const told = lines.includes('stream') ? summary : { ...summary, completeness: replayed.completeness };
        expect(JSON.stringify(replayed)).toBe(JSON.stringify(told));
      }),
      { numRuns: 150 },
    );
  });

  it('in parts is the same as in one', async () => {
    await fc.assert(
      fc.asyncProperty(happenings(happening, mode), async (all) => {
        const studio = openStudio({ counting: COUNTING, tape: { keep: 1_000, maxPartMs: 1_000 } });
        run(all, studio.aggregator, studio.clock);
        const { summary, parts } = await studio.end();
        expect(JSON.stringify(await play([...parts.values()].toReversed(), COUNTING))).toBe(JSON.stringify(summary));
      }),
      { numRuns: 40 },
    );
  });

  it('of whole nodes calls their endpoints what the run called them', async () => {
    const counting = { groupBy: ['pod'] } as const;
    const studio = openStudio({ counting });
    const stream = studio.aggregator.addStream({ ...PLAN, targets: 'all' });
    stream.record(verdict(), attribution(), START_MS + 1);
    const enforced = { ingress: true, egress: false };
    stream.mode({ endpoint: 733, namespace: 'default', pod: 'deathstar', audits: false, enforced });
    stream.record(verdict(), attribution(), START_MS + 2);
    studio.clock.advance(1_500);
    const { summary, parts } = await studio.end();
    expect(summary.groups?.rows.map(({ pod }) => pod?.name)).toEqual(['deathstar', null]);
    const [bytes = Buffer.alloc(0)] = parts.values();
    expect(JSON.stringify(await play([bytes], counting))).toBe(JSON.stringify(summary));
  });

  it.each<[string, Counting]>([
    [
      'a filter',
      { filter: { texts: ['--action deny'], chooses: (record) => 'action' in record && record.action === 'deny' } },
    ],
    ['groups', { groupBy: ['peer'] }],
  ])('with %s tells nothing of packets, which are those of whole policies', async (_, counting) => {
    const studio = openStudio();
    const stream = studio.aggregator.addStream(PLAN);
    for (const action of ['allow', 'deny'] as const) stream.record(verdict({ action }), attribution(), START_MS + 1);
    const delta = {
      direction: 'ingress',
      attribution: attribution(),
      packets: 7n,
      bytes: 700n,
      lowerBound: false,
    } as const;
    studio.aggregator.traffic([delta]);
    studio.clock.advance(1_500);
    const { parts } = await studio.end();
    const bytes = parts.get(1) ?? Buffer.alloc(0);
    const whole = await play([bytes]);
    expect(whole.policies.map(({ traffic }) => traffic?.packets)).toEqual([7]);
    const part = await play([bytes], counting);
    expect(part.policies.map(({ denied, traffic }) => [denied, traffic])).toEqual([[1, undefined]]);
    expect(part.records.unparsed).toBe(0);
  });
});
