/** One recording, of however many parts: its lines in order, with the time of each. */
import { failure } from '../model/problem.ts';
import type { Header, Line } from './line.ts';
import type { RecordingReader, UnreadableLine } from './read.ts';

export interface Reel {
  /** Of its first part. */
  readonly header: Header;
  /** The next one, with a time that never goes back; null at the end. */
  next(): Promise<ReelLine | null>;
  /** What it covers by now, part by part. */
  readonly covered: readonly Span[];
  /** Something is missing at the end of one of its parts. */
  readonly isTruncated: boolean;
}

/** From when to when somebody listened. */
export interface Span {
  readonly path: string;
  readonly fromMs: number;
  toMs: number;
}

export interface ReelLine {
  readonly atMs: number;
  readonly line: Line | UnreadableLine | PartStart;
}

/** A new part begins: its answers have numbers of their own. */
interface PartStart {
  readonly type: 'part';
}

/** Parts of one recording belong together, in their order. Throws `Failure` RECORDING_TWICE. */
export function createReels(readers: readonly RecordingReader[]): readonly Reel[] {
  const byId = new Map<string, RecordingReader[]>();
  for (const reader of readers) {
    const parts = byId.get(reader.header.id) ?? [];
    const same = parts.find(({ header }) => header.part === reader.header.part);
    if (same !== undefined) throw failure({ code: 'RECORDING_TWICE', path: reader.path, other: same.path });
    byId.set(reader.header.id, [...parts, reader]);
  }
  return [...byId.values()].flatMap((parts) => {
    const inOrder = parts.toSorted((a, b) => a.header.part - b.header.part);
    const [first, ...rest] = inOrder;
    return first === undefined ? [] : [createReel(first, rest)];
  });
}

function createReel(first: RecordingReader, rest: readonly RecordingReader[]): Reel {
  const covered: Span[] = [];
  const waiting = [first, ...rest];
  let reader: RecordingReader | null = null;
  let span: Span | null = null;
  let nowMs = startOf(first.header);
  let isTruncated = false;

  function pass(atMs: number): void {
    nowMs = Math.max(nowMs, atMs);
    if (span !== null) span.toMs = nowMs;
  }

  return {
    header: first.header,
    covered,
    get isTruncated() {
      return isTruncated;
    },
    next: async () => {
      for (;;) {
        if (reader === null) {
          reader = waiting.shift() ?? null;
          if (reader === null) return null;
          const fromMs = startOf(reader.header);
          span = { path: reader.path, fromMs, toMs: fromMs };
          covered.push(span);
          pass(fromMs);
          return { atMs: nowMs, line: { type: 'part' } };
        }
        const line = await reader.next();
        if (line !== null) {
          pass(timeOf(line) ?? nowMs);
          return { atMs: nowMs, line };
        }
        isTruncated ||= !reader.isWhole;
        await reader.close();
        reader = null;
      }
    },
  };
}

function startOf({ start }: Header): number {
  return Date.parse(start);
}

function timeOf(line: Line | UnreadableLine): number | null {
  switch (line.type) {
    case 'record':
    case 'ignored':
    case 'state':
    case 'stream':
    case 'end':
      return line.atMs;
    case 'gap':
      return line.toMs;
    default:
      return null;
  }
}
