/** The same as the pipeline for output that somebody kept: one summary of all files, with the names that the lines themselves tell. */
import { type Aggregator, type Counting, createAggregator, type StreamCounter } from '../aggregator/aggregator.ts';
import { createAnswers } from '../attribution/answers.ts';
import { namedByHubble } from '../attribution/correlated.ts';
import { createPrintedNames, readL7Name } from '../attribution/printed-name.ts';
import { reservedIdentity } from '../discovery/identity-name.ts';
import type { RecordSink } from '../model/attributed.ts';
import type { Clock, TimeWindow } from '../model/clock.ts';
import type { Dialect, MonitorRecord, Refusal, Verdict } from '../model/event.ts';
import type { Attribution } from '../model/policy.ts';
import type { Summary } from '../model/summary.ts';
import { createReader } from '../parser/reader.ts';
import { createToldNames, type ToldNames } from './told-names.ts';

export interface InputFile {
  readonly path: string;
  /** Each is good until the next one is asked for; whoever asks may say where it is to be put, if it can be. */
  readonly chunks: AsyncIterable<Uint8Array, unknown, Uint8Array | undefined>;
}

export interface FileOptions {
  readonly sink?: RecordSink | null;
  readonly counting?: Counting;
  /** Null: each line tells its own. */
  readonly dialect?: Dialect | null;
  /** Only records of this time; null for all of them. */
  readonly window?: TimeWindow | null;
  /** With a window: hears when each record was, in it or not. */
  readonly met?: (atMs: number) => void;
}

export async function summarizeFiles(
  files: readonly InputFile[],
  clock: Clock,
  { sink = null, dialect = null, counting = {}, window = null, met = () => {} }: FileOptions = {},
): Promise<Summary> {
  const paths = files.map(({ path }) => path);
  const startMs = window?.sinceMs ?? clock.nowMs();
  const told = createToldNames(reservedIdentity, () => 0);
  const aggregator = createAggregator({
    ...{ startMs, source: 'file', files: paths, identityName: told.lookup, isPart: window !== null },
    namesVersion: () => told.version(),
    ...counting,
  });
  const { filter = null, groupBy = [] } = counting;
  // Whoever looks at each record, by itself or by more than policies are counted by, gets each record.
  const oneByOne = sink !== null || filter !== null || groupBy.length > 0 || counting.audit === true || window !== null;
  for (const { chunks } of files) {
    const { record, known } = countFile(aggregator, { startMs, window, sink, met, told });
    const reader = createReader(record, { dialect, known: oneByOne ? null : known });
    const source = chunks[Symbol.asyncIterator]();
    try {
      const room = reader.room ?? undefined;
      for (let next = await source.next(); next.done !== true; next = await source.next(room)) {
        reader.push(next.value);
        await sink?.room();
      }
    } finally {
      await source.return?.();
    }
    reader.end();
  }
  return aggregator.summary(window?.untilMs ?? clock.nowMs());
}

/** Nobody knows when a line of a file was printed. */
const OFFLINE = { node: null, atMs: null, wanted: true } as const;

type FileSurroundings = Required<Pick<FileOptions, 'window' | 'sink' | 'met'>> & {
  readonly startMs: number;
  readonly told: ToldNames;
};

/** More than a cluster has. */
const MOST_NODES = 10_000;

function countFile(aggregator: Aggregator, { startMs: nowMs, window, sink, met, told }: FileSurroundings) {
  const answers = createAnswers();
  const attribute = createPrintedNames(() => null, answers);
  const noPolicy = answers.unattributed('no-policy-applies');
  const counter = aggregator.addStream(null);
  /** Numbers of endpoints, and some of identities, are each node's own. */
  const byNode = new Map<string, StreamCounter>();

  function counterOf(record: MonitorRecord): StreamCounter {
    const node = ('hubble' in record ? record.hubble?.node : null) ?? null;
    if (node === null) return counter;
    const known = byNode.get(node);
    if (known !== undefined || byNode.size >= MOST_NODES) return known ?? counter;
    const made = aggregator.addStream(null, node);
    byNode.set(node, made);
    return made;
  }

  function answerFor(record: MonitorRecord): Attribution | null {
    if (record.type === 'l7') {
      const printed = readL7Name(record);
      return printed === null ? null : attribute(printed);
    }
    if (record.type !== 'policy-verdict') return null;
    const named = namedByHubble(record, answers);
    if (named !== null) return named;
    return record.hubble?.byAgentItself === true ? noPolicy : attribute(record);
  }

  function count(record: MonitorRecord, atMs: number): void {
    if ('hubble' in record && record.hubble !== null) told.learn(record.hubble, record.hubble.node);
    const attribution = answerFor(record);
    counterOf(record).record(record, attribution, atMs);
    sink?.record(record, attribution, OFFLINE);
  }

  function countInWindow(record: MonitorRecord, { sinceMs, untilMs }: TimeWindow): void {
    const atMs = timeOf(record);
    if (typeof atMs === 'number') met(atMs);
    if (atMs === undefined) count(record, untilMs);
    else if (atMs === null) count({ type: 'ignored', reason: 'no-time' }, untilMs);
    else if (atMs < sinceMs || atMs > untilMs) count({ type: 'ignored', reason: 'outside-window' }, sinceMs);
    else count(record, atMs);
  }

  return {
    record: (record: MonitorRecord) => (window === null ? count(record, nowMs) : countInWindow(record, window)),
    known: {
      times: (verdict: Verdict, times: number) => counter.times(verdict, times, attribute(verdict), nowMs),
      denied: (refusal: Refusal) => counter.attempt(refusal, attribute(refusal), nowMs),
    },
  };
}

/** Undefined for what is counted whenever it was: a line that nobody understood, or that holds no event. */
function timeOf(record: MonitorRecord): number | null | undefined {
  switch (record.type) {
    case 'policy-verdict':
    case 'drop':
    case 'trace':
    case 'l7':
    case 'nat':
      return record.hubble?.timeMs ?? null;
    case 'agent':
      return record.timeMs ?? null;
    default:
      return undefined;
  }
}
