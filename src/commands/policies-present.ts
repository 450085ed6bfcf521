/** Which text a report on policies becomes. */
import type { Io } from '../io/io.ts';
import type { PolicyReport } from '../model/policy-report.ts';
import { renderJson } from '../report/json.ts';
import { renderJsonl } from '../report/jsonl.ts';
import { renderPoliciesCsv } from '../report/policies-csv.ts';
import { renderPoliciesMarkdown } from '../report/policies-markdown.ts';
import { renderPoliciesTable } from '../report/policies-table.ts';
import { paletteFor } from '../report/screen.ts';
import { renderYaml } from '../report/yaml.ts';
import { usesColor } from './color.ts';
import type { PoliciesFlags } from './policies-request.ts';
import { isJsonpath, jsonpathOf, pipeColumns } from './rows-flags.ts';

export async function renderPolicies(report: PolicyReport, flags: PoliciesFlags, io: Io): Promise<string> {
  if (isJsonpath(flags.output)) return (await jsonpathOf(flags.output))(report);
  switch (flags.output) {
    case 'json':
      return renderJson(report);
    case 'jsonl':
      return renderJsonl(report);
    case 'yaml':
      return renderYaml(report);
    case 'csv':
      return renderPoliciesCsv(report, flags);
    case 'markdown':
      return renderPoliciesMarkdown(report, flags);
    case 'table':
    case 'wide':
      return renderPoliciesTable(report, {
        width: io.out.isTerminal ? io.out.columns : pipeColumns(flags),
        wide: flags.output === 'wide',
        ...{ columns: flags.columns ?? null, headers: flags.headers },
        palette: paletteFor(usesColor(io, io.out, flags)),
      });
  }
}
