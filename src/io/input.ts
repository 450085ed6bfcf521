/** A file or stdin as chunks of bytes, unpacked where it is gzip. */
import { readSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { setImmediate } from 'node:timers/promises';
import { failure } from '../model/problem.ts';

/** RFC 1952. */
const GZIP_MAGIC = [0x1f, 0x8b];

const CHUNK_BYTES = 1 << 18;
const CHUNKS_PER_TURN = 16;

/** `-` is stdin. A chunk is good until the next one is asked for; whoever asks may say where it is to be put, if it can be. */
export async function* openInput(path: string): AsyncGenerator<Uint8Array, undefined, Uint8Array | undefined> {
  try {
    const chunks = path === '-' ? process.stdin.iterator({ destroyOnReturn: true }) : fileChunks(path);
    try {
      const first = await firstBytes(chunks, GZIP_MAGIC.length);
      const whole = prefixed(first, chunks);
      const packed = GZIP_MAGIC.every((byte, index) => first[index] === byte);
      if (packed) yield* (await import('./unpack.ts')).unpack(whole);
      else yield* whole;
    } finally {
      // Whoever reads no further than the first bytes has not come to the others.
      await chunks.return?.();
    }
  } catch (error) {
    throw failure({ code: 'INPUT_UNREADABLE', path, detail: detailOf(error) }, error);
  }
}

/**
 * Into the same memory again and again, which stays in the processor's cache. At once where nothing has to be waited
 * for: to send a file's bytes through a second thread costs more than to count what they say.
 */
async function* fileChunks(path: string): AsyncGenerator<Uint8Array, undefined, Uint8Array | undefined> {
  const file = await open(path);
  try {
    const isThere = (await file.stat()).isFile();
    let memory: Uint8Array = Buffer.allocUnsafeSlow(CHUNK_BYTES);
    for (let chunk = 1; ; chunk += 1) {
      const size = isThere ? readSync(file.fd, memory) : (await file.read(memory)).bytesRead;
      if (size === 0) return;
      memory = (yield memory.subarray(0, size)) ?? memory;
      // Signals and whoever tells how far it is have their turn.
      if (chunk % CHUNKS_PER_TURN === 0) await setImmediate();
    }
  } finally {
    await file.close();
  }
}

/** Node names the path at the end of its message: `ENOENT: no such file or directory, open 'x'`. */
function detailOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.replace(/, \w+(?: '.*')?$/s, '');
}

/** Stdin may hand over the first byte alone: enough are waited for to tell gzip from text. */
async function firstBytes(chunks: AsyncIterator<Buffer>, atLeast: number): Promise<Buffer> {
  let first: Buffer = Buffer.alloc(0);
  while (first.length < atLeast) {
    const next = await chunks.next();
    if (next.done === true) break;
    first = first.length === 0 ? next.value : Buffer.concat([first, next.value]);
  }
  return first;
}

async function* prefixed(first: Buffer, rest: AsyncIterable<Buffer>): AsyncIterable<Buffer> {
  yield first;
  yield* rest;
}
