/** Gzip to bytes, as far as it is whole: what comes before damage is handed out before the error. */
import { once } from 'node:events';
import { createGunzip } from 'node:zlib';

/** Deflate packs at most 1032 to one: one piece of this size becomes at most 17 MB. */
const PIECE_BYTES = 16 * 1024;

/** The members of a gzip file one after the other. Throws where it ends in the middle, or is damaged. */
export async function* unpack(packed: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  const gunzip = createGunzip({ chunkSize: 1 << 18 });
  const ready: Uint8Array[] = [];
  const failing = Promise.withResolvers<never>();
  const broken: { by: Error | null } = { by: null };
  gunzip.on('data', (chunk: Uint8Array) => ready.push(chunk));
  gunzip.on('error', (error: Error) => {
    broken.by = error;
    failing.reject(error);
  });
  // Nobody may be waiting for it.
  failing.promise.catch(() => undefined);
  const untilDone = async (work: Promise<unknown>) => Promise.race([work, failing.promise]).catch(() => undefined);
  try {
    for await (const chunk of packed) {
      for (let at = 0; at < chunk.length && broken.by === null; at += PIECE_BYTES) {
        const written = Promise.withResolvers<void>();
        gunzip.write(chunk.subarray(at, at + PIECE_BYTES), () => written.resolve());
        await untilDone(written.promise);
        yield* ready.splice(0);
      }
      if (broken.by !== null) break;
    }
    if (broken.by === null) {
      const ended = once(gunzip, 'end');
      gunzip.end();
      await untilDone(ended);
    }
    yield* ready.splice(0);
    if (broken.by !== null) throw broken.by;
  } finally {
    gunzip.destroy();
  }
}
