/** `-o csv`: one line for each row (RFC 4180), with nothing in it that a spreadsheet would run. */
import { stringify } from 'csv-stringify/sync';
import type { Summary } from '../model/summary.ts';
import type { ChosenColumns } from './chosen.ts';
import { type Cells, cellsOf } from './policy-fields.ts';
import { escapeUnsafe, visibleCodePoint } from './printable.ts';

export function renderCsv(summary: Summary, { columns = null, headers = true }: ChosenColumns = {}): string {
  return csvText(cellsOf(summary, columns), headers);
}

/** Text that nothing acts on: no formula, no invisible character. */
export function csvText({ names, rows }: Cells, headers: boolean): string {
  const lines = rows.map((row) =>
    row.map((value) => (typeof value === 'number' ? value : escapeUnsafe(value, visibleCodePoint))),
  );
  return stringify(lines, {
    header: headers,
    columns: [...names],
    escape_formulas: true,
    record_delimiter: 'windows',
  });
}
