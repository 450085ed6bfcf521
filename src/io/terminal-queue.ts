/** Text on its way to a terminal that may be slow: writes never block this process, and what is kept has a bound. */

export interface TerminalQueue {
  /** False where there is no room: nothing of the text is written then. */
  offer(text: string): boolean;
  /** Takes the text however much waits: for what has to be shown. */
  put(text: string): void;
  /** Resolves when everything has been written, or nothing can be any more. */
  empty(): Promise<void>;
}

export interface TerminalWriter {
  /** Writes some of it, and tells how many bytes; may take as long as the terminal takes. */
  write(bytes: Uint8Array): Promise<number>;
  /** The terminal is gone. */
  failed(error: unknown): void;
}

/** Some thousand lines: more than anybody reads while a terminal stands still. */
const MOST_WAITING = 1 << 20;

export function createTerminalQueue(writer: TerminalWriter, mostWaiting = MOST_WAITING): TerminalQueue {
  let waiting = '';
  let isBroken = false;
  let writing: Promise<void> | null = null;

  async function writeAll(): Promise<void> {
    try {
      while (waiting !== '') {
        let rest = new TextEncoder().encode(waiting);
        waiting = '';
        while (rest.length > 0) rest = rest.subarray(await writer.write(rest));
      }
    } catch (error) {
      isBroken = true;
      waiting = '';
      writer.failed(error);
    }
    writing = null;
  }

  function put(text: string): void {
    if (isBroken) return;
    waiting += text;
    writing ??= writeAll();
  }

  return {
    put,
    offer: (text) => {
      if (waiting.length + text.length > mostWaiting) return false;
      put(text);
      return true;
    },
    empty: async () => {
      while (writing !== null) await writing;
    },
  };
}
