/** What a terminal does between the keys and the program: lines, echo, and keys that are signals. */

export interface TerminalEffects {
  echo(text: Buffer): void;
  input(line: Buffer): void;
  endOfInput(): void;
  signal(name: 'SIGINT' | 'SIGQUIT'): void;
}

const KEY = {
  interrupt: 0x03,
  endOfInput: 0x04,
  backspace: 0x08,
  newline: 0x0a,
  return: 0x0d,
  quit: 0x1c,
  erase: 0x7f,
};

/** Takes keys as they are typed; a line is handed on when it is complete. */
export function createKeyboard(effects: TerminalEffects): (keys: Uint8Array) => void {
  let line: number[] = [];
  const handOn = () => {
    effects.input(Buffer.from(line));
    line = [];
  };
  return (keys) => {
    for (const key of keys) {
      switch (key) {
        case KEY.interrupt:
        case KEY.quit:
          line = [];
          effects.echo(Buffer.from(key === KEY.interrupt ? '^C' : '^\\'));
          effects.signal(key === KEY.interrupt ? 'SIGINT' : 'SIGQUIT');
          break;
        case KEY.endOfInput:
          if (line.length === 0) effects.endOfInput();
          else handOn();
          break;
        case KEY.return:
        case KEY.newline:
          effects.echo(Buffer.from('\r\n'));
          line.push(KEY.newline);
          handOn();
          break;
        case KEY.backspace:
        case KEY.erase:
          if (line.pop() !== undefined) effects.echo(Buffer.from('\b \b'));
          break;
        default:
          line.push(key);
          effects.echo(Buffer.of(key));
      }
    }
  };
}

/** Programs end lines with LF, a terminal in raw mode wants CR LF. */
export function toTerminal(output: Buffer): Buffer {
  return output.includes(KEY.newline)
    ? Buffer.from(output.toString('latin1').replaceAll('\n', '\r\n'), 'latin1')
    : output;
}
