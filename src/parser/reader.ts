/** Bytes of a stream in any pieces to records: exactly one for each line. */
import type { Dialect, MonitorRecord, UnparsedReason } from '../model/event.ts';
import { Blocks } from './blocks.ts';
import { Cursor, NEWLINE, toStrictText, toText } from './bytes.ts';
import { isOnlyPrefix, prefixLength, withoutEscapes } from './clean.ts';
import { isHubbleText } from './hubble-text.ts';
import type { TellKnown } from './known-cells.ts';
import { KnownFlows } from './known-flows.ts';
import { KnownVerdicts } from './known-verdicts.ts';
import { LineSplitter } from './lines.ts';
import { ignored, OtherLines } from './other-lines.ts';
import { TextLine } from './text-line.ts';
import { VERDICT_START, VerdictLine } from './verdict.ts';

export interface ReaderOptions {
  /** What is kept of a line while its end has not come; 64 KiB where it is absent. */
  readonly maxLineBytes?: number;
  /** Only lines of this Cilium are believed; where it is null or absent, each line tells its own. */
  readonly dialect?: Dialect | null;
  /** For whoever only counts: gets verdicts that came before without a record for each; null and absent: nobody. */
  readonly known?: TellKnown | null;
}

export interface Reader {
  /** Where bytes may be put before they are pushed, so that they need not be copied; null where that saves nothing. */
  readonly room: Uint8Array | null;
  /** Bytes in any pieces; the array may be used again afterwards. */
  push(bytes: Uint8Array): void;
  /** Nothing more will come: what is left without a newline is a line if it is safely whole. */
  end(): void;
  /** The stream broke: what is left without a newline was cut, and the next byte begins a line. */
  reset(): void;
}

const MAX_LINE_BYTES = 64 * 1024;
const SAMPLE_CHARACTERS = 200;
/** A line that goes wrong this close to its end was cut rather than damaged. */
const CUT_BYTES = 24;
/** Words of the grammar without a line's beginning before them. */
const FRAGMENT = /\blocal EP ID |remote ID |auditMode:|, match |, identity | -> \S+ (?:tcp|udp|sctp|icmp)\b/;
const BEGINNING =
  /^(?:Policy v|xx drop|CPU \d|>> |-> |<- |\?\? |== v|\^\^ |\{|time=|level=|Listening |Recorder |Datapath |unknown trace|Unknown payload)/;
/** The monitor prints none of these in a line; a tab it does. */
const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f]/;
const VERDICT_FIRST = 80;
const OPEN_BRACE = 123;
const VERDICT_WORDS = 'Policy verdict log: flow 0x';

export function createReader(emit: (record: MonitorRecord) => void, options: ReaderOptions = {}): Reader {
  const tell = options.known ?? null;
  const known = tell === null ? null : new KnownVerdicts(tell);
  const lineReader = new LineReader(emit, options.dialect ?? null, known);
  const splitter = new LineSplitter(lineReader, options.maxLineBytes ?? MAX_LINE_BYTES);
  return {
    room: known?.room ?? null,
    push: (bytes) => splitter.push(bytes),
    end: () => {
      splitter.end();
      lineReader.finish(true);
      known?.flush();
    },
    reset: () => {
      lineReader.broken = true;
      splitter.end();
      lineReader.broken = false;
      lineReader.finish(false);
      known?.flush();
    },
  };
}

class LineReader {
  /** The line at hand was cut by a gap: it is not believed, whatever it looks like. */
  broken = false;
  private readonly emit: (record: MonitorRecord) => void;
  private readonly cursor = new Cursor();
  private readonly verdict = new VerdictLine();
  private readonly otherLines: OtherLines;
  private readonly textLine = new TextLine(this.cursor);
  private readonly knownFlows: KnownFlows;
  private readonly blocks: Blocks;
  private readonly known: KnownVerdicts | null;

  constructor(emit: (record: MonitorRecord) => void, dialect: Dialect | null, known: KnownVerdicts | null) {
    this.emit = emit;
    this.known = known;
    this.knownFlows = new KnownFlows(this.cursor, known !== null);
    this.verdict.onlyDialect = dialect;
    this.verdict.seen.follower = known?.follower ?? null;
    this.otherLines = new OtherLines(this.verdict.seen, dialect);
    this.blocks = new Blocks(emit);
  }

