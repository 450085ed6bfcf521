/** Writes a recording: what reaches the counts as lines, packed every second, in parts that each stand for themselves. */
import type { Clock } from '../model/clock.ts';
import type { AgentPlan } from '../model/cluster.ts';
import type { Attribution } from '../model/policy.ts';
import type { Recorder, StreamTape, Tape, TapedWindow } from '../model/recording.ts';
import { type Batch, createBatch } from './batch.ts';
import { headerLine, introduce, type Listened, learnMode, modeLine, newlyListened, streamLine } from './listened.ts';
import { createMet, type Met } from './met.ts';
import type { PartFile, PartFiles } from './part-file.ts';
import { identitiesOf, plainRecord } from './plain.ts';
import type { Redactor } from './redact.ts';
import { reasonOf } from './unwanted.ts';

export interface TapeOptions {
  readonly clock: Clock;
  readonly files: PartFiles;
  readonly program: string;
  /** 32 hexadecimal digits that no other recording has. */
  readonly id: string;
  readonly pack: (text: string) => Uint8Array;
  /** Null: everything as it is. */
  readonly redactor: Redactor | null;
  /** Of one part. */
  readonly maxBytes: number;
  readonly maxPartMs: number | null;
  /** How many parts are kept; null: one, which ends the recording when it is full. */
  readonly keep: number | null;
  /** There is no more room. */
  full(): void;
}

/** What a killed process loses, twice this where names are awaited. */
const FLUSH_EVERY_MS = 1_000;
const BATCH_CHARACTERS = 256 * 1024;
/** What waits for a slow disk; records beyond it are counted as skipped. */
const MOST_WAITING_BYTES = 64 * 1024 * 1024;

export function createRecorder(options: TapeOptions): Recorder {
  return new PartsRecorder(options);
}

class PartsRecorder implements Recorder {
  sealedMs: number | null = null;
  readonly #options: TapeOptions;
  readonly #batch: Batch = createBatch();
  readonly #streams: Listened[] = [];
  readonly #batchCharacters: number;
  readonly #closing: Promise<void>[] = [];
  #attributions = new Map<Attribution, number>();
  #window: TapedWindow | null = null;
  #met: Met | null = null;
  #file: PartFile | null = null;
  #part = 0;
  #partBytes = 0;
  #partStartMs = 0;
  #records = 0;
  #summarizedMs: number | null = null;
  #isHeldForNames = false;
  #cancel = () => {};

  constructor(options: TapeOptions) {
    this.#options = options;
    this.#batchCharacters = Math.min(BATCH_CHARACTERS, Math.floor(options.maxBytes / 4));
  }

  begin(window: TapedWindow): void {
    this.#window = window;
    this.#met = createMet(window.identityName, () => window.namesVersion());
    this.#openPart(window.startMs);
    this.#flushAgain();
  }

