/** What GitHub Actions shows beside a run (workflow commands: `::error title=…::…`). */
import type { CheckReport } from '../model/check.ts';
import { isOnlyPartial, nearestTexts, partialText, seenText } from './check-text.ts';
import { printable } from './printable.ts';

export function renderAnnotations(report: CheckReport): string {
  const partial = isOnlyPartial(report) ? `::warning title=policystat::${escapeMessage(partialText(report))}\n` : '';
  const others = report.expectations
    .filter(({ judgement }) => judgement !== 'held')
    .map((expectation) => {
      const { judgement, name, text } = expectation;
      const level = judgement === 'failed' ? 'error' : 'warning';
      const title = `policystat: ${name ?? text}`;
      const message = [`${text}: ${seenText(expectation)}`, ...nearestTexts(expectation)].join('\n');
      return `::${level} title=${escapeProperty(title)}::${escapeMessage(message)}\n`;
    })
    .join('');
  return `${others}${partial}`;
}

/** A line's end is written as `%0A`, so that nothing of the cluster begins a line. */
function escapeMessage(text: string): string {
  return text
    .split('\n')
    .map((line) => printable(line, 1_000).replaceAll('%', '%25'))
    .join('%0A');
}

function escapeProperty(text: string): string {
  return printable(text).replaceAll('%', '%25').replaceAll(':', '%3A').replaceAll(',', '%2C');
}
