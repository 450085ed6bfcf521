/** `policies -o csv`: one line for each policy. */
import type { PolicyReport } from '../model/policy-report.ts';
import type { ChosenColumns } from './chosen.ts';
import { csvText } from './csv.ts';
import { policyCells } from './policies-fields.ts';

export function renderPoliciesCsv(
  report: PolicyReport,
  { columns = null, headers = true }: ChosenColumns = {},
): string {
  return csvText(policyCells(report, columns), headers);
}