  stream(plan: AgentPlan, atMs: number): StreamTape {
    const { redactor } = this.#options;
    const listened = newlyListened(this.#streams.length, plan);
    const { stream } = listened;
    const { node } = plan.agent;
    this.#streams.push(listened);
    this.#add(streamLine(listened, atMs, redactor));
    return {
      record: (record, attribution, recordMs, wanted) => {
        if (this.sealedMs !== null) return;
        this.#records += 1;
        const reason = reasonOf(record, wanted);
        if (reason !== null) {
          this.#batch.ignored(stream, reason, 1, recordMs);
          return;
        }
        if ((this.#file?.waitingBytes ?? 0) > MOST_WAITING_BYTES) {
          this.#batch.skipped(stream);
          return;
        }
        for (const identity of identitiesOf(record)) this.#met?.meet(identity, node);
        const plain = plainRecord(record);
        const said = redactor === null ? plain : redactor.record(plain);
        const answer = attribution === null ? null : this.#attribution(attribution);
        this.#add({ type: 'record', stream, atMs: recordMs, attribution: answer, record: said });
      },
      ignored: (reason, lines, heardMs) => {
        if (this.sealedMs === null) this.#batch.ignored(stream, reason, lines, heardMs);
      },
      gap: ({ type, fromMs, toMs, reason }) =>
        this.#add({ type, stream, fromMs, toMs, reason: redactor?.text(reason) ?? reason }),
      state: (state, stateMs) => {
        listened.state = state;
        this.#add({ type: 'state', stream, atMs: stateMs, state });
      },
      facts: (facts) => {
        listened.facts = facts;
        this.#add({ type: 'facts', stream, ...facts });
      },
      source: (choice) => {
        listened.choice = choice;
        this.#add({ type: 'source', stream, ...choice });
      },
      mode: (mode) => {
        // Agents are asked again and again, and seldom answer anything new.
        if (!learnMode(listened, mode)) return;
        this.#add(modeLine(stream, mode, redactor));
      },
      counters: (told) => {
        if (told === listened.counters) return;
        listened.counters = told;
        this.#add({ type: 'counters', stream, state: told });
      },
      agent: (agent) => {
        listened.agent = agent;
        this.#add({ type: 'agent', stream, agent: redactor?.agent(agent) ?? agent });
      },
      targets: (targets) => {
        listened.targets = targets;
        this.#add({ type: 'targets', stream, targets: redactor?.targets(targets) ?? targets });
      },
    };
  }

  traffic(deltas: Parameters<Tape['traffic']>[0]): void {
    const told = deltas.map(({ attribution, packets, bytes, ...delta }) => {
      return { ...delta, attribution: this.#attribution(attribution), packets: String(packets), bytes: String(bytes) };
    });
    this.#add({ type: 'traffic', deltas: told });
  }

  asked(identity: number, node: string | null): void {
    this.#met?.meet(identity, node);
  }

  summarized(nowMs: number): void {
    this.#summarizedMs = nowMs;
  }

  async end(): Promise<void> {
    this.#cancel();
    if (this.#file !== null) {
      this.#flush();
      this.#closePart(this.#file, this.#summarizedMs ?? this.#options.clock.nowMs(), false);
    }
    this.sealedMs ??= this.#options.clock.nowMs();
    await Promise.all(this.#closing);
  }

  #add(line: object): void {
    if (this.sealedMs !== null) return;
    this.#batch.add(line);
    if (this.#batch.characters > this.#batchCharacters) this.#flushAndTurn();
  }

  /** Each is written once in a part, and named by its number. */
  #attribution(attribution: Attribution): number {
    const known = this.#attributions.get(attribution);
    if (known !== undefined) return known;
    const id = this.#attributions.size;
    this.#attributions.set(attribution, id);
    this.#batch.add({ type: 'attribution', id, ...(this.#options.redactor?.attribution(attribution) ?? attribution) });
    return id;
  }

  #openPart(startMs: number): void {
    const { files, program, id, redactor, keep } = this.#options;
    const window = this.#window;
    if (window === null) return;
    this.#part += 1;
    this.#file = files.open(this.#part);
    this.#partBytes = 0;
    this.#partStartMs = startMs;
    this.#records = 0;
    this.#attributions = new Map();
    this.#met?.forget();
    this.#batch.add(headerLine(window, { program, id, part: this.#part, startMs, redactor }));
    for (const listened of this.#streams)
      for (const line of introduce(listened, startMs, redactor)) this.#batch.add(line);
    this.#flush();
    const oldest = this.#part - (keep ?? this.#part);
    if (oldest > 0) this.#awaitAtEnd(files.remove(oldest));
  }

  #closePart(file: PartFile, endMs: number, continues: boolean): void {
    this.#batch.add({ type: 'end', atMs: endMs, records: this.#records, continues });
    this.#flush();
    this.#file = null;
    this.#awaitAtEnd(file.close());
  }

  /** What goes wrong is told at the end: nobody waits for it before. */
  #awaitAtEnd(work: Promise<void>): void {
    work.catch(() => undefined);
    this.#closing.push(work);
  }

  #flush(): void {
    const text = this.#batch.take(this.#partBytes === 0 ? [] : this.#names());
    if (text === '') return;
    const packed = this.#options.pack(text);
    this.#partBytes += packed.length;
    this.#file?.write(packed);
  }

  #names(): readonly object[] {
    const { redactor } = this.#options;
    return (this.#met?.news() ?? []).map(({ node, name }) => {
      const said = redactor?.identity(name) ?? name;
      const where = node === null ? null : (redactor?.node(node) ?? node);
      return { type: 'identity', node: where, ...said, formerly: said.formerly ?? [] };
    });
  }

  #flushAndTurn(): void {
    const { clock, maxBytes, maxPartMs, keep } = this.#options;
    this.#flush();
    const nowMs = clock.nowMs();
    const isLong = maxPartMs !== null && nowMs - this.#partStartMs >= maxPartMs;
    // One more batch, however badly it packs, and the last names have to find room.
    const isBig = this.#partBytes + this.#batchCharacters + maxBytes / 8 > maxBytes;
    if (this.#file === null || (!isLong && !isBig)) return;
    if (keep === null) {
      this.sealedMs = nowMs;
      this.#options.full();
      return;
    }
    this.#closePart(this.#file, nowMs, true);
    this.#openPart(nowMs);
  }

  #flushAgain(): void {
    this.#cancel = this.#options.clock.after(FLUSH_EVERY_MS, () => {
      // Once: some names are never found.
      this.#isHeldForNames = !this.#isHeldForNames && this.#met?.awaited() === true;
      if (!this.#isHeldForNames) this.#flushAndTurn();
      if (this.sealedMs === null) this.#flushAgain();
    });
  }
}
