/** `-o markdown`: a summary for a pull request or a report, as GitHub shows it. */
import type { Groups } from '../model/groups.ts';
import type { PolicyRow, Summary } from '../model/summary.ts';
import { groupFieldText, withDirection } from './group-fields.ts';
import {
  durationText,
  hasTraffic,
  lowerBoundSign,
  peersText,
  plural,
  policyText,
  reasonText,
  trafficText,
} from './phrases.ts';
import { printable } from './printable.ts';
import { completenessText } from './table-foot.ts';

const MOST_PEERS = 3;
const TRAFFIC_UNIT =
  'Packets and bytes are those of new and of open connections, in their own direction; what several policies allow is told for each.';

export function renderMarkdown(summary: Summary): string {
  const { window, policies, groups, targets, source, omittedRows = 0 } = summary;
  const sign = lowerBoundSign(summary);
  const [first, ...others] = targets;
  const subject =
    first === undefined
      ? ''
      : `${markdownText(`${first.namespace}/${first.pod}`)}${others.length > 0 ? ` and ${others.length} more` : ''}, `;
  const measured = hasTraffic(summary);
  const lines = policies.map((row) => line(row, sign, measured));
  const table =
    groups !== null && groups.rows.length > 0
      ? groupLines(groups, sign)
      : lines.length === 0
        ? ['No policy verdicts.']
        : [
            `| policy | direction | allowed | redirected | audited | denied | attempts |${measured ? ' packets | bytes |' : ''} peers |`,
            `|---|---|--:|--:|--:|--:|--:|${measured ? '--:|--:|' : ''}---|`,
            ...lines,
          ];
  return `${[
    `**policystat**: ${subject}${durationText(window.seconds)} until ${window.end}`,
    ...(source.filters.length === 0 ? [] : ['', `Only ${markdownText(source.filters.join(' '))}`]),
    '',
    ...table,
    ...(omittedRows === 0 ? [] : ['', `${plural(omittedRows, 'more row')} left out.`]),
    '',
    'Allowed, redirected and audited are new connections, denied are packets, attempts are distinct denied flows.',
    ...(measured ? ['', TRAFFIC_UNIT] : []),
    '',
    markdownText(completenessText(summary)),
  ].join('\n')}\n`;
}

function groupLines({ by, rows }: Groups, sign: string): readonly string[] {
  const fields = withDirection(by);
  return [
    `| ${fields.join(' | ')} | allowed | redirected | audited | denied | attempts |`,
    `|${'---|'.repeat(fields.length)}--:|--:|--:|--:|--:|`,
    ...rows.map((row) => {
      const numbers = [row.allowed, row.redirected, row.audited, row.denied, row.attempts];
      const cells = fields.map((field) => markdownText(groupFieldText(field, row)));
      return `| ${[...cells, ...numbers.map((number) => sign + String(number))].join(' | ')} |`;
    }),
  ];
}

function line(row: PolicyRow, sign: string, measured: boolean): string {
  const numbers = [row.allowed, row.redirected, row.audited, row.denied, row.attempts];
  return `| ${[
    titleOf(row),
    row.direction,
    ...numbers.map((number) => sign + String(number)),
    ...(measured ? (['packets', 'bytes'] as const).map((name) => trafficText(row, name, sign)) : []),
    markdownText(peersText(row.peers, MOST_PEERS, sign)),
  ].join(' | ')} |`;
}

function titleOf({ policy, isolatedBy, reason }: PolicyRow): string {
  const isolating = isolatedBy.length === 0 ? '' : ` ← ${isolatedBy.map(policyText).join(', ')}`;
  const because = reason === null ? '' : `: ${reasonText(reason)}`;
  return markdownText(policyText(policy) + isolating + because);
}

/** Text from the cluster is text: it makes no markup, no cell and no mention. */
export function markdownText(text: string): string {
  return printable(text, 500)
    .replace(/[\\`*_{}[\]()#+!|~$]/g, '\\$&')
    .replace(/&/g, '&amp;')
    .replace(/</g, '&lt;')
    .replace(/>/g, '&gt;')
    .replace(/@/g, '&#64;');
}
