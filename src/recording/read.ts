/** Reads a recording as far as it is whole: its header, then line by line, whatever its end is like. */
import * as v from 'valibot';
import { Failure, failure } from '../model/problem.ts';
import { type Header, HeaderSchema, type Line, LineSchema } from './line.ts';
import { createTextLines } from './lines.ts';

export interface RecordingReader {
  readonly path: string;
  readonly header: Header;
  /** The next one; null at the end. */
  next(): Promise<Line | UnreadableLine | null>;
  /** The last line was read: nothing is missing behind it. */
  readonly isWhole: boolean;
  close(): Promise<void>;
}

export interface UnreadableLine {
  readonly type: 'unreadable';
  /** Its beginning. */
  readonly text: string;
}

/** A whole node's targets fit. */
const LONGEST_LINE_BYTES = 4 * 1024 * 1024;
/** Nobody writes lines like these: whoever packs endless ones wants to keep us busy. */
const MOST_LEFT_OUT_BYTES = 64 * 1024 * 1024;
const SAMPLE_CHARACTERS = 200;

const BEGINNING = '{"apiVersion":"policystat/v1","kind":"Recording",';

/** What has to be read of a file before it is known whether it is a recording. */
export const BEGINNING_BYTES = BEGINNING.length;

export function isRecording(first: Uint8Array): boolean {
  return new TextDecoder().decode(first.subarray(0, BEGINNING_BYTES)) === BEGINNING;
}

/** Throws `Failure` RECORDING_INVALID where there is no whole header. */
export async function openRecording(path: string, chunks: AsyncIterable<Uint8Array>): Promise<RecordingReader> {
  const invalid = (detail: string): Failure => failure({ code: 'RECORDING_INVALID', path, detail });
  const source = chunks[Symbol.asyncIterator]();
  const lines = createTextLines(LONGEST_LINE_BYTES);
  let waiting: readonly (string | null)[] = [];
  let at = 0;
  let isOver = false;
  let isWhole = false;

  /** Undefined at the end. */
  async function nextText(): Promise<string | null | undefined> {
    while (at >= waiting.length) {
      const bytes = isOver ? null : await nextChunk();
      if (bytes === null) return undefined;
      waiting = lines.push(bytes);
      at = 0;
      if (lines.leftOutBytes > MOST_LEFT_OUT_BYTES) throw invalid('one of its lines does not end');
    }
    at += 1;
    return waiting[at - 1];
  }

  let hasHeader = false;
  async function nextChunk(): Promise<Uint8Array | null> {
    try {
      const next = await source.next();
      if (next.done !== true) return next.value;
    } catch (error) {
      // A recording may be cut off anywhere: what came before counts.
      if (!(error instanceof Failure) || !hasHeader) throw error;
    }
    isOver = true;
    return null;
  }

  const first = await nextText();
  if (first === undefined) throw invalid('it was cut off in its first line');
  const header = v.safeParse(HeaderSchema, fromJson(first));
  if (!header.success) throw invalid(wordsOf(header.issues));
  if (Number.isNaN(Date.parse(header.output.start))) throw invalid('it starts at no time');
  hasHeader = true;

  return {
    path,
    header: header.output,
    get isWhole() {
      return isWhole;
    },
    next: async () => {
      const text = isWhole ? undefined : await nextText();
      if (text === undefined) return null;
      const line = v.safeParse(LineSchema, fromJson(text));
      if (!line.success) return { type: 'unreadable', text: (text ?? '').slice(0, SAMPLE_CHARACTERS) };
      isWhole = line.output.type === 'end';
      return line.output;
    },
    close: async () => {
      await source.return?.();
    },
  };
}

function fromJson(text: string | null): unknown {
  try {
    return text === null ? null : JSON.parse(text);
  } catch {
    return null;
  }
}

function wordsOf([issue]: readonly [v.BaseIssue<unknown>, ...v.BaseIssue<unknown>[]]): string {
  return `its first line is no header that this version knows (${v.getDotPath(issue) ?? 'all of it'}: ${issue.message})`;
}