  lines(bytes: Uint8Array, start: number, end: number): void {
    const { cursor, verdict, emit, known } = this;
    cursor.open(bytes);
    known?.open(bytes);
    let at = start;
    if (this.blocks.isHolding) this.finishBefore(bytes, at);
    while (at < end) {
      if (known !== null && !this.blocks.isHolding) {
        at = known.scan(bytes, at, end);
        if (at === end) break;
      }
      cursor.at = at;
      if (cursor.take(VERDICT_START) && verdict.read(cursor)) {
        at = cursor.at + 1;
        emit(verdict);
        known?.learn(verdict, at);
      } else if (bytes[at] === OPEN_BRACE && this.knownFlow(at)) {
        at = cursor.at + 1;
      } else {
        const next = bytes.indexOf(NEWLINE, at) + 1;
        const record = this.line(bytes, at, next, true);
        cursor.open(bytes);
        if (record !== null && bytes[at] === OPEN_BRACE) this.knownFlows.learn(record, at);
        at = next;
        if (this.blocks.isHolding && at < end) this.finishBefore(bytes, at);
      }
    }
  }

  private knownFlow(at: number): boolean {
    this.cursor.at = at;
    const record = this.knownFlows.read();
    if (record === null) return false;
    this.blocks.finish(true);
    this.emit(record);
    return true;
  }

  /** What is held back comes before a verdict. */
  private finishBefore(bytes: Uint8Array, at: number): void {
    if (bytes[at] === VERDICT_FIRST) this.blocks.finish(true);
  }

  /** The stream ends, or has a gap. */
  finish(isWhole: boolean): void {
    this.blocks.finish(isWhole);
  }

  tooLong(bytes: Uint8Array, end: number): void {
    this.unparsed(this.broken ? 'truncated' : 'too-long', bytes, 0, end - 1);
  }

  unfinished(bytes: Uint8Array, end: number): void {
    if (this.broken) this.unparsed('truncated', bytes, 0, end - 1);
    else this.line(bytes, 0, end, false);
  }

  /** A line that is no verdict of monitor's, with its newline at `end - 1`; gives its record where it is understood. */
  private line(bytes: Uint8Array, start: number, end: number, finished: boolean): MonitorRecord | null {
    const clean = withoutEscapes(bytes, start, end);
    const prefix = prefixLength(clean);
    const line = prefix === 0 ? clean : clean.subarray(prefix);
    const { cursor, verdict } = this;
    cursor.open(line);
    if (cursor.take(VERDICT_START)) {
      if (verdict.read(cursor) && (finished || !verdict.mayBeCut)) {
        this.blocks.finish(true);
        this.emit(verdict);
      } else this.unparsed(verdictProblem(verdict, cursor.at, line), bytes, start, end - 1);
      return null;
    }
    const text = toStrictText(line, 0, line.length - 1);
    if (text === null) {
      this.unparsed('not-utf8', bytes, start, end - 1);
      return null;
    }
    const content = text.trimEnd();
    if (content === '') {
      this.emit(ignored('blank'));
      return null;
    }
    const { textLine } = this;
    textLine.open(content, text.length === line.length - 1);
    const damaged = CONTROL.test(content);
    const record = damaged ? null : this.otherLines.read(textLine);
    if (record !== null && (finished || !textLine.mayBeCut)) {
      this.blocks.next(record, textLine);
      return record;
    }
    if (!damaged && record === null && isOnlyPrefix(content)) {
      this.emit(ignored('blank'));
      return null;
    }
    this.unparsed(damaged ? 'bad-field' : otherProblem(content), bytes, start, end - 1);
    return null;
  }

  private unparsed(reason: UnparsedReason, bytes: Uint8Array, start: number, end: number): void {
    // A character has at most four bytes.
    const line = toText(bytes, start, Math.min(end, start + SAMPLE_CHARACTERS * 4)).slice(0, SAMPLE_CHARACTERS);
    this.blocks.finish(false);
    this.emit({ type: 'unparsed', reason, line });
  }
}

function verdictProblem(verdict: VerdictLine, at: number, line: Uint8Array): UnparsedReason {
  if (verdict.problem !== 'bad-field') return verdict.problem;
  if (toStrictText(line, 0, line.length) === null) return 'not-utf8';
  return line.length - 1 - at <= CUT_BYTES ? 'truncated' : 'bad-field';
}

function otherProblem(text: string): UnparsedReason {
  if (isHubbleText(text)) return 'hubble-text';
  if (BEGINNING.test(text) || FRAGMENT.test(text) || VERDICT_WORDS.startsWith(text)) return 'truncated';
  return 'unknown-line';
}
