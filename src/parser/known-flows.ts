/**
 * Owns the flows of Hubble that came before: a line that differs from one of them in nothing but time, uuid and source
 * port is compared with it, and not parsed.
 *
 * `{"flow":{"time":"T","uuid":"U` … `"source_port":P` … `"time":"T"}`: what is between is nearly all of the line, and the
 * same for all packets of two pods on which one policy decides.
 */
import type { MonitorRecord } from '../model/event.ts';
import { type Cursor, NEWLINE, toBytes, toText, toWord, type Word, wordOf } from './bytes.ts';
import { copyRecord, type FlowRecord, fillIn, type KnownFlow, knownFlow } from './known-flow.ts';

const HEAD = toWord('{"flow":{"time":"');
const UUID = toWord('","uuid":"');
const PORT = toBytes('"source_port":');
/** Where the line is parted if no port is in it. */
const TRANSPORT = toBytes('"l4":{');
const NO_PORT = -1;
const LAST_TIME = toBytes('"time":"');
const TAIL = toBytes('"}');
const QUOTE = 34;
const MOST_PORT = 65_535;
/** A time or uuid: digits, letters and what is between them. */
const LONGEST_TEXT = 48;
/** Powers of two; what falls on another's slot takes it over, so memory has a bound. */
const FIRST_SLOTS = 2_048;
const LAST_SLOTS = 4_096;
const LONGEST_LINE = 8_192;
/** What tells last parts apart: the port and the source's endpoint at the beginning, direction and policies at the end. */
const NEAR_BYTES = 80;
const FAR_BYTES = 400;

interface FirstPart {
  readonly word: Word;
  readonly number: number;
}

interface LastPart {
  readonly word: Word;
  readonly first: number;
  readonly flow: KnownFlow;
}

export class KnownFlows {
  private readonly cursor: Cursor;
  private readonly reuses: boolean;
  private readonly firsts: (FirstPart | null)[] = Array.from({ length: FIRST_SLOTS }, () => null);
  private readonly lasts: (LastPart | null)[] = Array.from({ length: LAST_SLOTS }, () => null);
  private parts = 0;
  /** Of the line at hand: where its parts begin, and what differs. */
  private readonly line = {
    timeStart: 0,
    timeEnd: 0,
    uuidStart: 0,
    firstStart: 0,
    portStart: 0,
    port: 0,
    lastStart: 0,
    lastEnd: 0,
  };

  /** `cursor` is where lines are read; with `reuses`, a record is good until the next line is read. */
  constructor(cursor: Cursor, reuses: boolean) {
    this.cursor = cursor;
    this.reuses = reuses;
  }

  /** The record of the line at the cursor, which is at its newline afterwards; null where it is not known. */
  read(): FlowRecord | null {
    const { cursor, line } = this;
    if (!this.takePlaces()) return null;
    const first = this.firstAt();
    if (first === null) return null;
    const last = this.lasts[this.lastSlot(first.number)] ?? null;
    cursor.at = line.lastStart;
    if (last?.first !== first.number || !cursor.take(last.word) || cursor.at !== line.lastEnd) return null;
    cursor.at = line.lastEnd + line.timeEnd - line.timeStart + TAIL.length;
    return this.recordOf(last.flow);
  }

  /** A record that was made of the line at `start` in the usual way. */
  learn(record: MonitorRecord, start: number): void {
    if (record.type !== 'policy-verdict' && record.type !== 'drop') return;
    const { cursor, line } = this;
    cursor.at = start;
    if (!this.takePlaces() || (record.source?.port ?? NO_PORT) !== line.port) return;
    const flow = knownFlow(record);
    if (flow === null || line.lastEnd - line.firstStart > LONGEST_LINE) return;
    const { bytes } = cursor;
    let first = this.firstAt();
    if (first === null) {
      this.parts += 1;
      first = { word: wordOf(bytes.slice(line.firstStart, line.portStart)), number: this.parts };
      this.firsts[this.firstSlot()] = first;
    }
    const word = wordOf(bytes.slice(line.lastStart, line.lastEnd));
    this.lasts[this.lastSlot(first.number)] = { word, first: first.number, flow };
  }

