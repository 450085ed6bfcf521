/** A recording held against expectations: what was heard then, judged now. */
import type { Expectation } from '../check/expectation.ts';
import type { NamedExpectation } from '../check/file.ts';
import { createTallies, type Tally } from '../check/tally.ts';
import { createTrial } from '../check/verdict.ts';
import type { Io } from '../io/io.ts';
import type { CheckReport } from '../model/check.ts';
import { openInputs } from './inputs.ts';
import { usage } from './plan.ts';

/** `superfluous`: what was given and means nothing without a cluster. */
export async function judgeRecordings(
  paths: readonly string[],
  expectations: readonly NamedExpectation[],
  superfluous: readonly string[],
  io: Io,
): Promise<CheckReport> {
  if (superfluous.length > 0)
    throw usage(`With --input there is no cluster and no waiting: leave ${superfluous.join(' and ')} out.`);
  const inputs = await openInputs(paths, io);
  const { replay } = inputs;
  if (replay === null)
    throw usage('Nothing can be proven by monitor text, which has no beginning and no end: --input takes recordings.');
  const counting = expectations.flatMap(({ expectation }) => (expectation.kind === 'count' ? [expectation] : []));
  const { tallies, record } = createTallies(counting, () => replay.startMs, replay.identityName);
  const summary = await inputs.summarize({ sink: { record, room: async () => Promise.resolve() } });
  const trial = createTrial(
    expectations,
    new Map<Expectation, Tally>(tallies.map((tally) => [tally.expectation, tally])),
  );
  return trial.report({ elapsedMs: summary.window.seconds * 1000, isOver: true, summary }, null);
}
