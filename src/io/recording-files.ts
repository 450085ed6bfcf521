/** The files of a recording: made new, written in order while the streams go on, and given up at the first byte that finds no room. */
import { createHmac, randomBytes } from 'node:crypto';
import { type FileHandle, open, readdir, rm, stat } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { gzipSync } from 'node:zlib';
import { Failure, failure } from '../model/problem.ts';
import type { PartFile, PartFiles } from '../recording/part-file.ts';

/** What a recording says is nobody else's business. */
const ONLY_OWNER = 0o600;
const ENDINGS = /(?:\.jsonl)?(?:\.gz)?$/;

/** `night.jsonl.gz` has the parts `night.0001.jsonl.gz`, `night.0002.jsonl.gz`, ... */
function partPath(path: string, part: number): string {
  return path.replace(ENDINGS, (ending) => `.${String(part).padStart(4, '0')}${ending}`);
}

export interface RecordingFiles extends PartFiles {
  /** Takes the first part away again where nothing was heard; it is closed by then, or was never opened. */
  discard(): Promise<void>;
}

/** Makes the first file at once. `failed` is told of the first one that cannot be written. Throws `Failure` RECORDING_UNWRITABLE. */
export async function createRecordingFiles(
  path: string,
  rotates: boolean,
  failed: (problem: Failure) => void,
): Promise<RecordingFiles> {
  const pathOf = (part: number) => (rotates ? partPath(path, part) : path);
  if (rotates) await refuseParts(path);
  const first = await openNew(pathOf(1));
  const isFile = (await first.stat()).isFile();
  return {
    open: (part) => {
      const opening = part === 1 ? Promise.resolve(first) : openNew(pathOf(part));
      return createPartFile({ path: pathOf(part), opening, isFirst: part === 1, failed });
    },
    remove: async (part) => rm(pathOf(part), { force: true }),
    discard: async () => {
      await first.close().catch(() => undefined);
      if (isFile) await rm(pathOf(1), { force: true });
    },
  };
}

/** They would be met in the middle of the night, and taken for parts of this recording ever after. */
async function refuseParts(path: string): Promise<void> {
  const [before = '', after = ''] = basename(partPath(path, 0)).split('.0000');
  const names = await readdir(dirname(path)).catch(() => []);
  const part = names.find(
    (name) =>
      name.startsWith(`${before}.`) &&
      name.endsWith(after) &&
      /^\.\d{4,}$/.test(name.slice(before.length, name.length - after.length)),
  );
  if (part === undefined) return;
  const detail = `${part} is there already, of an earlier one`;
  throw failure({ code: 'RECORDING_UNWRITABLE', path, detail, begun: false });
}

/** Never over a file that is there: it may be the recording of last night. */
async function openNew(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'wx', ONLY_OWNER);
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw unwritable(path, error, false);
  }
  try {
    if ((await stat(path)).isFile())
      throw failure({
        code: 'RECORDING_UNWRITABLE',
        path,
        detail: 'there is a file of that name already',
        begun: false,
      });
    return await open(path, 'w');
  } catch (error) {
    throw codeOf(error) === null ? error : unwritable(path, error, false);
  }
}

interface NewPart {
  readonly path: string;
  readonly opening: Promise<FileHandle>;
  readonly isFirst: boolean;
  readonly failed: (problem: Failure) => void;
}

function createPartFile({ path, opening, isFirst, failed }: NewPart): PartFile {
  let waitingBytes = 0;
  let problem: Failure | null = null;
  let wholeBytes = 0;
  let queue: Promise<unknown> = opening;

  const giveUp = (error: unknown) => {
    problem ??= error instanceof Failure ? error : unwritable(path, error, wholeBytes > 0 || !isFirst);
    failed(problem);
  };

  /** What is packed together is read together: half of it is taken back where that is possible. */
  async function writeNext(bytes: Uint8Array): Promise<void> {
    if (problem !== null) return;
    try {
      const file = await opening;
      await file.appendFile(bytes).catch(async (error: unknown) => {
        await file.truncate(wholeBytes).catch(() => undefined);
        throw error;
      });
      wholeBytes += bytes.length;
    } catch (error) {
      giveUp(error);
    } finally {
      waitingBytes -= bytes.length;
    }
  }

  queue = queue.catch(giveUp);
  return {
    get waitingBytes() {
      return waitingBytes;
    },
    write: (bytes) => {
      waitingBytes += bytes.length;
      queue = queue.then(async () => writeNext(bytes));
    },
    close: async () => {
      await queue;
      try {
        const file = await opening;
        const isEmptyFile = wholeBytes === 0 && (await file.stat()).isFile();
        await file.close();
        // Nothing can be read of it, and it would keep the others from being read with it.
        if (isEmptyFile) await rm(path, { force: true });
      } catch (error) {
        giveUp(error);
      }
      if (problem !== null) throw problem;
    },
  };
}

function unwritable(path: string, error: unknown, begun: boolean): Failure {
  const message = error instanceof Error ? error.message : String(error);
  // Node names the path at the end of its message.
  return failure(
    { code: 'RECORDING_UNWRITABLE', path, detail: message.replace(/, \w+(?: '.*')?$/s, ''), begun },
    error,
  );
}

function codeOf(error: unknown): string | null {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : null;
}

/** A member of its own: a file that is cut in the middle keeps all the others. */
export function pack(text: string): Uint8Array {
  return gzipSync(text);
}

/** 32 hexadecimal digits. */
export function newRecordingId(): string {
  return randomBytes(16).toString('hex');
}

/** A hash whose key is forgotten with the process. */
export function createSecretHash(): (text: string) => string {
  const key = randomBytes(32);
  return (text) => createHmac('sha256', key).update(text).digest('hex');
}