  /** Whether the line has the usual form. */
  private takePlaces(): boolean {
    const { cursor, line } = this;
    const { bytes, at: start } = cursor;
    if (!cursor.take(HEAD)) return false;
    line.timeStart = cursor.at;
    if (!this.takeText()) return false;
    line.timeEnd = cursor.at;
    if (!cursor.take(UUID)) return false;
    line.uuidStart = cursor.at;
    if (!this.takeText()) return false;
    line.firstStart = cursor.at;
    if (!this.takePort() && !this.takeTransport()) return false;
    line.lastStart = cursor.at;
    const newline = bytes.indexOf(NEWLINE, start);
    line.lastEnd = newline - TAIL.length - (line.timeEnd - line.timeStart);
    return line.lastEnd - line.lastStart > NEAR_BYTES && this.hasTimeAgain();
  }

  private takePort(): boolean {
    const { cursor, line } = this;
    const at = find(cursor.bytes, PORT, line.firstStart);
    if (at < 0) return false;
    line.portStart = at + PORT.length;
    cursor.at = line.portStart;
    line.port = cursor.takeNumber(MOST_PORT);
    return line.port >= 0;
  }

  private takeTransport(): boolean {
    const { cursor, line } = this;
    const at = find(cursor.bytes, TRANSPORT, line.firstStart);
    if (at < 0) return false;
    line.portStart = at + TRANSPORT.length;
    cursor.at = line.portStart;
    line.port = NO_PORT;
    return true;
  }

  /** At the end. */
  private hasTimeAgain(): boolean {
    const { cursor, line } = this;
    const { bytes } = cursor;
    cursor.at = line.lastEnd - LAST_TIME.length;
    if (!cursor.takeShort(LAST_TIME)) return false;
    for (let at = line.timeStart; at < line.timeEnd; at++) if (bytes[cursor.at++] !== bytes[at]) return false;
    return cursor.takeShort(TAIL);
  }

  private takeText(): boolean {
    const { cursor } = this;
    const { bytes, at: start } = cursor;
    let at = start;
    while (isTextByte(bytes[at] ?? 0)) at++;
    cursor.at = at;
    return bytes[at] === QUOTE && at - start <= LONGEST_TEXT;
  }

  private firstSlot(): number {
    const { firstStart, portStart } = this.line;
    return this.cursor.hash(firstStart, portStart) & (FIRST_SLOTS - 1);
  }

  private firstAt(): FirstPart | null {
    const { cursor, line } = this;
    const kept = this.firsts[this.firstSlot()] ?? null;
    cursor.at = line.firstStart;
    return kept !== null && cursor.take(kept.word) && cursor.at === line.portStart ? kept : null;
  }

  private lastSlot(first: number): number {
    const { cursor } = this;
    const { lastStart, lastEnd } = this.line;
    const near = cursor.hash(lastStart, lastStart + NEAR_BYTES);
    const far = cursor.hash(Math.max(lastStart, lastEnd - FAR_BYTES), lastEnd);
    return (near ^ Math.imul(far, 31) ^ Math.imul(first, 0x9e3779b1)) & (LAST_SLOTS - 1);
  }

  private recordOf(flow: KnownFlow): FlowRecord {
    const { line, cursor } = this;
    const { bytes } = cursor;
    const time = toText(bytes, line.timeStart, line.timeEnd);
    const record = fillIn(flow, { time, uuid: toText(bytes, line.uuidStart, line.firstStart), port: line.port });
    return this.reuses ? record : copyRecord(record);
  }
}

function isTextByte(byte: number): boolean {
  return (byte >= 48 && byte <= 58) || (byte >= 65 && byte <= 90) || (byte >= 97 && byte <= 122) || isMark(byte);
}

/** `+`, `-` and `.`. */
function isMark(byte: number): boolean {
  return byte === 43 || byte === 45 || byte === 46;
}

/** Within the line at `start`. */
function find(bytes: Uint8Array, wanted: Uint8Array, start: number): number {
  const first = wanted[0];
  const second = wanted[1];
  for (let at = start; ; at++) {
    const byte = bytes[at] ?? NEWLINE;
    if (byte === NEWLINE) return -1;
    if (byte !== first || bytes[at + 1] !== second) continue;
    let length = 2;
    while (length < wanted.length && bytes[at + length] === wanted[length]) length++;
    if (length === wanted.length) return at;
  }
}
