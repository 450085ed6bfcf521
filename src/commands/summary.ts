/** `summary`: one summary of what happens from now on, or of monitor output that somebody kept. */
import type { FilterFlags } from '../filter/words.ts';
import type { Io } from '../io/io.ts';
import { checkSummaryRows, countingOfFiles } from './counted.ts';
import { createNarrator } from './narrator.ts';
import {
  type ClusterFlags,
  type CountFlags,
  type GroupFlags,
  type OutputFlags,
  type TargetFlags,
  toldDialect,
} from './options.ts';
import { requireComplete } from './outcome.ts';
import { toListenPlan, usage } from './plan.ts';
import { watch } from './watch.ts';

export interface SummaryFlags extends ClusterFlags, TargetFlags, CountFlags, FilterFlags, GroupFlags, OutputFlags {
  readonly duration: number;
  readonly input?: readonly string[];
}

/** `liveFlags` are those given that have a meaning for a cluster only. */
export async function runSummary(
  targets: readonly string[],
  flags: SummaryFlags,
  liveFlags: readonly string[],
  io: Io,
): Promise<number> {
  if (flags.input !== undefined) return summarizeInput([...targets, ...liveFlags], flags, flags.input, io);
  const plan = toListenPlan(targets, flags, io.env);
  const narrator = await createNarrator(io, flags);
  return watch(plan, { ...flags, live: false, intervalMs: null, durationMs: flags.duration }, io, narrator);
}

async function summarizeInput(
  superfluous: readonly string[],
  flags: SummaryFlags,
  paths: readonly string[],
  io: Io,
): Promise<number> {
  if (superfluous.length > 0)
    throw usage(`With --input there is no cluster and no waiting: leave ${superfluous.join(' and ')} out.`);
  await checkSummaryRows(flags);
  // Words that mean nothing are told before anything is read.
  countingOfFiles(flags, null);
  const [{ openInputs }, { createPresenter }] = await Promise.all([import('./inputs.ts'), import('./present.ts')]);
  const inputs = await openInputs(paths, io);
  const counting = countingOfFiles(flags, inputs.replay);
  const summary = await inputs.summarize({ dialect: toldDialect(flags), counting });
  (await createPresenter(io, flags)).final(summary);
  requireComplete(summary, flags.strict === true);
  return 0;
}
