/** Pieces of bytes to lines, in bounded memory: a line is handed on with its newline, from the piece itself where it is whole there. */
import { afterLastNewline, NEWLINE } from './bytes.ts';

export interface LineSink {
  /** Whole lines, each with its newline: `bytes[start]` to `bytes[end - 1]`. */
  lines(bytes: Uint8Array, start: number, end: number): void;
  /** The beginning of a line of which more than blanks had to be dropped, with a newline at `end - 1`. */
  tooLong(bytes: Uint8Array, end: number): void;
  /** A line that lacks its newline; one was put at `end - 1`. */
  unfinished(bytes: Uint8Array, end: number): void;
}

export class LineSplitter {
  private readonly sink: LineSink;
  private readonly keepBytes: number;
  /** The beginning of a line whose end has not come yet. */
  private kept = new Uint8Array(512);
  private keptLength = 0;
  private overflowed = false;

  constructor(sink: LineSink, maxLineBytes: number) {
    this.sink = sink;
    // One byte more: what follows the last byte that counts may have to be a blank.
    this.keepBytes = maxLineBytes + 1;
  }

  push(bytes: Uint8Array): void {
    let start = 0;
    if (this.keptLength > 0) {
      const newline = bytes.indexOf(NEWLINE);
      if (newline < 0) {
        this.keep(bytes, 0, bytes.length);
        return;
      }
      this.keep(bytes, 0, newline);
      this.finish();
      start = newline + 1;
    }
    const end = afterLastNewline(bytes, start, bytes.length);
    if (end > start) {
      this.lines(bytes, start, end);
      start = end;
    }
    this.keep(bytes, start, bytes.length);
  }

  /** The line that is not finished is all there will be of it. */
  end(): void {
    if (this.keptLength === 0) return;
    if (this.overflowed) {
      this.finish();
      return;
    }
    const end = this.close();
    this.sink.unfinished(this.kept, end);
  }

  private lines(bytes: Uint8Array, start: number, end: number): void {
    if (end - start <= this.keepBytes) {
      this.sink.lines(bytes, start, end);
      return;
    }
    for (let at = start; at < end; ) {
      // Only a line that is longer than what is kept has no newline so near.
      const whole = afterLastNewline(bytes, at, Math.min(end, at + this.keepBytes + 1));
      if (whole > at) {
        this.sink.lines(bytes, at, whole);
        at = whole;
      } else {
        const next = bytes.indexOf(NEWLINE, at) + 1;
        this.keep(bytes, at, next - 1);
        this.finish();
        at = next;
      }
    }
  }

  private keep(bytes: Uint8Array, start: number, end: number): void {
    if (start === end) return;
    const length = Math.min(end - start, this.keepBytes - this.keptLength);
    const needed = this.keptLength + length + 1;
    if (needed > this.kept.length) {
      const larger = new Uint8Array(Math.max(needed, Math.min(this.kept.length * 2, this.keepBytes + 1)));
      larger.set(this.kept.subarray(0, this.keptLength));
      this.kept = larger;
    }
    this.kept.set(bytes.subarray(start, start + length), this.keptLength);
    this.keptLength += length;
    for (let at = start + length; at < end && !this.overflowed; at++) this.overflowed = !isBlank(bytes[at] ?? 0);
  }

  private finish(): void {
    const { overflowed } = this;
    const end = this.close();
    if (overflowed) this.sink.tooLong(this.kept, end);
    else this.sink.lines(this.kept, 0, end);
  }

  private close(): number {
    const length = this.keptLength;
    this.kept[length] = NEWLINE;
    this.keptLength = 0;
    this.overflowed = false;
    return length + 1;
  }
}

function isBlank(byte: number): boolean {
  return byte === 32 || byte === 9 || byte === 13;
}
