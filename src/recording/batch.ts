/** Lines that wait to be packed together, and the counts of lines that are only counted. */
import type { IgnoredReason } from '../model/event.ts';

export interface Batch {
  /** Of the lines, unpacked. */
  readonly characters: number;
  add(line: object): void;
  ignored(stream: number, reason: IgnoredReason, lines: number, atMs: number): void;
  skipped(stream: number): void;
  /** All of it as text, `before` first; nothing is left afterwards. */
  take(before: readonly object[]): string;
}

interface Counted {
  readonly reasons: Map<IgnoredReason, number>;
  atMs: number;
}

export function createBatch(): Batch {
  let lines: string[] = [];
  let characters = 0;
  const counted = new Map<number, Counted>();
  const skipped = new Map<number, number>();

  return {
    get characters() {
      return characters;
    },
    add: (line) => {
      const text = JSON.stringify(line);
      characters += text.length + 1;
      lines.push(text);
    },
    ignored: (stream, reason, more, atMs) => {
      const known = counted.get(stream) ?? { reasons: new Map<IgnoredReason, number>(), atMs };
      known.reasons.set(reason, (known.reasons.get(reason) ?? 0) + more);
      known.atMs = atMs;
      counted.set(stream, known);
    },
    skipped: (stream) => {
      skipped.set(stream, (skipped.get(stream) ?? 0) + 1);
    },
    take: (before) => {
      const after = [
        ...[...counted].map(([stream, { reasons, atMs }]) => {
          const lines = [...reasons].map(([reason, count]) => ({ reason, lines: count }));
          return { type: 'ignored', stream, atMs, reasons: lines };
        }),
        ...[...skipped].map(([stream, records]) => ({ type: 'skipped', stream, records })),
      ];
      const texts = [...before.map(toText), ...lines, ...after.map(toText)];
      lines = [];
      characters = 0;
      counted.clear();
      skipped.clear();
      return texts.map((text) => `${text}\n`).join('');
    },
  };
}

function toText(line: object): string {
  return JSON.stringify(line);
}
