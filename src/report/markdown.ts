/** `-o markdown`: a summary for a pull request or a report, as GitHub shows it. */
import type { Audit } from '../model/audit.ts';
import type { Groups } from '../model/groups.ts';
import type { PolicyRow, Summary } from '../model/summary.ts';
import { auditEndpointsText, auditLines, auditPeerTitles, auditPortText, auditTitle } from './audit-fields.ts';
import { type ChosenColumns, chosenMarkdown } from './chosen.ts';
import { groupFieldText, groupPeerTitles, withDirection } from './group-fields.ts';
import { markdownText } from './markdown-text.ts';
import {
  durationText,
  hasTraffic,
  lowerBoundSign,
  peersText,
  plural,
  policyText,
  reasonText,
  TRAFFIC_UNIT,
  trafficText,
} from './phrases.ts';
import { cellsOf } from './policy-fields.ts';
import { nothingText } from './table-audit.ts';
import { completenessText } from './table-foot.ts';
import { toldApart } from './twins.ts';

const MOST_PEERS = 3;
const UNITS =
  'Allowed, redirected and audited are new connections, denied are packets, attempts are distinct denied flows.';
const AUDIT_UNITS_TEXT =
  'Audited are new connections that were let through and would be denied, refused are packets that were refused although audit mode was on.';

export function renderMarkdown(summary: Summary, { columns = null, headers = true }: ChosenColumns = {}): string {
  const { window, targets, source, audit, omittedRows = 0 } = summary;
  const sign = lowerBoundSign(summary);
  const [first, ...others] = targets;
  const subject =
    first === undefined
      ? ''
      : `${markdownText(`${first.namespace}/${first.pod}`)}${others.length > 0 ? ` and ${others.length} more` : ''}, `;
  const measured = hasTraffic(summary);
  const table = tableOf(summary, columns, sign);
  if (!headers)
    return table
      .slice(2)
      .map((each) => `${each}\n`)
      .join('');
  return `${[
    `**policystat**: ${subject}${durationText(window.seconds)} until ${window.end}`,
    ...(source.filters.length === 0 ? [] : ['', `Only ${markdownText(source.filters.join(' '))}`]),
    '',
    ...(audit === undefined ? [] : [`${markdownText(capitalized(auditEndpointsText(audit.endpoints)))}.`, '']),
    ...(table.length > 2 ? table : [audit === undefined ? 'No policy verdicts.' : nothingText(summary)]),
    ...(omittedRows === 0 ? [] : ['', `${plural(omittedRows, 'more row')} left out.`]),
    '',
    audit === undefined ? UNITS : AUDIT_UNITS_TEXT,
    ...(measured ? ['', TRAFFIC_UNIT] : []),
    '',
    markdownText(completenessText(summary)),
  ].join('\n')}\n`;
}

/** Two lines of header, then the rows. */
function tableOf(summary: Summary, columns: readonly string[] | null, sign: string): readonly string[] {
  const { policies, groups, audit } = summary;
  if (columns !== null) return chosenMarkdown(cellsOf(summary, columns), sign);
  if (audit !== undefined) return auditRows(audit, sign);
  if (groups !== null) return groupLines(groups, sign);
  const measured = hasTraffic(summary);
  const apart = toldApart(policies);
  return [
    `| policy | direction | allowed | redirected | audited | denied | attempts |${measured ? ' packets | bytes |' : ''} peers |`,
    `|---|---|--:|--:|--:|--:|--:|${measured ? '--:|--:|' : ''}---|`,
    ...policies.map((row) => line(row, apart(row), sign, measured)),
  ];
}

function capitalized(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}

function auditRows(audit: Audit, sign: string): readonly string[] {
  const lines = auditLines(audit);
  const titleOf = auditPeerTitles(lines, false);
  return [
    '| would be denied by | direction | peer | port | audited | refused | first | last |',
    '|---|---|---|---|--:|--:|---|---|',
    ...lines.map(({ row, peer }) => {
      const texts = [auditTitle(row), row.direction, titleOf(peer), auditPortText(peer)].map(markdownText);
      const numbers = [peer.connections, peer.refused].map((number) => sign + String(number));
      return `| ${[...texts, ...numbers, peer.firstSeen ?? '', peer.lastSeen ?? ''].join(' | ')} |`;
    }),
  ];
}

function groupLines({ by, rows }: Groups, sign: string): readonly string[] {
  const fields = withDirection(by);
  const titleOf = groupPeerTitles(rows, false);
  return [
    `| ${fields.join(' | ')} | allowed | redirected | audited | denied | attempts |`,
    `|${'---|'.repeat(fields.length)}--:|--:|--:|--:|--:|`,
    ...rows.map((row) => {
      const numbers = [row.allowed, row.redirected, row.audited, row.denied, row.attempts];
      const cells = fields.map((field) => markdownText(groupFieldText(field, row, titleOf)));
      return `| ${[...cells, ...numbers.map((number) => sign + String(number))].join(' | ')} |`;
    }),
  ];
}

function line(row: PolicyRow, knownBy: string | null, sign: string, measured: boolean): string {
  const numbers = [row.allowed, row.redirected, row.audited, row.denied, row.attempts];
  return `| ${[
    titleOf(row, knownBy),
    row.direction,
    ...numbers.map((number) => sign + String(number)),
    ...(measured ? (['packets', 'bytes'] as const).map((name) => trafficText(row, name, sign)) : []),
    markdownText(peersText(row, MOST_PEERS, sign)),
  ].join(' | ')} |`;
}

function titleOf({ policy, isolatedBy, reason, ambiguous }: PolicyRow, knownBy: string | null): string {
  const isolating = isolatedBy.length === 0 ? '' : ` ← ${isolatedBy.map(policyText).join(', ')}`;
  const because = reason === null ? '' : `: ${reasonText(reason)}`;
  const known = knownBy === null ? '' : `, ${knownBy}`;
  return markdownText(policyText(policy) + (ambiguous ? ' (ambiguous)' : '') + isolating + because + known);
}
