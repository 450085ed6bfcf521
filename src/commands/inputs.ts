/** What is given with --input: text that agents printed, or recordings, told apart by how they begin. */
import type { Counting } from '../aggregator/aggregator.ts';
import type { Io } from '../io/io.ts';
import type { RecordSink } from '../model/attributed.ts';
import type { TimeWindow } from '../model/clock.ts';
import type { Dialect } from '../model/event.ts';
import type { Summary } from '../model/summary.ts';
import type { Replay } from '../pipeline/replay-words.ts';
import { BEGINNING_BYTES, isRecording, openRecording } from '../recording/read.ts';
import { refuseStdinTwice, usage } from './plan.ts';

export interface Inputs {
  /** Null for text, which holds no names and no times. */
  readonly replay: Replay | null;
  summarize(options: InputOptions): Promise<Summary>;
  /** The time that they tell of, once they are summarized; null where they tell none. */
  heldTime(): TimeWindow | null;
}

interface InputOptions {
  readonly sink?: RecordSink | null;
  readonly counting?: Counting;
  /** Only records of this time; null for all of them. */
  readonly window?: TimeWindow | null;
  /** Of text; null: each line tells its own. */
  readonly dialect?: Dialect | null;
}

/** Throws `Failure` where one of them cannot be read, and USAGE for text beside recordings. */
export async function openInputs(paths: readonly string[], io: Io): Promise<Inputs> {
  refuseStdinTwice(paths);
  const opened: Opened[] = [];
  for (const path of paths) opened.push(await open(path, io));
  const recordings = opened.filter((each) => each.isRecording);
  if (recordings.length === 0) {
    // Nothing in text tells that it was counted before.
    const repeated = paths.find((path, at) => paths.indexOf(path) < at);
    if (repeated !== undefined) throw usage(`${repeated} is given twice, which would count everything in it twice.`);
    const { summarizeFiles } = await import('../pipeline/file-summary.ts');
    let held: TimeWindow | null = null;
    const met = (atMs: number) => {
      held = { sinceMs: Math.min(held?.sinceMs ?? atMs, atMs), untilMs: Math.max(held?.untilMs ?? atMs, atMs) };
    };
    return {
      replay: null,
      summarize: async (options) => summarizeFiles(opened, io.clock, { ...options, met }),
      heldTime: () => held,
    };
  }
  const text = opened.find((each) => !each.isRecording);
  if (text !== undefined)
    throw usage(
      `${text.path} is not a recording, but others are: text has no times to merge it by. Give either text or recordings.`,
    );
  const { createReplay } = await import('../pipeline/replay.ts');
  const replay = createReplay(
    await Promise.all(recordings.map(async ({ path, chunks }) => openRecording(path, chunks))),
  );
  return { replay, summarize: async (options) => replay.play(options), heldTime: () => replay.heldTime() };
}

interface Opened {
  readonly path: string;
  readonly chunks: AsyncIterable<Uint8Array, unknown, Uint8Array | undefined>;
  readonly isRecording: boolean;
}

async function open(path: string, io: Io): Promise<Opened> {
  const source = io.read(path)[Symbol.asyncIterator]();
  const first = await source.next();
  let head = first.done === true ? new Uint8Array() : first.value;
  while (head.length < BEGINNING_BYTES) {
    // A chunk is good until the next one is asked for.
    const kept = Uint8Array.from(head);
    const next = await source.next();
    if (next.done === true) {
      head = kept;
      break;
    }
    head = Buffer.concat([kept, next.value]);
  }
  return { path, chunks: followedBy(head, source), isRecording: isRecording(head) };
}

async function* followedBy(
  head: Uint8Array,
  source: AsyncIterator<Uint8Array>,
): AsyncGenerator<Uint8Array, undefined, Uint8Array | undefined> {
  try {
    let room = head.length > 0 ? yield head : undefined;
    for (;;) {
      const next = await source.next(room);
      if (next.done === true) return;
      room = yield next.value;
    }
  } finally {
    await source.return?.();
  }
}
