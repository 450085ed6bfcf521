/** A file or stdin as chunks of bytes, unpacked where it is gzip. */
import { createReadStream } from 'node:fs';
import { pipeline, Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { failure } from '../model/problem.ts';

/** RFC 1952. */
const GZIP_MAGIC = [0x1f, 0x8b];

/** `-` is stdin. */
export function openInput(path: string): AsyncIterable<Uint8Array> {
  return readInput(path, path === '-' ? process.stdin : createReadStream(path, { highWaterMark: 1 << 20 }));
}

async function* readInput(path: string, source: Readable): AsyncIterable<Uint8Array> {
  try {
    const chunks = source.iterator({ destroyOnReturn: true });
    const first = await firstBytes(chunks, GZIP_MAGIC.length);
    const whole = prefixed(first, chunks);
    const packed = GZIP_MAGIC.every((byte, index) => first[index] === byte);
    yield* packed ? unpacked(whole) : whole;
  } catch (error) {
    throw failure({ code: 'INPUT_UNREADABLE', path, detail: detailOf(error) }, error);
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

function unpacked(packed: AsyncIterable<Buffer>): AsyncIterable<Uint8Array> {
  const gunzip = createGunzip({ chunkSize: 1 << 18 });
  // An error of either ends the reading of the other; whoever iterates meets it.
  pipeline(Readable.from(packed), gunzip, () => {});
  return gunzip;
}

async function* prefixed(first: Buffer, rest: AsyncIterable<Buffer>): AsyncIterable<Buffer> {
  yield first;
  yield* rest;
}
