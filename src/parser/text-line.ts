/** A line that is read as text, beside its bytes. */
import { type Cursor, toBytes } from './bytes.ts';

export class TextLine {
  /** Without blanks at its end. */
  text = '';
  /** Then places in the text are places in the bytes. */
  isAscii = true;
  /** Open at the line's bytes, which begin where the text does and end in a newline. */
  readonly cursor: Cursor;
  /** Set by who reads it: nothing in the line shows that its end is its end. Matters where no newline follows. */
  mayBeCut = false;
  /** Set by who reads it: the line's packet stands on lines of its own. */
  isHead = false;
  /** Set by who reads it: the first layer of such a packet, where it stands on the same line. */
  layer: string | null = null;

  constructor(cursor: Cursor) {
    this.cursor = cursor;
  }

  open(text: string, isAscii: boolean): void {
    this.text = text;
    this.isAscii = isAscii;
    this.mayBeCut = false;
    this.isHead = false;
    this.layer = null;
  }

  /** Where in the bytes a place of the text is. */
  byteAt(at: number): number {
    return this.isAscii ? at : toBytes(this.text.slice(0, at)).length;
  }
}
