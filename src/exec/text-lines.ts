/** Lines of a small text stream (stderr), in any pieces, with a bound on their length. */

export interface TextLines {
  readonly push: (data: Uint8Array) => void;
  /** Hands out a last line without an end. */
  readonly end: () => void;
}

const LINE_MAX_CHARS = 8 * 1024;

export function createTextLines(line: (text: string) => void): TextLines {
  const decoder = new TextDecoder();
  let rest = '';
  const cut = () => {
    const lines = rest.split(/\r?\n/);
    rest = (lines.pop() ?? '').slice(0, LINE_MAX_CHARS);
    for (const text of lines) if (text.trim() !== '') line(text.slice(0, LINE_MAX_CHARS));
  };
  return {
    push: (data) => {
      rest += decoder.decode(data, { stream: true });
      cut();
    },
    end: () => {
      rest += `${decoder.decode()}\n`;
      cut();
      rest = '';
    },
  };
}
