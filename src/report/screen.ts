/** Owns the live screen: only lines that changed are written, at once, and the terminal is given back as it was. */
import { Chalk } from 'chalk';
import { type Palette, plainPalette } from './palette.ts';

export interface ScreenSink {
  write(text: string): void;
  readonly columns: number;
  readonly rows: number;
}

export interface Screen {
  /** Shows these lines and nothing else. */
  draw(text: string): void;
  /** Gives the terminal back; drawing after it does nothing. */
  close(): void;
}

const ESC = '\u001b[';
/** The alternate buffer does not reflow when the terminal is resized, and leaves what was there before untouched. */
const ENTER = `${ESC}?1049h${ESC}?25l${ESC}?7l${ESC}H${ESC}J`;
const LEAVE = `${ESC}?7h${ESC}?25h${ESC}?1049l`;
/** Synchronized output: a terminal that knows it shows the frame when it is whole. */
const BEGIN_FRAME = `${ESC}?2026h`;
const END_FRAME = `${ESC}?2026l`;
/** What another program wrote over the screen is gone after so many frames. */
const FRAMES_UNTIL_REPAINT = 8;

export function createScreen(sink: ScreenSink): Screen {
  let state: 'new' | 'open' | 'closed' = 'new';
  let shown: readonly string[] = [];
  let columns = 0;
  let rows = 0;
  let frames = 0;

  function frame(lines: readonly string[], repaint: boolean): string {
    const changes = lines.flatMap((line, at) =>
      // Erased before it is written: after a line that fills the width the cursor still stands on its last column.
      repaint || line !== shown[at] ? [`${ESC}${at + 1};1H${ESC}2K${line}${ESC}0m`] : [],
    );
    if (repaint || lines.length < shown.length) {
      // Below the last row there is nothing to erase, and the cursor would stay on it.
      if (lines.length < rows) changes.push(`${ESC}${lines.length + 1};1H${ESC}J`);
    }
    return changes.join('');
  }

  return {
    draw: (text) => {
      if (state === 'closed') return;
      const isResized = sink.columns !== columns || sink.rows !== rows;
      columns = sink.columns;
      rows = sink.rows;
      const lines = clip(text.replace(/\n$/, '').split('\n'), rows);
      frames = (frames + 1) % FRAMES_UNTIL_REPAINT;
      const changes = frame(lines, isResized || frames === 0);
      shown = lines;
      const opening = state === 'new' ? ENTER : '';
      state = 'open';
      if (opening !== '' || changes !== '')
        sink.write(`${opening}${BEGIN_FRAME}${changes}${ESC}${lines.length};1H${END_FRAME}`);
    },
    close: () => {
      if (state === 'open') sink.write(LEAVE);
      state = 'closed';
    },
  };
}

function clip(lines: readonly string[], rows: number): readonly string[] {
  const most = Math.max(1, rows);
  if (lines.length <= most) return lines;
  return [...lines.slice(0, most - 1), `… ${lines.length - most + 1} more`];
}

/** The sixteen colours that every terminal has and that its owner can choose. */
export function paletteFor(color: boolean): Palette {
  if (!color) return plainPalette;
  const chalk = new Chalk({ level: 1 });
  return {
    heading: chalk.bold,
    name: chalk.cyan,
    allowed: chalk.green,
    audited: chalk.yellow,
    denied: chalk.red.bold,
    good: chalk.green,
    warning: chalk.yellow,
    bad: chalk.red,
    quiet: chalk.dim,
  };
}
