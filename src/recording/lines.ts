/** Bytes in any pieces to lines of text, in bounded memory: a line that is too long is left out, and told as one. */

export interface TextLines {
  /** The lines that this piece ended; null for one that is too long or not UTF-8. */
  push(bytes: Uint8Array): readonly (string | null)[];
  /** How much of one line was left out so far: whoever gets far more of it is being fooled. */
  readonly leftOutBytes: number;
}

const NEWLINE = 10;

export function createTextLines(longestBytes: number): TextLines {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let pieces: Uint8Array[] = [];
  let restBytes = 0;
  let leftOutBytes = 0;

  function keep(piece: Uint8Array): void {
    if (leftOutBytes === 0 && restBytes + piece.length <= longestBytes) {
      // The caller may use its array again.
      if (piece.length > 0) pieces.push(piece.slice());
      restBytes += piece.length;
      return;
    }
    leftOutBytes += restBytes + piece.length;
    pieces = [];
    restBytes = 0;
  }

  function take(): string | null {
    const isLeftOut = leftOutBytes > 0;
    const whole = Buffer.concat(pieces);
    pieces = [];
    restBytes = 0;
    leftOutBytes = 0;
    try {
      return isLeftOut ? null : decoder.decode(whole);
    } catch {
      return null;
    }
  }

  return {
    push: (bytes) => {
      const lines: (string | null)[] = [];
      let start = 0;
      for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE, start)) {
        keep(bytes.subarray(start, end));
        lines.push(take());
        start = end + 1;
      }
      keep(bytes.subarray(start));
      return lines;
    },
    get leftOutBytes() {
      return leftOutBytes;
    },
  };
}
