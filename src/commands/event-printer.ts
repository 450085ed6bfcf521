/** Chooses, words and writes records one a line, and keeps the account of what became of every line that was received. */
import { joinTranslations, type TranslationJoin } from '../attribution/translation.ts';
import type { Circumstances, RecordFilter, RecordSink, StreamGap } from '../model/attributed.ts';
import type { Translation } from '../model/datapath-event.ts';
import type { MonitorRecord } from '../model/event.ts';
import type { Attribution } from '../model/policy.ts';
import type { EventAccount } from '../report/event-account.ts';
import { ciliumTypeOf, type EventTypes } from './event-types.ts';

export interface PrinterOptions {
  readonly render: (
    record: MonitorRecord | StreamGap,
    attribution: Attribution | null,
    about: Circumstances,
  ) => string | null;
  /** Null: every type. */
  readonly types: EventTypes | null;
  /** Whether lines that were not understood are printed. */
  readonly damaged: boolean;
  readonly filter: RecordFilter | null;
  /** The name of the service in a translation, where the cluster tells it. */
  readonly named: (record: Translation) => Translation;
  /** False where a slow reader has no room for it. */
  readonly write: (text: string) => boolean;
  readonly room: () => Promise<void>;
}

export interface EventPrinter extends RecordSink {
  /** What waits is printed, what comes later is not. */
  end(): void;
  account(): EventAccount;
}

/** A piece of a file becomes many lines: they are written together, up to this size. */
const BATCH_CHARACTERS = 64 * 1024;

interface Joining {
  readonly join: TranslationJoin;
  last: Circumstances;
}

export function createEventPrinter(options: PrinterOptions): EventPrinter {
  const { types, filter, named, render } = options;
  const ignored: Record<string, number> = {};
  const unparsedReasons: Record<string, number> = {};
  const joins = new Map<string | null, Joining>();
  let received = 0;
  let printed = 0;
  let unparsed = 0;
  let notShown = 0;
  let batch = '';
  let batchLines = 0;
  let isEnded = false;

  function ignore(reason: string, lines = 1): void {
    if (lines > 0) ignored[reason] = (ignored[reason] ?? 0) + lines;
  }

  function flush(): void {
    if (batch === '') return;
    if (!options.write(batch)) notShown += batchLines;
    batch = '';
    batchLines = 0;
  }

  function print(record: MonitorRecord | StreamGap, attribution: Attribution | null, about: Circumstances): void {
    const line = render(record, attribution, about);
    if (line === null) return;
    // All lines of one piece of a stream leave together.
    if (batch === '') queueMicrotask(flush);
    batch += line;
    batchLines += 1;
    if (batch.length > BATCH_CHARACTERS) flush();
  }

  function choose(record: MonitorRecord, attribution: Attribution | null, about: Circumstances): void {
    if (filter !== null && !filter(record, attribution, about.node)) {
      ignore('filter');
      return;
    }
    printed += 1;
    print(record, attribution, about);
  }

  function translate(record: Translation, about: Circumstances): void {
    if (types?.joinsTranslations !== true) {
      choose(named(record), null, about);
      return;
    }
    const joining = joins.get(about.node) ?? { join: joinTranslations(), last: about };
    joins.set(about.node, joining);
    joining.last = about;
    const { join } = joining;
    const before = join.waiting;
    const complete = join.push(record);
    ignore('joined', 1 + before - join.waiting - complete.length);
    for (const each of complete) choose(named(each), null, about);
  }

  function take(record: MonitorRecord, attribution: Attribution | null, about: Circumstances): void {
    received += 1;
    switch (record.type) {
      case 'ignored':
        ignore(record.reason);
        return;
      case 'unparsed':
        unparsed += 1;
        unparsedReasons[record.reason] = (unparsedReasons[record.reason] ?? 0) + 1;
        if (options.damaged) print(record, null, about);
        return;
      case 'lost':
      case 'node-status':
        // What is missing matters whatever was asked for.
        printed += 1;
        print(record, null, about);
        return;
      case 'unknown-event':
        if (options.damaged) choose(record, null, about);
        else ignore(record.type);
        return;
      default:
    }
    const type = ciliumTypeOf(record.type);
    if (types !== null && (type === null || !types.wanted.has(type))) ignore(type ?? record.type);
    else if (!about.wanted) ignore('other-endpoint');
    else if (record.type === 'nat') translate(record, about);
    else choose(record, attribution, about);
  }

  return {
    record: (record, attribution, about) => {
      if (isEnded) return;
      if (record.type === 'gap') print(record, null, about);
      else take(record, attribution, about);
    },
    ignored: (reason, lines) => {
      received += lines;
      ignore(reason, lines);
    },
    room: async () => {
      flush();
      await options.room();
    },
    end: () => {
      for (const { join, last } of joins.values()) for (const left of join.flush()) choose(named(left), null, last);
      flush();
      isEnded = true;
    },
    account: () => ({
      received,
      printed,
      ignored: { ...ignored },
      unparsed,
      unparsedReasons: { ...unparsedReasons },
      notShown,
    }),
  };
}
