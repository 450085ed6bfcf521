/** `compare -o markdown`: the answer for a pull request, as GitHub shows it. */
import type { ComparedPolicy, ComparedSide, CompareReport } from '../model/compare.ts';
import {
  changeText,
  creditorText,
  creditsText,
  decidersText,
  failOnText,
  noteText,
  policyChangeText,
  subjectTitles,
  verdictText,
} from './compare-words.ts';
import { markdownText } from './markdown-text.ts';
import { durationText, plural } from './phrases.ts';
import { completenessText } from './table-foot.ts';

export function renderCompareMarkdown(report: CompareReport): string {
  const title = subjectTitles(report);
  const partial = ({ completeness }: ComparedSide) => completeness.status === 'partial';
  const changes = report.changes.map((each) => [
    changeText(each),
    title(each),
    creditsText(each.before, partial(report.before)),
    creditsText(each.after, partial(report.after)),
    decidersText(each),
  ]);
  const policies = report.policies.map((each) => [
    creditorText({ policy: each.policy, isolatedBy: (each.after ?? each.before)?.isolatedBy ?? [] }),
    each.direction,
    ...(['allowed', 'denied'] as const).map((name) => fromTo(each, name, report)),
    policyChangeText(each),
  ]);
  const drops = report.drops.map(({ reason, direction, change, isCertain, before, after }) => [
    `${change}${isCertain ? '' : '?'}`,
    reason,
    direction ?? '',
    String(change === 'new' ? after : before),
  ]);
  return `${[
    `**${markdownText(verdictText(report))}**`,
    '',
    `- A: ${sideText(report.before)}`,
    `- B: ${sideText(report.after)}`,
    ...report.notes.map((note) => `- ${markdownText(noteText(note))}`),
    ...table(['change', 'who', 'before', 'after', 'decided by'], changes),
    ...table(['policy', 'direction', 'allowed', 'denied', 'change'], policies),
    ...table(['drops', 'reason', 'direction', 'packets'], drops),
    ...(report.failOn.length === 0 ? [] : ['', ...failOnText(report).map((line) => `- ${markdownText(line)}`)]),
    '',
    'Allowed are new connections, denied are packets; a question mark rests on something missing from incomplete data.',
  ].join('\n')}\n`;
}

function table(columns: readonly string[], rows: readonly (readonly string[])[]): readonly string[] {
  if (rows.length === 0) return [];
  return [
    '',
    `| ${columns.join(' | ')} |`,
    `|${'---|'.repeat(columns.length)}`,
    ...rows.map((cells) => `| ${cells.map(markdownText).join(' | ')} |`),
  ];
}

function sideText(side: ComparedSide): string {
  const { input, isTimed, window, records } = side;
  const when = isTimed
    ? `${durationText(window.seconds)} until ${window.end}`
    : `${plural(records.received, 'line')} of an unknown window`;
  return markdownText(`${input === '-' ? 'standard input' : input}, ${when}; ${completenessText(side)}`);
}

function fromTo({ before, after }: ComparedPolicy, name: 'allowed' | 'denied', report: CompareReport): string {
  const amount = (amounts: ComparedPolicy['before'], { completeness }: ComparedSide) => {
    const redirected = name === 'allowed' ? (amounts?.redirected ?? 0) : 0;
    return `${completeness.status === 'partial' ? '≥' : ''}${(amounts?.[name] ?? 0) + redirected}`;
  };
  return `${amount(before, report.before)} → ${amount(after, report.after)}`;
}
