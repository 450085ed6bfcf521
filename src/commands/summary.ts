/** `summary`: one summary of what happens from now on, of what the agents' Hubbles still have, or of monitor output that somebody kept. */
import type { FilterFlags } from '../filter/words.ts';
import type { Io } from '../io/io.ts';
import type { TimeWindow } from '../model/clock.ts';
import { EXIT } from '../model/exit-code.ts';
import { checkSummaryRows, countingOfFiles, hearingOf } from './counted.ts';
import { createNarrator, type Narrator } from './narrator.ts';
import {
  type ClusterFlags,
  type CountFlags,
  type GroupFlags,
  type OutputFlags,
  type TargetFlags,
  toldDialect,
} from './options.ts';
import { requireComplete } from './outcome.ts';
import { type ListenPlan, refuseBesideInput, toListenPlan, usage } from './plan.ts';
import { watch } from './watch.ts';
import { type WindowFlags, windowOf } from './window.ts';

export interface SummaryFlags
  extends ClusterFlags,
    TargetFlags,
    CountFlags,
    FilterFlags,
    GroupFlags,
    OutputFlags,
    WindowFlags {
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
  const narrator = createNarrator(io, flags);
  const window = windowOf(flags, io.clock.nowMs());
  if (window !== null) {
    if (flags.source === 'monitor' && liveFlags.includes('--source'))
      throw usage('Only Hubble still has what is over: leave out --source monitor.');
    return summarizePast({ ...plan, source: 'hubble' }, window, flags, io, narrator);
  }
  return watch(plan, { ...flags, live: false, intervalMs: null, durationMs: flags.duration }, io, narrator);
}

async function summarizePast(
  plan: ListenPlan,
  window: TimeWindow,
  flags: SummaryFlags,
  io: Io,
  narrator: Narrator,
): Promise<number> {
  await checkSummaryRows(flags);
  const hearing = hearingOf(flags, io);
  const { lookBack } = await import('./look-back.ts');
  const summary = await lookBack(plan, window, io, narrator, hearing);
  if (summary === null) return EXIT.interrupted;
  const { createPresenter } = await import('./present.ts');
  (await createPresenter(io, flags)).final(summary);
  requireComplete(summary, flags.strict === true);
  return EXIT.done;
}

async function summarizeInput(
  superfluous: readonly string[],
  flags: SummaryFlags,
  paths: readonly string[],
  io: Io,
): Promise<number> {
  refuseBesideInput(superfluous);
  const window = windowOf(flags, io.clock.nowMs());
  await checkSummaryRows(flags);
  // Words that mean nothing are told before anything is read.
  countingOfFiles(flags, null);
  const [{ openInputs }, { createPresenter }] = await Promise.all([import('./inputs.ts'), import('./present.ts')]);
  const inputs = await openInputs(paths, io);
  const counting = countingOfFiles(flags, inputs.replay);
  const summary = await inputs.summarize({ dialect: toldDialect(flags), counting, window });
  const held = inputs.heldTime();
  if (window !== null && held !== null && (held.untilMs < window.sinceMs || held.sinceMs > window.untilMs))
    createNarrator(io, flags).warn({ code: 'WINDOW_MISSED', ...held });
  (await createPresenter(io, flags)).final(summary);
  requireComplete(summary, flags.strict === true);
  return EXIT.done;
}
