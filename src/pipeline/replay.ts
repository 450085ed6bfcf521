/** Plays recordings back: the same records, in the same order, with the same times, into the same counting as when they were heard. */
import { createAggregator, type StreamCounter } from '../aggregator/aggregator.ts';
import { isAbout } from '../filter/about.ts';
import type { AgentPlan, AgentState } from '../model/cluster.ts';
import type { Attribution } from '../model/policy.ts';
import type { Summary } from '../model/summary.ts';
import { type Coverage, NOT_RECORDED, refuseDoubles, uncovered, widened } from '../recording/coverage.ts';
import type { LineOf } from '../recording/line.ts';
import { type MergedLine, mergeReels, sampleOf } from '../recording/merge.ts';
import { createRecordedNames } from '../recording/names.ts';
import type { RecordingReader } from '../recording/read.ts';
import { createReels, type Reel } from '../recording/reel.ts';
import { createEndpointNames } from './endpoint-names.ts';
import type { Replay, ReplayOptions } from './replay-words.ts';
import { withoutDoubles } from './replayed-summary.ts';

/** Far more agents, and answers of attribution, than one recording has. */
const MOST_STREAMS = 20_000;
const MOST_ATTRIBUTIONS = 200_000;
/** A slow reader of what is printed is waited for. */
const LINES_BETWEEN_PAUSES = 256;

interface Played {
  readonly streams: Map<number, PlayedStream>;
  readonly attributions: Map<number, Attribution>;
}

interface PlayedStream {
  readonly counter: StreamCounter;
  readonly node: string;
  targets: AgentPlan['targets'];
  coverage: Coverage;
  state: AgentState | null;
}

