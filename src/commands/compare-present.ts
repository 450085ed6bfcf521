/** Which text a comparison becomes. */
import type { Io } from '../io/io.ts';
import type { CompareReport } from '../model/compare.ts';
import { renderCompareCsv } from '../report/compare-csv.ts';
import { renderCompareMarkdown } from '../report/compare-markdown.ts';
import { renderCompareTable } from '../report/compare-table.ts';
import { renderJson } from '../report/json.ts';
import { renderJsonl } from '../report/jsonl.ts';
import { paletteFor } from '../report/screen.ts';
import { renderYaml } from '../report/yaml.ts';
import { usesColor } from './color.ts';
import type { CompareFlags } from './compare-request.ts';
import { isJsonpath, jsonpathOf, PIPE_COLUMNS } from './rows-flags.ts';

export async function renderCompare(report: CompareReport, flags: CompareFlags, io: Io): Promise<string> {
  const { output } = flags;
  if (isJsonpath(output)) return (await jsonpathOf(output))(report);
  switch (output) {
    case 'json':
      return renderJson(report);
    case 'jsonl':
      return renderJsonl(report);
    case 'yaml':
      return renderYaml(report);
    case 'csv':
      return renderCompareCsv(report);
    case 'markdown':
      return renderCompareMarkdown(report);
    case 'table':
    case 'wide':
      return renderCompareTable(report, {
        width: io.out.isTerminal ? io.out.columns : PIPE_COLUMNS,
        wide: output === 'wide',
        palette: paletteFor(usesColor(io, io.out, flags)),
      });
  }
}
