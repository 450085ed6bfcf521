/** Owns the account of every line: received = counted + ignored + unparsed, the latter by reason, and what was lost before it was a line. */
import type { IgnoredReason, Unparsed, UnparsedReason } from '../model/event.ts';
import type { Summary } from '../model/summary.ts';

export interface Ledger {
  readonly lost: number;
  readonly unparsed: number;
  readonly unnamed: number;
  readonly untimed: number;
  counted(times?: number): void;
  ignored(reason: IgnoredReason, lines?: number): void;
  lostEvents(events: number): void;
  notUnderstood(record: Unparsed): void;
  records(): Summary['records'];
}

const MOST_SAMPLES = 10;
const LONGEST_SAMPLE = 200;

export function createLedger(): Ledger {
  const reasons: Partial<Record<IgnoredReason, number>> = {};
  const unparsedReasons: Partial<Record<UnparsedReason, number>> = {};
  const samples: string[] = [];
  let received = 0;
  let counted = 0;
  let unparsed = 0;
  let lost = 0;

  function ignore(reason: IgnoredReason, lines = 1): void {
    received = added(received, lines);
    reasons[reason] = added(reasons[reason] ?? 0, lines);
  }

  return {
    get lost() {
      return lost;
    },
    get unnamed() {
      return reasons['unnamed-peer'] ?? 0;
    },
    get untimed() {
      return reasons['no-time'] ?? 0;
    },
    get unparsed() {
      return unparsed;
    },
    counted: (times = 1) => {
      received += times;
      counted += times;
    },
    ignored: ignore,
    lostEvents: (events) => {
      ignore('lost');
      lost = added(lost, events);
    },
    notUnderstood: ({ reason, line }) => {
      received += 1;
      unparsed += 1;
      unparsedReasons[reason] = (unparsedReasons[reason] ?? 0) + 1;
      if (samples.length < MOST_SAMPLES) samples.push(line.slice(0, LONGEST_SAMPLE));
    },
    records: () =>
      Object.freeze({
        received,
        counted,
        ignored: inOrder(reasons),
        unparsed,
        unparsedReasons: inOrder(unparsedReasons),
        unparsedSamples: Object.freeze([...samples]),
      }),
  };
}

/** A damaged line can claim any number; sums stay whole numbers. */
function added(sum: number, more: number): number {
  return Math.min(sum + more, Number.MAX_SAFE_INTEGER);
}

function inOrder(reasons: Readonly<Record<string, number>>): Readonly<Record<string, number>> {
  return Object.freeze(Object.fromEntries(Object.entries(reasons).sort(([a], [b]) => (a < b ? -1 : 1))));
}
