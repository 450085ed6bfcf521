/** Owns tables of columns that somebody chose: as lines that fit a terminal, and in Markdown. */
import { type Column, layOut } from './layout.ts';
import { markdownText } from './markdown-text.ts';
import type { Palette } from './palette.ts';
import type { Cells } from './policy-fields.ts';
import { printable } from './printable.ts';

/** What somebody asked for instead of the usual. */
export interface ChosenColumns {
  readonly columns?: readonly string[] | null;
  /** False: the rows and nothing else. */
  readonly headers?: boolean;
}

/** Where a cell may be cut, at a terminal. */
const NARROWEST = 8;

/** The header, then a line for each row. `sign` stands before numbers that are lower bounds. */
export function chosenLines(
  { names, rows }: Cells,
  {
    width,
    palette,
    sign,
    headers = true,
  }: Pick<ChosenColumns, 'headers'> & {
    readonly width: number;
    readonly palette: Palette;
    readonly sign: string;
  },
): readonly string[] {
  const columns = names.map((name, at): Column => {
    const cells = rows.map((row) => row[at] ?? '');
    return {
      title: headers ? name.replace(/[A-Z]/g, '-$&').toUpperCase() : '',
      align: cells.length > 0 && cells.every((cell) => typeof cell === 'number') ? 'right' : 'left',
      cells: cells.map((cell) => ({ text: typeof cell === 'number' ? sign + String(cell) : printable(cell) })),
      ...(cells.some((cell) => typeof cell === 'string') ? { narrowest: NARROWEST } : {}),
    };
  });
  return layOut(columns, width, palette.heading);
}

/** Two lines of header, then the rows. */
export function chosenMarkdown({ names, rows }: Cells, sign: string): readonly string[] {
  const isNumber = (at: number) => rows.length > 0 && rows.every((row) => typeof row[at] === 'number');
  const head = [`| ${names.join(' | ')} |`, `|${names.map((_, at) => (isNumber(at) ? '--:|' : '---|')).join('')}`];
  const cellText = (cell: string | number) => (typeof cell === 'number' ? sign + String(cell) : markdownText(cell));
  return [...head, ...rows.map((row) => `| ${row.map(cellText).join(' | ')} |`)];
}
