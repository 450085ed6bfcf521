/** Owns columns: how wide each may be, what is cut, and padding by what a terminal shows instead of by characters. */
import stringWidth from 'fast-string-width';

interface Cell {
  readonly text: string;
  readonly paint?: (text: string) => string;
}

export interface Column {
  readonly title: string;
  readonly align: 'left' | 'right';
  readonly cells: readonly Cell[];
  /** How narrow it may become; as wide as its text where absent. */
  readonly narrowest?: number;
  /** Left out where space is short, the highest first; absent: always shown. */
  readonly dropRank?: number;
}

const GAP = '  ';
/** Costs as much to make as a whole table: only made for what has to be cut. */
let segmenter: Intl.Segmenter | null = null;

/** The header line, then one line for each row; no line is wider than `width`. */
export function layOut(
  columns: readonly Column[],
  width: number,
  paintTitle: (text: string) => string,
): readonly string[] {
  const shown = dropColumns(columns, width);
  const widths = shareWidth(shown, width);
  const rowCount = Math.max(0, ...shown.map(({ cells }) => cells.length));
  const line = (cellOf: (column: Column) => Cell) => {
    const cells = shown.map(cellOf);
    // No spaces at the end of a line.
    const last = cells.findLastIndex(({ text }) => text !== '');
    const fitted = cells.slice(0, last + 1).map(({ text, paint }, at) => {
      const cut = cutTo(text, widths[at] ?? 0);
      const align = shown[at]?.align ?? 'left';
      const padded = at === last && align === 'left' ? cut : pad(cut, widths[at] ?? 0, align);
      return paint === undefined ? padded : paint(padded);
    });
    return fitted.join(GAP);
  };
  const rows = Array.from({ length: rowCount }, (_, row) => line(({ cells }) => cells[row] ?? { text: '' }));
  return [line(({ title }) => ({ text: title, paint: paintTitle })), ...rows];
}

/** Text of at most this many columns; `…` where something is missing. */
export function cutTo(text: string, width: number): string {
  if (stringWidth(text) <= width) return text;
  let cut = '';
  let used = 0;
  segmenter ??= new Intl.Segmenter();
  for (const { segment } of segmenter.segment(text)) {
    const next = used + stringWidth(segment);
    if (next > width - 1) break;
    cut += segment;
    used = next;
  }
  return width > 0 ? `${cut}…` : '';
}

/** Breaks at spaces; words that are wider than a line are cut. */
export function wrap(text: string, width: number, indent: string): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`;
    const start = lines.length === 0 ? '' : indent;
    if (line !== '' && stringWidth(start + longer) > width) {
      lines.push(start + line);
      line = word;
    } else {
      line = longer;
    }
  }
  lines.push((lines.length === 0 ? '' : indent) + line);
  return lines.map((each) => cutTo(each, width));
}

/** What a line takes where nothing is cut and nothing left out. */
export function wholeWidth(columns: readonly Column[]): number {
  return columns.reduce((sum, column) => sum + naturalWidth(column), gapsOf(columns.length));
}

function naturalWidth({ title, cells }: Column): number {
  return cells.reduce((widest, { text }) => Math.max(widest, stringWidth(text)), stringWidth(title));
}

function leastWidth(column: Column): number {
  const natural = naturalWidth(column);
  return column.narrowest === undefined ? natural : Math.min(natural, column.narrowest);
}

function gapsOf(count: number): number {
  return Math.max(0, count - 1) * GAP.length;
}

function dropColumns(columns: readonly Column[], width: number): readonly Column[] {
  let shown = columns;
  for (;;) {
    const needed = shown.reduce((sum, column) => sum + leastWidth(column), gapsOf(shown.length));
    const ranks = shown.flatMap(({ dropRank }) => (dropRank === undefined ? [] : [dropRank]));
    if (needed <= width || ranks.length === 0) return shown;
    const highest = Math.max(...ranks);
    shown = shown.filter(({ dropRank }) => dropRank !== highest);
  }
}

/** Flexible columns get what the others leave, the first of them first. */
function shareWidth(columns: readonly Column[], width: number): readonly number[] {
  const least = columns.map(leastWidth);
  let spare = width - gapsOf(columns.length) - least.reduce((sum, each) => sum + each, 0);
  return columns.map((column, at) => {
    const narrowest = least[at] ?? 0;
    const extra = Math.max(0, Math.min(spare, naturalWidth(column) - narrowest));
    spare -= extra;
    return spare < 0 ? Math.max(1, narrowest + spare) : narrowest + extra;
  });
}

function pad(text: string, width: number, align: Column['align']): string {
  const fill = ' '.repeat(Math.max(0, width - stringWidth(text)));
  return align === 'left' ? text + fill : fill + text;
}
