/** What a person at a terminal sees while one summary is being collected, and how to have it sooner. */
import type { Io } from '../io/io.ts';
import type { Summary } from '../model/summary.ts';
import { durationText, plural } from '../report/phrases.ts';
import type { Narrator } from './narrator.ts';
import { every } from './until.ts';

const PROGRESS_EVERY_MS = 1_000;

/** Until the returned function is called. */
export function tellProgress(
  current: () => Summary,
  durationMs: number | null,
  io: Io,
  narrator: Narrator,
): () => void {
  if (!io.err.isTerminal) return () => {};
  const startMs = io.clock.nowMs();
  const tell = () => {
    const elapsedMs = io.clock.nowMs() - startMs;
    const of = durationMs === null ? '' : ` of ${durationText(durationMs / 1000)}`;
    const { counted } = current().records;
    narrator.progress(
      `Listening: ${durationText(Math.floor(elapsedMs / 1000))}${of}, ${plural(counted, 'record')} counted. Ctrl-C ends it early.`,
    );
  };
  tell();
  const stop = every(io.clock, PROGRESS_EVERY_MS, tell);
  return () => {
    stop();
    narrator.settle();
  };
}
