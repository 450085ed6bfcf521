/** `policies -o markdown`: a report on policies for a pull request or a page, as GitHub shows it. */
import type { PolicyReport, PolicyUse } from '../model/policy-report.ts';
import { type ChosenColumns, chosenMarkdown } from './chosen.ts';
import { markdownText } from './markdown-text.ts';
import { hasTraffic, lowerBoundSign, policyText, TRAFFIC_UNIT, trafficText } from './phrases.ts';
import { policyCells } from './policies-fields.ts';
import { enforcedText, policiesTitle, reportNotes, standingText, useNotes } from './policies-words.ts';
import { completenessText } from './table-foot.ts';

export function renderPoliciesMarkdown(
  report: PolicyReport,
  { columns = null, headers = true }: ChosenColumns = {},
): string {
  const sign = lowerBoundSign(report);
  const measured = hasTraffic(report);
  const lines =
    columns === null
      ? [
          `| policy | state | pods | enforced | allowed | redirected | audited | denied | by default |${measured ? ' packets | bytes |' : ''} on what grounds |`,
          `|---|---|--:|---|--:|--:|--:|--:|--:|${measured ? '--:|--:|' : ''}---|`,
          ...report.policies.map((use) => line(use, report, { sign, measured })),
        ]
      : chosenMarkdown(policyCells(report, columns), sign);
  if (!headers)
    return lines
      .slice(2)
      .map((each) => `${each}\n`)
      .join('');
  const table = report.policies.length === 0 ? ['No policy.'] : lines;
  return `${[
    `**policystat**: ${markdownText(policiesTitle(report))}`,
    '',
    ...table,
    '',
    'Allowed, redirected and audited are new connections; denied are packets that its own rules refused, by default those that no rule allowed while it isolates.',
    ...(measured ? ['', TRAFFIC_UNIT] : []),
    ...reportNotes(report).flatMap((note) => ['', markdownText(note)]),
    '',
    markdownText(completenessText(report)),
  ].join('\n')}\n`;
}

interface LineOptions {
  readonly sign: string;
  readonly measured: boolean;
}

function line(use: PolicyUse, report: PolicyReport, { sign, measured }: LineOptions): string {
  const { policy, standing, selects, seen } = use;
  const numbers = [seen.allowed, seen.redirected, seen.audited, seen.denied, seen.defaultDenied];
  return `| ${[
    markdownText(policyText(policy)),
    standingText(standing),
    selects === null ? '' : String(selects.pods + selects.others),
    enforcedText(use),
    ...numbers.map((number) => sign + String(number)),
    ...(measured ? (['packets', 'bytes'] as const).map((name) => trafficText(use, name, sign)) : []),
    markdownText(useNotes(use, report).join('; ')),
  ].join(' | ')} |`;
}