/** Throws `Failure` RECORDING_TWICE; playing throws RECORDINGS_OVERLAP. */
export function createReplay(readers: readonly RecordingReader[]): Replay {
  const reels = createReels(readers);
  const startMs = Math.min(...reels.map(({ header }) => Date.parse(header.start)));
  const names = createRecordedNames();
  const pods = createEndpointNames();

  async function play({ sink = null, counting = {}, window = null }: ReplayOptions): Promise<Summary> {
    const headers = reels.map(({ header }) => header);
    const isWithoutTypes = headers.every(({ types }) => types === null);
    const fromMs = window?.sinceMs ?? startMs;
    const isWanted = (atMs: number) => window === null || (atMs >= window.sinceMs && atMs <= window.untilMs);
    const aggregator = createAggregator({
      startMs: fromMs,
      isPart: window !== null,
      source: 'monitor',
      // One recording says what the live run said; of several it matters which.
      files: reels.length > 1 ? readers.map(({ path }) => path) : [],
      types: isWithoutTypes ? null : [...new Set(headers.flatMap(({ types }) => types ?? []))],
      missingNodes: [...new Set(headers.flatMap(({ missingNodes }) => missingNodes))],
      ...counting,
      identityName: names.lookup,
      namesVersion: () => names.version(),
    });
    // Packets are counted for whole policies: beside a part of their verdicts they would seem to be that part's.
    const measures = (counting.filter ?? null) === null && (counting.groupBy ?? []).length === 0;
    const played = new Map<Reel, Played>(reels.map((reel) => [reel, { streams: new Map(), attributions: new Map() }]));
    const damaged: StreamCounter[] = [];
    let endMs = startMs;

    /** What belongs to no agent. */
    function counterOfDamage(): StreamCounter {
      const counter = damaged[0] ?? aggregator.addStream(null);
      damaged[0] = counter;
      return counter;
    }

    function notUnderstood(text: string, atMs: number): void {
      const record = { type: 'unparsed', reason: 'bad-field', line: text } as const;
      counterOfDamage().record(record, null, atMs);
      sink?.record(record, null, { node: null, atMs, wanted: true });
    }

    function listen(line: LineOf<'stream'>, reel: Reel, { streams }: Played): boolean {
      const { agent, targets, stream, state, atMs } = line;
      const known = streams.get(stream);
      if (known !== undefined) {
        retarget(known, targets);
        // What is told again has not happened again.
        if (state !== known.state) enter(known, state, atMs);
        return true;
      }
      if (streams.size >= MOST_STREAMS) return false;
      const coverage = { reel, node: agent.node, endpoints: widened(new Set(), targets), spans: reel.covered };
      const counter = aggregator.addStream({ agent, targets });
      const made = { counter, node: agent.node, targets, coverage, state: null };
      streams.set(stream, made);
      retarget(made, targets);
      enter(made, state, atMs);
      return true;
    }

    function enter(stream: PlayedStream, state: AgentState | null, atMs: number): void {
      stream.state = state;
      if (state !== null) stream.counter.state(state, atMs);
    }

    function retarget(stream: PlayedStream, targets: AgentPlan['targets']): void {
      stream.targets = targets;
      stream.counter.setTargets(targets);
      stream.coverage = { ...stream.coverage, endpoints: widened(stream.coverage.endpoints, targets) };
      pods.learn(stream.node, targets);
    }

    function record(
      line: LineOf<'record'>,
      { counter, node, targets }: PlayedStream,
      { attributions }: Played,
    ): boolean {
      const attribution = line.attribution === null ? null : attributions.get(line.attribution);
      if (attribution === undefined) return false;
      if (isWanted(line.atMs)) counter.record(line.record, attribution, line.atMs);
      else counter.ignored('outside-window', 1, fromMs);
      sink?.record(line.record, attribution, { node, atMs: line.atMs, wanted: isAbout(line.record, targets) });
      return true;
    }

    /** False for a line that makes no sense after those before it. */
    function follow(merged: MergedLine, own: Played): boolean {
      const { line, reel } = merged;
      switch (line.type) {
        case 'part':
          own.attributions.clear();
          return true;
        case 'stream':
          return listen(line, reel, own);
        case 'attribution': {
          const { id, grade, policies, isolatedBy, reason, ambiguous } = line;
          if (own.attributions.size >= MOST_ATTRIBUTIONS) return false;
          own.attributions.set(id, { grade, policies, isolatedBy, reason, ambiguous });
          return true;
        }
        case 'identity':
          names.learn(line, reel.header.id);
          return true;
        case 'traffic': {
          if (!measures || !isWanted(merged.atMs)) return true;
          const deltas = line.deltas.flatMap(({ attribution: id, packets, bytes, ...delta }) => {
            const attribution = own.attributions.get(id);
            return attribution === undefined
              ? []
              : [{ ...delta, attribution, packets: BigInt(packets), bytes: BigInt(bytes) }];
          });
          aggregator.traffic(deltas);
          return deltas.length === line.deltas.length;
        }
        case 'end':
          return true;
        case 'unreadable':
          return false;
        default: {
          const stream = own.streams.get(line.stream);
          return stream !== undefined && onStream(line, stream, own);
        }
      }
    }

    function onStream(
      line: LineOf<
        | 'record'
        | 'ignored'
        | 'skipped'
        | 'gap'
        | 'state'
        | 'facts'
        | 'source'
        | 'mode'
        | 'counters'
        | 'agent'
        | 'targets'
      >,
      stream: PlayedStream,
      own: Played,
    ): boolean {
      const { counter, node } = stream;
      switch (line.type) {
        case 'record':
          return record(line, stream, own);
        case 'ignored':
          for (const { reason, lines } of line.reasons) {
            counter.ignored(reason, lines, line.atMs);
            sink?.ignored?.(reason, lines);
          }
          return true;
        case 'skipped':
          counter.record({ type: 'lost', events: line.records, where: 'unknown', cpu: null }, null, endMs);
          return true;
        case 'gap':
          counter.gap(line.fromMs, line.toMs, line.reason);
          sink?.record(line, null, { node, atMs: line.toMs, wanted: true });
          return true;
        case 'state':
          if (window === null || line.atMs <= window.untilMs) enter(stream, line.state, line.atMs);
          return true;
        case 'facts':
          counter.facts(line);
          return true;
        case 'source':
          counter.source(line);
          return true;
        case 'mode':
          counter.mode(line);
          pods.told(node, line);
          return true;
        case 'counters':
          counter.counters(line.state);
          return true;
        case 'agent':
          counter.agent(line.agent);
          return true;
        case 'targets':
          retarget(stream, line.targets);
          return true;
      }
    }

    let lines = 0;
    for await (const merged of mergeReels(reels)) {
      const own = played.get(merged.reel);
      endMs = Math.max(endMs, merged.atMs);
      if (own === undefined || !follow(merged, own)) notUnderstood(sampleOf(merged), merged.atMs);
      lines += 1;
      if (lines % LINES_BETWEEN_PAUSES === 0) await sink?.room();
    }
    if (reels.some(({ isTruncated }) => isTruncated)) counterOfDamage().truncated();
    const streams = [...played.values()].flatMap((each) => [...each.streams.values()]);
    endMs = window?.untilMs ?? endMs;
    const coverages = streams.map(({ coverage }) => coverage);
    refuseDoubles(coverages);
    for (const node of new Set(coverages.map((coverage) => coverage.node))) {
      const stream = streams.find((each) => each.node === node);
      for (const gap of uncovered(node, coverages, fromMs, endMs))
        stream?.counter.gap(gap.fromMs, gap.toMs, NOT_RECORDED);
    }
    const summary = aggregator.summary(endMs);
    return reels.length > 1 ? withoutDoubles(summary) : summary;
  }

  return {
    identityName: names.lookup,
    endpointName: pods.endpointName,
    podAddresses: pods.podAddresses,
    isName: names.has,
    redacted: [...new Set(reels.flatMap(({ header }) => header.redacted))],
    startMs,
    heldTime: () => ({
      sinceMs: startMs,
      untilMs: Math.max(startMs, ...reels.flatMap(({ covered }) => covered.map(({ toMs }) => toMs))),
    }),
    play,
  };
}
