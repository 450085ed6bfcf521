/** One side of a comparison: a summary that was printed, or whatever else summaries can be made of. */
import { isDocument, readSummary } from '../compare/read.ts';
import type { Io } from '../io/io.ts';
import type { CompareInput } from '../model/compare.ts';
import type { Dialect } from '../model/event.ts';
import { Failure, failure } from '../model/problem.ts';
import { usage } from './plan.ts';

/** Enough to tell what a file is. */
const HEAD_BYTES = 4096;
/** A summary of all that policystat tells apart has less. */
const MOST_BYTES = 256 << 20;

/** Throws `Failure`, also for printed summaries among several files: what they counted cannot be told apart any more. */
export async function readSide(paths: readonly string[], io: Io, dialect: Dialect | null): Promise<CompareInput> {
  const begun: AsyncIterable<Uint8Array>[] = [];
  for (const path of paths) {
    const chunks = io.read(path)[Symbol.asyncIterator]();
    const { head, broken } = await readHead(chunks);
    const whole = followedBy(head, chunks, broken);
    if (isDocument(Buffer.concat(head).toString('utf8', 0, HEAD_BYTES))) {
      if (paths.length > 1)
        throw usage(
          `${path} is a printed summary, which has to be a side of its own: only recordings, or text, can be several files.`,
        );
      return readSummary(await textOf(whole, path), path);
    }
    begun.push(whole);
  }
  const { openInputs } = await import('./inputs.ts');
  // They are opened in their order, and each once.
  const inputs = await openInputs(paths, { ...io, read: (path) => begun.shift() ?? io.read(path) });
  return inputs.summarize({ dialect });
}

interface Head {
  readonly head: readonly Uint8Array[];
  /** What was met behind it: a recording can be read up to there. */
  readonly broken: Failure | null;
}

async function readHead(chunks: AsyncIterator<Uint8Array>): Promise<Head> {
  const head: Uint8Array[] = [];
  let length = 0;
  try {
    while (length < HEAD_BYTES) {
      const next = await chunks.next();
      if (next.done === true) break;
      head.push(Uint8Array.from(next.value));
      length += next.value.length;
    }
    return { head, broken: null };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return { head, broken: error };
  }
}

async function* followedBy(
  head: readonly Uint8Array[],
  rest: AsyncIterator<Uint8Array>,
  broken: Failure | null,
): AsyncIterable<Uint8Array> {
  yield* head;
  if (broken !== null) throw broken;
  for (;;) {
    const next = await rest.next();
    if (next.done === true) return;
    yield next.value;
  }
}

async function textOf(chunks: AsyncIterable<Uint8Array>, path: string): Promise<string> {
  const kept: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of chunks) {
    length += chunk.length;
    if (length > MOST_BYTES) throw failure({ code: 'SUMMARY_INVALID', path, detail: 'it is larger than 256 MiB' });
    kept.push(Uint8Array.from(chunk));
  }
  return Buffer.concat(kept).toString('utf8');
}
