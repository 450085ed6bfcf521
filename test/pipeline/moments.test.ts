/** Holds what is credited to what really decided, whatever an agent does and in whatever order it is told of. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Pace, Rule } from './simulated/agent.ts';
import { play, type Step, type Story } from './simulated/run.ts';

const MOST_UNDER_WAY_MS = 60;
const pace: fc.Arbitrary<Pace> = fc
  .record({
    noticeMs: fc.nat({ max: 5 }),
    queueMs: fc.oneof(fc.constant(0), fc.nat({ max: 2_000 })),
    // Hubble's flows and what the agent says of itself come in two streams: no work is done before that is heard.
    buildMs: fc.integer({ min: MOST_UNDER_WAY_MS, max: 1_500 }),
    tellMs: fc.nat({ max: 800 }),
    dice: fc.nat({ max: 5 }),
  })
  .map(({ dice, ...times }) => ({ ...times, fails: dice === 0 }));
const app = fc.constantFrom('a', 'b');
const org = fc.constantFrom('x', 'x', 'y');
const endpoint = fc.constantFrom(101, 102);
const rule: fc.Arbitrary<Rule> = fc.record({ app, org, port: fc.constantFrom(80, 80, 81) });
const afterMs = fc.oneof(
  { weight: 3, arbitrary: fc.nat({ max: 30 }) },
  { weight: 3, arbitrary: fc.nat({ max: 600 }) },
  { weight: 4, arbitrary: fc.nat({ max: 5_000 }) },
);
const policy = fc.record({
  what: fc.constant('policy' as const),
  afterMs,
  name: fc.constantFrom('p0', 'p1', 'p2', 'p3'),
  rule: fc.option(rule, { freq: 3 }),
  leadMs: fc.nat({ max: 150 }),
  pace,
});
const change: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: policy },
  { weight: 2, arbitrary: fc.record({ what: fc.constant('relabel' as const), afterMs, endpoint, app, pace }) },
  {
    weight: 1,
    arbitrary: fc.record({
      what: fc.constant('replace' as const),
      ...{ afterMs, endpoint, app, pace },
      emptyMs: fc.nat({ max: 2_000 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ what: fc.constant('regenerate' as const), afterMs, endpoint, pace }) },
  { weight: 1, arbitrary: fc.record({ what: fc.constant('peer' as const), afterMs, org }) },
  {
    weight: 1,
    arbitrary: fc.record({
      what: fc.constant('gap' as const),
      ...{ afterMs, downMs: fc.integer({ min: 1, max: 3_000 }) },
      besideMs: fc.oneof(fc.constant(0), fc.nat({ max: 10_000 })),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      what: fc.constant('restart' as const),
      ...{ afterMs, pace },
      downMs: fc.integer({ min: 1, max: 5_000 }),
      revision: fc.integer({ min: 1, max: 20 }),
    }),
  },
);
const delay = fc
  .record({
    thereMs: fc.oneof({ weight: 4, arbitrary: fc.nat({ max: 60 }) }, { weight: 1, arbitrary: fc.nat({ max: 5_000 }) }),
    backMs: fc.oneof({ weight: 4, arbitrary: fc.nat({ max: 60 }) }, { weight: 1, arbitrary: fc.nat({ max: 5_000 }) }),
    dice: fc.nat({ max: 9 }),
  })
  .map(({ thereMs, backMs, dice }) => ({ thereMs, backMs, fails: dice === 0 }));

const story = (source: Story['source']): fc.Arbitrary<Story> =>
  fc.record({
    source: fc.constant(source),
    endpoints: fc.constantFrom(
      [
        { id: 101, app: 'a' },
        { id: 102, app: 'b' },
      ],
      [101, 102, 103, 104, 105, 106].map((id) => ({ id, app: id % 2 === 0 ? 'a' : 'b' })),
    ),
    beforeOpen: fc.array(
      change.filter(({ what }) => what === 'policy' || what === 'relabel'),
      { maxLength: 4 },
    ),
    steps: fc.array(change, { minLength: 1, maxLength: 12 }),
    everyMs: fc.integer({ min: 10, max: 60 }),
    latesMs: fc.array(fc.oneof(fc.constant(0), fc.nat({ max: 1_000 })), { minLength: 1, maxLength: 7 }),
    latenciesMs: fc.array(fc.nat({ max: MOST_UNDER_WAY_MS }), { minLength: 1, maxLength: 5 }),
    delays: fc.array(delay, { minLength: 1, maxLength: 9 }),
  });

for (const source of ['monitor', 'hubble'] as const)
  test(`on ${source}, nobody is credited with what another decided, and everybody is once it is quiet`, async () => {
    let named = 0;
    let all = 0;
    await fc.assert(
      fc.asyncProperty(story(source), async (made) => {
        const { during, wrong, unnamed } = await play(made);
        all += during.length;
        named += during.filter(({ got }) => !got.startsWith('(')).length;
        expect(wrong).toEqual([]);
        expect(unnamed).toEqual([]);
      }),
      { numRuns: 60 },
    );
    // It would be easy never to name anybody.
    expect(named).toBeGreaterThan(all / 200);
  });

test('around changes that are heard of, nobody is credited because Hubble names whom the agent tells of', async () => {
  const heard = change.filter(({ what }) => what === 'policy' || what === 'regenerate' || what === 'peer');
  const made = fc.record({
    made: story('hubble'),
    steps: fc.array(heard, { minLength: 1, maxLength: 12 }),
    // Hubble reads an event as soon as it comes.
    latesMs: fc.array(fc.nat({ max: 20 }), { minLength: 1, maxLength: 7 }),
  });
  await fc.assert(
    fc.asyncProperty(made, async ({ made, ...more }) => {
      const { wrong, unnamed } = await play({ ...made, ...more, names: true, beforeOpen: [] });
      expect(wrong).toEqual([]);
      expect(unnamed).toEqual([]);
    }),
    { numRuns: 60 },
  );
});

const done: Pace = { noticeMs: 0, queueMs: 0, buildMs: 60, tellMs: 20, fails: false };
const calm = {
  endpoints: [
    { id: 101, app: 'a' },
    { id: 102, app: 'b' },
  ],
  beforeOpen: ['x', 'y', 'y'].map((org, at): Step => {
    return at === 2
      ? { what: 'peer', afterMs: 5_000, org }
      : { what: 'policy', afterMs: 1_000, name: `p${at}`, rule: { app: 'a', org, port: 80 }, leadMs: 0, pace: done };
  }),
  everyMs: 5,
  latesMs: [0],
  latenciesMs: [5],
  delays: [{ thereMs: 0, backMs: 40, fails: false }],
} as const;

test('what was asked of an agent that started anew meanwhile makes no state, though half of it is the new one’s', async () => {
  // Both agents have the same policies, and the same numbers for each other's peers.
  const steps: Step[] = [
    { what: 'gap', afterMs: 3_000, downMs: 500 },
    { what: 'restart', afterMs: 30, downMs: 1_000, revision: 2, pace: done },
  ];
  for (const source of ['monitor', 'hubble'] as const) {
    const { during, wrong, unnamed } = await play({ ...calm, source, steps });
    expect(during.length).toBeGreaterThan(500);
    expect(wrong).toEqual([]);
    expect(unnamed).toEqual([]);
  }
});

test('a stream that was refused at first counts from then on', async () => {
  for (const source of ['monitor', 'hubble'] as const) {
    const steps: Step[] = [{ what: 'peer', afterMs: 3_000, org: 'x' }];
    const { during, wrong } = await play({ ...calm, source, steps, isRefused: true });
    expect(wrong).toEqual([]);
    expect(during.length).toBeGreaterThan(500);
    expect(during.filter(({ got }) => got.startsWith('('))).toEqual([]);
  }
});

test('a calm cluster has nearly everything named, and few questions', async () => {
  const steps: Step[] = [{ what: 'peer', afterMs: 60_000, org: 'x' }];
  for (const source of ['monitor', 'hubble'] as const) {
    const { during, wrong, asked } = await play({ ...calm, source, steps, everyMs: 100 });
    expect(wrong).toEqual([]);
    expect(during.filter(({ got }) => got.startsWith('('))).toEqual([]);
    // One reading at the start, and the selectors for the new peer.
    expect(asked.filter(({ args }) => args.startsWith('endpoint'))).toHaveLength(1);
    expect(asked.length).toBeLessThan(5);
  }
});
