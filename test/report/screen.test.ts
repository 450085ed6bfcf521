/** What a person sees on a terminal, by an emulated one. */
import { type ITerminalInitOnlyOptions, type ITerminalOptions, Terminal } from '@xterm/headless';
import { describe, expect, it } from 'vitest';
import { createScreen, paletteFor } from '../../src/report/screen.ts';
import { renderTable } from '../../src/report/table.ts';
import { crowded, full, hostile, partial } from './summaries.ts';

function emulate(columns: number, rows: number) {
  const options: ITerminalOptions & ITerminalInitOnlyOptions = {
    cols: columns,
    rows,
    allowProposedApi: true,
    convertEol: true,
  };
  const terminal = new Terminal(options);
  const written: string[] = [];
  const sink = {
    columns,
    rows,
    write: (text: string) => {
      written.push(text);
      terminal.write(text);
    },
  };
  const seen = async () => {
    await new Promise<void>((resolve) => terminal.write('', resolve));
    const { active } = terminal.buffer;
    return Array.from(
      { length: terminal.rows },
      (_, at) =>
        active
          .getLine(active.baseY + at)
          ?.translateToString(true, 0, terminal.cols)
          .trimEnd() ?? '',
    )
      .join('\n')
      .trimEnd();
  };
  const resize = (newColumns: number, newRows: number) => {
    sink.columns = newColumns;
    sink.rows = newRows;
    terminal.resize(newColumns, newRows);
  };
  return { terminal, sink, written, seen, resize };
}

function textFor(sink: { columns: number; rows: number }, summary = full(), color = true): string {
  return renderTable(summary, {
    width: sink.columns,
    height: sink.rows,
    wide: false,
    palette: paletteFor(color),
    live: true,
  });
}

describe('the live screen', () => {
  it('shows the last of several frames and nothing of those before', async () => {
    const { sink, seen } = emulate(80, 24);
    const screen = createScreen(sink);
    for (const summary of [crowded(40), partial(), hostile(), crowded(3), full()]) screen.draw(textFor(sink, summary));
    expect(await seen()).toBe(textFor(sink, full(), false).trimEnd());
  });

  it('follows the terminal to another size', async () => {
    const { sink, seen, resize } = emulate(140, 40);
    const screen = createScreen(sink);
    for (const [columns, rows] of [
      [80, 24],
      [60, 10],
      [140, 40],
      [80, 24],
    ] as const) {
      screen.draw(textFor(sink, crowded(40)));
      resize(columns, rows);
      screen.draw(textFor(sink, crowded(40)));
      expect(await seen()).toBe(textFor(sink, crowded(40), false).trimEnd());
    }
  });

  it('writes only what changed, in one piece, and nothing where nothing did', () => {
    const { sink, written } = emulate(80, 24);
    const screen = createScreen(sink);
    screen.draw('one\ntwo\nthree\n');
    written.length = 0;
    screen.draw('one\ntwo\nthree\n');
    expect(written).toEqual([]);
    screen.draw('one\n2\nthree\n');
    expect(written).toHaveLength(1);
    expect(written[0]).toContain('2');
    expect(written[0]).not.toMatch(/one|three|\u001b\[2J/);
  });

  it('repairs what another program wrote over it', async () => {
    const { sink, seen } = emulate(80, 24);
    const screen = createScreen(sink);
    screen.draw('one\ntwo\n');
    sink.write('\u001b[1;1Hwarning');
    for (let frame = 0; frame < 8; frame += 1) screen.draw('one\ntwo\n');
    expect(await seen()).toBe('one\ntwo');
  });

  it('says what does not fit', async () => {
    const { sink, seen } = emulate(20, 3);
    createScreen(sink).draw('1\n2\n3\n4\n5\n');
    expect(await seen()).toBe('1\n2\n… 3 more');
  });

  it('hides the cursor, and gives the terminal back as it was', async () => {
    const { sink, seen, written } = emulate(80, 24);
    sink.write('$ policystat watch\n');
    const screen = createScreen(sink);
    screen.draw(textFor(sink));
    expect(written.at(-1)).toContain('\u001b[?25l');
    screen.close();
    screen.close();
    screen.draw('late\n');
    sink.write('final summary\n');
    expect(written.join('').lastIndexOf('\u001b[?25h')).toBeGreaterThan(written.join('').lastIndexOf('\u001b[?25l'));
    expect(await seen()).toBe('$ policystat watch\nfinal summary');
  });

  it('touches nothing where it never drew', () => {
    const { sink, written } = emulate(80, 24);
    createScreen(sink).close();
    expect(written).toEqual([]);
  });
});

it('shows the last character of a line that fills the width', async () => {
  const { sink, seen } = emulate(20, 5);
  const screen = createScreen(sink);
  screen.draw(`${'x'.repeat(19)}1\nshort\n`);
  screen.draw(`${'x'.repeat(19)}2\nshorter\n`);
  expect(await seen()).toBe(`${'x'.repeat(19)}2\nshorter`);
});
