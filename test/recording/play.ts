/** Recordings played back from bytes, as --input does. */
import { Readable } from 'node:stream';
import type { Counting } from '../../src/aggregator/aggregator.ts';
import { unpack } from '../../src/io/unpack.ts';
import { failure } from '../../src/model/problem.ts';
import type { Summary } from '../../src/model/summary.ts';
import { createReplay } from '../../src/pipeline/replay.ts';
import { openRecording } from '../../src/recording/read.ts';

export async function play(recordings: readonly Buffer[], counting: Counting = {}): Promise<Summary> {
  const readers = await Promise.all(
    recordings.map(async (bytes, at) => openRecording(`recording-${at}`, unpacked(bytes))),
  );
  return createReplay(readers).play({ counting });
}

/** Lines as they are, without gzip. */
export async function playText(text: string | Buffer): Promise<Summary> {
  return createReplay([await openRecording('recording', Readable.from([Buffer.from(text)]))]).play({});
}

async function* unpacked(bytes: Buffer): AsyncIterable<Uint8Array> {
  try {
    yield* unpack(Readable.from([bytes]));
  } catch (error) {
    throw failure({ code: 'INPUT_UNREADABLE', path: 'recording', detail: 'broken' }, error);
  }
}
