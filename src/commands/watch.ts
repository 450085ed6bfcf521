/** `watch`: the live table on a terminal, one summary per interval on a pipe, and the final summary at the end. */
import type { FilterFlags } from '../filter/words.ts';
import type { Io } from '../io/io.ts';
import { EXIT } from '../model/exit-code.ts';
import { failure } from '../model/problem.ts';
import { checkSummaryRows, hearingOf } from './counted.ts';
import { listen } from './listen.ts';
import { createNarrator, type Narrator } from './narrator.ts';
import type { ClusterFlags, CountFlags, GroupFlags, OutputFlags, TargetFlags } from './options.ts';
import { requireComplete } from './outcome.ts';
import { type ListenPlan, toListenPlan } from './plan.ts';

export interface WatchFlags extends ClusterFlags, TargetFlags, CountFlags, FilterFlags, GroupFlags, OutputFlags {
  readonly interval: number;
  readonly duration?: number;
}

export async function runWatch(targets: readonly string[], flags: WatchFlags, io: Io): Promise<number> {
  const plan = toListenPlan(targets, flags, io.env);
  const narrator = createNarrator(io, flags);
  return watch(
    plan,
    { ...flags, live: true, intervalMs: flags.interval, durationMs: flags.duration ?? null },
    io,
    narrator,
  );
}

export interface WatchOptions extends CountFlags, FilterFlags, GroupFlags, OutputFlags {
  /** Whether to draw on a terminal while listening. */
  readonly live: boolean;
  /** Null: only the last summary. */
  readonly intervalMs: number | null;
  readonly durationMs: number | null;
}

/** The exit code: 0, or 130 where it was interrupted before there was a result. */
export async function watch(plan: ListenPlan, options: WatchOptions, io: Io, narrator: Narrator): Promise<number> {
  await checkSummaryRows(options);
  const hearing = hearingOf(options, io);
  try {
    const listening = await listen(plan, io, narrator, hearing);
    try {
      await listening.opened;
      // Loaded only now: until the streams are open, every millisecond is theirs.
      const { createPresenter } = await import('./present.ts');
      const presenter = await createPresenter(io, options);
      narrator.settle();
      if (io.stop.aborted) return EXIT.interrupted;
      const current = () => listening.summary();
      const stopShowing = options.live
        ? presenter.follow(current, options.intervalMs)
        : (await import('./progress.ts')).tellProgress(current, options.durationMs, io, narrator);
      const problem = await listening.over(options.durationMs).finally(stopShowing);
      // Taken before the streams are closed: what we end ourselves is not missing.
      const summary = await listening.finalSummary();
      presenter.final(summary);
      for (const { node, calls, bytes, ms } of listening.costs())
        narrator.detail(`${node}: ${calls} queries, ${bytes} bytes of answers, ${ms} ms`);
      if (problem !== null) throw failure(problem);
      requireComplete(summary, options.strict === true);
      return EXIT.done;
    } finally {
      await listening.stop();
    }
  } finally {
    narrator.settle();
  }
}
