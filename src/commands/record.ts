/** `record`: all that is counted goes into a file as well, until it is full, the time is over or Ctrl-C. */
import manifest from '../../package.json' with { type: 'json' };
import type { Io } from '../io/io.ts';
import type { RecordingFiles } from '../io/recording-files.ts';
import { EXIT } from '../model/exit-code.ts';
import { type Failure, failure } from '../model/problem.ts';
import type { Recorder, RedactedKind } from '../model/recording.ts';
import type { Summary } from '../model/summary.ts';
import { printable } from '../report/printable.ts';
import { checkSummaryRows, hearingOf } from './counted.ts';
import { type EventTypes, needsVerbose } from './event-types.ts';
import { type Listening, listen } from './listen.ts';
import { createNarrator, type Narrator } from './narrator.ts';
import type { ClusterFlags, GroupFlags, OutputFlags, TargetFlags } from './options.ts';
import { requireComplete } from './outcome.ts';
import { type ListenPlan, toListenPlan, usage } from './plan.ts';

export interface RecordFlags extends ClusterFlags, TargetFlags, GroupFlags, OutputFlags {
  readonly write: string;
  readonly maxSize: number;
  readonly maxDuration?: number;
  readonly keep?: number;
  readonly redact?: readonly RedactedKind[];
  readonly type?: EventTypes;
  readonly traffic?: boolean;
  readonly duration?: number;
}

export async function runRecord(targets: readonly string[], flags: RecordFlags, io: Io): Promise<number> {
  const { type: types, ...rest } = flags;
  const plan = toListenPlan(targets, { ...rest, type: [...(types?.wanted ?? [])] }, io.env);
  await checkSummaryRows(rest);
  if (flags.write === '-') throw usage('A recording is written to a file: its summary goes to standard output.');
  const narrator = createNarrator(io, flags);
  const ended = Promise.withResolvers<null>();
  const end: { isFull: boolean; failure: Failure | null } = { isFull: false, failure: null };
  const { createRecordingFiles } = await import('../io/recording-files.ts');
  const files = await createRecordingFiles(flags.write, flags.keep !== undefined, (failed) => {
    end.failure ??= failed;
    ended.resolve(null);
  });
  const recorder = await createTape(flags, files, io, () => {
    end.isFull = true;
    ended.resolve(null);
  });
  const code = await recordOn(plan, recorder, files, { flags, io, narrator, ended: ended.promise });
  if (end.failure !== null) throw end.failure;
  if (end.isFull && flags.quiet !== true)
    io.err.write(
      `policystat: the recording ${printable(flags.write)} has reached its limit and ended there. With --keep, it would continue in a new file.\n`,
    );
  return code;
}

async function createTape(flags: RecordFlags, files: RecordingFiles, io: Io, full: () => void): Promise<Recorder> {
  const [{ createRecorder }, { createRedactor }, { createSecretHash, newRecordingId, pack }] = await Promise.all([
    import('../recording/tape.ts'),
    import('../recording/redact.ts'),
    import('../io/recording-files.ts'),
  ]);
  return createRecorder({
    clock: io.clock,
    files,
    program: manifest.version,
    id: newRecordingId(),
    pack,
    redactor: flags.redact === undefined ? null : createRedactor(flags.redact, createSecretHash()),
    maxBytes: flags.maxSize,
    maxPartMs: flags.maxDuration ?? null,
    keep: flags.keep ?? null,
    full,
  });
}

interface Run {
  readonly flags: RecordFlags;
  readonly io: Io;
  readonly narrator: Narrator;
  /** The recording is full, or cannot be written. */
  readonly ended: Promise<null>;
}

async function recordOn(plan: ListenPlan, recorder: Recorder, files: RecordingFiles, run: Run): Promise<number> {
  const { io, flags, narrator } = run;
  const { type: types, ...counted } = flags;
  let isHeard = false;
  try {
    const listening = await listen(plan, io, narrator, {
      ...hearingOf(counted, io),
      verbose: types !== undefined && needsVerbose(types),
      tape: recorder,
    });
    try {
      await listening.opened;
      narrator.settle();
      if (io.stop.aborted) return EXIT.interrupted;
      isHeard = true;
      return await recordUntilEnd(listening, recorder, run);
    } finally {
      await listening.stop();
    }
  } finally {
    narrator.settle();
    await recorder.end().catch(() => undefined);
    if (!isHeard) await files.discard();
  }
}

async function recordUntilEnd(
  listening: Listening,
  recorder: Recorder,
  { flags, io, narrator, ended }: Run,
): Promise<number> {
  const [{ createPresenter }, { tellProgress }] = await Promise.all([import('./present.ts'), import('./progress.ts')]);
  const presenter = await createPresenter(io, flags);
  const current = (): Summary => listening.summary();
  const stopTelling = tellProgress(current, flags.duration ?? null, io, narrator);
  const problem = await Promise.race([listening.over(flags.duration ?? null), ended]).finally(stopTelling);
  const summary = await listening.finalSummary();
  // At once: nothing may be recorded that this summary does not count.
  const written = recorder.end();
  presenter.final(summary);
  // What could not be written is told as the end of it all.
  await written.catch(() => undefined);
  if (problem !== null) throw failure(problem);
  requireComplete(summary, flags.strict === true);
  return EXIT.done;
}
